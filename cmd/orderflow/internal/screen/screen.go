// Package screen prints tables, text and styles that respect the width and colours of a terminal.
package screen

import (
	"io"
	"os"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
)

// Screen is the output of a command: a terminal, whose width and colours it respects, or any other
// writer, which gets plain text.
type Screen struct {
	io.Writer
	Size func() (width, height int) // the current size; 0, 0 outside a terminal
	dumb bool                       // a terminal that cannot move its cursor up
}

// New returns a screen that writes to w.
func New(w io.Writer) *Screen {
	size := func() (int, int) { return 0, 0 }
	if f, ok := w.(*os.File); ok && term.IsTerminal(f.Fd()) {
		size = func() (int, int) {
			width, height, err := term.GetSize(f.Fd())
			if err != nil {
				return 0, 0
			}
			return width, height
		}
	}
	styled := colorprofile.NewWriter(w, os.Environ())
	return &Screen{styled, size, styled.Profile == colorprofile.NoTTY}
}

// Terminal reports whether printed lines can be redrawn.
func (s *Screen) Terminal() bool {
	width, height := s.Size()
	return !s.dumb && width > 0 && height > 0
}

// Text wraps prose at word boundaries to fit the width.
func (s *Screen) Text(prose string) string {
	width, _ := s.Size()
	if width == 0 {
		return prose
	}
	return trimLines(lipgloss.Wrap(prose, width, ""))
}

// Indented returns prose with an indent, wrapped to fit the width.
func (s *Screen) Indented(prose string) string {
	style := lipgloss.NewStyle().PaddingLeft(4)
	if width, _ := s.Size(); width > 0 {
		style = style.Width(width)
	}
	return trimLines(style.Render(prose))
}

// Paint styles a text. An empty text stays empty.
func Paint(style lipgloss.Style, text string) string {
	if text == "" {
		return ""
	}
	return style.Render(text)
}

// The styles. Their meaning is always in the words too, because colours may be off.
var (
	Bold = lipgloss.NewStyle().Bold(true)
	Dim  = lipgloss.NewStyle().Faint(true)
	Good = lipgloss.NewStyle().Foreground(lipgloss.Green)
	Bad  = lipgloss.NewStyle().Foreground(lipgloss.Red)
	Wait = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
)
