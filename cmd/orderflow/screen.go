package main

import (
	"io"
	"os"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
)

// screen is where a command prints for people: a terminal, whose width and colours it keeps to, or anything else, which gets plain text.
type screen struct {
	io.Writer
	size func() (width, height int) // now; 0, 0 outside a terminal
	dumb bool                       // a terminal that cannot go back to a line
}

func newScreen(w io.Writer) *screen {
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
	return &screen{styled, size, styled.Profile == colorprofile.NoTTY}
}

// terminal reports whether lines that were printed can be drawn anew.
func (s *screen) terminal() bool {
	width, height := s.size()
	return !s.dumb && width > 0 && height > 0
}

// text is prose that is broken between words to fit the width.
func (s *screen) text(prose string) string {
	width, _ := s.size()
	if width == 0 {
		return prose
	}
	return trimLines(lipgloss.Wrap(prose, width, ""))
}

// indented is text that stands away from the left.
func (s *screen) indented(prose string) string {
	style := lipgloss.NewStyle().PaddingLeft(4)
	if width, _ := s.size(); width > 0 {
		style = style.Width(width)
	}
	return trimLines(style.Render(prose))
}

// paint styles a text; nothing stays nothing.
func paint(style lipgloss.Style, text string) string {
	if text == "" {
		return ""
	}
	return style.Render(text)
}

// The styles. What they say is said in words too: colours may be off.
var (
	bold = lipgloss.NewStyle().Bold(true)
	dim  = lipgloss.NewStyle().Faint(true)
	good = lipgloss.NewStyle().Foreground(lipgloss.Green)
	bad  = lipgloss.NewStyle().Foreground(lipgloss.Red)
	wait = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
)
