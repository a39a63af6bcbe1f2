// Package screen prints for people: tables, prose and styles that keep to the width and the colours of a terminal.
package screen

import (
	"io"
	"os"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
)

// Screen is where a command prints for people: a terminal, whose width and colours it keeps to, or anything else, which gets plain text.
type Screen struct {
	io.Writer
	Size func() (width, height int) // now; 0, 0 outside a terminal
	dumb bool                       // a terminal that cannot go back to a line
}

// New prints to w.
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

// Terminal reports whether lines that were printed can be drawn anew.
func (s *Screen) Terminal() bool {
	width, height := s.Size()
	return !s.dumb && width > 0 && height > 0
}

// Text is prose that is broken between words to fit the width.
func (s *Screen) Text(prose string) string {
	width, _ := s.Size()
	if width == 0 {
		return prose
	}
	return trimLines(lipgloss.Wrap(prose, width, ""))
}

// Indented is text that stands away from the left.
func (s *Screen) Indented(prose string) string {
	style := lipgloss.NewStyle().PaddingLeft(4)
	if width, _ := s.Size(); width > 0 {
		style = style.Width(width)
	}
	return trimLines(style.Render(prose))
}

// Paint styles a text; nothing stays nothing.
func Paint(style lipgloss.Style, text string) string {
	if text == "" {
		return ""
	}
	return style.Render(text)
}

// The styles. What they say is said in words too: colours may be off.
var (
	Bold = lipgloss.NewStyle().Bold(true)
	Dim  = lipgloss.NewStyle().Faint(true)
	Good = lipgloss.NewStyle().Foreground(lipgloss.Green)
	Bad  = lipgloss.NewStyle().Foreground(lipgloss.Red)
	Wait = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
)
