package screen

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
)

// gap is the space between two columns. narrowest is the smallest width that a wrapping column is
// reduced to.
const gap, narrowest = 2, 10

// Column is a column of a table.
type Column struct {
	Title string
	Wraps bool // its cells wrap between words if the table is wider than the screen
	Right bool // aligned to the right, for numbers
}

// Table prints rows under headings. No line is longer than the width of the screen: if the columns
// do not fit beside each other, they are printed below each other. Nothing is cut.
func (s *Screen) Table(columns []Column, rows [][]string) error {
	width, _ := s.Size()
	_, err := fmt.Fprintln(s, Layout(columns, rows, width))
	return err
}

// Section prints a title, and a table under it if it has rows.
func (s *Screen) Section(title string, columns []Column, rows [][]string) error {
	if _, err := fmt.Fprintln(s, title); err != nil || len(rows) == 0 {
		return err
	}
	return s.Table(columns, rows)
}

// Facts prints names beside their values, without the empty ones.
func (s *Screen) Facts(all [][]string) error {
	var rows [][]string
	for _, f := range all {
		if f[1] != "" {
			rows = append(rows, f)
		}
	}
	return s.Table([]Column{{}, {Wraps: true}}, rows)
}

// Layout returns a table for a screen of a width; 0 is unlimited.
func Layout(columns []Column, rows [][]string, width int) string {
	columns, rows = withoutEmpty(columns, rows)
	widths, fits := fit(columns, rows, width)
	if !fits {
		return stack(columns, rows, width)
	}
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.Title
	}
	headings := slices.ContainsFunc(columns, func(c Column) bool { return c.Title != "" })
	t := table.New().Border(lipgloss.Border{}).BorderTop(false).BorderBottom(false).BorderLeft(false).BorderRight(false).
		BorderColumn(false).BorderHeader(false).Rows(rows...)
	if headings {
		t.Headers(titles...)
	}
	t.StyleFunc(func(row, col int) lipgloss.Style {
		style := lipgloss.NewStyle().Width(widths[col])
		if col < len(columns)-1 {
			style = style.Width(widths[col] + gap).PaddingRight(gap)
		}
		if columns[col].Right {
			style = style.Align(lipgloss.Right)
		}
		if row == table.HeaderRow {
			style = style.Bold(true)
		}
		return style
	})
	return trimLines(t.String())
}

// withoutEmpty returns the columns that are not empty, and their cells.
func withoutEmpty(columns []Column, rows [][]string) (some []Column, cells [][]string) {
	cells = make([][]string, len(rows))
	for i, c := range columns {
		if len(rows) > 0 && !slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
			continue
		}
		some = append(some, c)
		for j, row := range rows {
			cells[j] = append(cells[j], row[i])
		}
	}
	return some, cells
}

// fit returns the width of each column. If the table is too wide, the wrapping columns shrink, the
// last one first.
func fit(columns []Column, rows [][]string, width int) (widths []int, fits bool) {
	total := gap * (len(columns) - 1)
	widths = make([]int, len(columns))
	for i, c := range columns {
		widths[i] = lipgloss.Width(c.Title)
		for _, row := range rows {
			widths[i] = max(widths[i], lipgloss.Width(row[i]))
		}
		total += widths[i]
	}
	for i := len(columns) - 1; i >= 0 && width > 0 && total > width; i-- {
		if columns[i].Wraps {
			give := max(0, min(total-width, widths[i]-max(narrowest, longestWord(rows, i))))
			widths[i] -= give
			total -= give
		}
	}
	return widths, width == 0 || total <= width
}

// longestWord returns the width of the longest word of a column. A word is only broken if it is
// wider than the screen.
func longestWord(rows [][]string, column int) (width int) {
	for _, row := range rows {
		for _, word := range strings.Fields(row[column]) {
			width = max(width, lipgloss.Width(word))
		}
	}
	return width
}

// stack prints a row as its first cell, with the other cells that are not empty indented below it,
// each after its title.
func stack(columns []Column, rows [][]string, width int) string {
	indent := 0
	for _, c := range columns[1:] {
		indent = max(indent, lipgloss.Width(c.Title))
	}
	var lines []string
	for _, row := range rows {
		lines = append(lines, lipgloss.Wrap(row[0], width, ""))
		for i, cell := range row[1:] {
			if cell != "" {
				title := lipgloss.NewStyle().Width(indent + 2*gap).PaddingLeft(gap).Render(columns[i+1].Title)
				lines = append(lines, lipgloss.JoinHorizontal(lipgloss.Top, title,
					lipgloss.NewStyle().Width(max(1, width-indent-2*gap)).Render(cell)))
			}
		}
	}
	return trimLines(strings.Join(lines, "\n"))
}

// trimLines removes the blanks at the ends of lines.
func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}
