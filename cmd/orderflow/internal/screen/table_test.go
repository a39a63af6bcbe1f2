package screen

import (
	"bytes"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

var orderColumns = []Column{{Title: "ORDER"}, {Title: "PLACED", Wraps: true}, {Title: "STATUS"},
	{Title: "TOTAL", Right: true}, {Title: "ATTENTION", Wraps: true}}

var orderRows = [][]string{
	{"ord_06h1ax0ca9z5qqsmatf94k1en8", "2026-11-26 01:24:16", "CANCELLED", "98.00 USD", ""},
	{"ord_06h1ax0c6dxdhhtxv5t82r919g", "2026-11-26 01:24:16", "CONFIRMED", "122.00 USD",
		"PaymentUnavailable at ChargePayment: the payment provider could not be reached"},
}

// plain returns a layout without styles.
func plain(columns []Column, rows [][]string, width int) string {
	return ansi.Strip(Layout(columns, rows, width))
}

// TestLayout checks one table on screens of several widths: nothing is lost, and no line is longer
// than the width.
func TestLayout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, `
ORDER                           PLACED               STATUS          TOTAL  ATTENTION
ord_06h1ax0ca9z5qqsmatf94k1en8  2026-11-26 01:24:16  CANCELLED   98.00 USD
ord_06h1ax0c6dxdhhtxv5t82r919g  2026-11-26 01:24:16  CONFIRMED  122.00 USD  PaymentUnavailable at ChargePayment: the payment provider could not be reached
`},
		{120, `
ORDER                           PLACED               STATUS          TOTAL  ATTENTION
ord_06h1ax0ca9z5qqsmatf94k1en8  2026-11-26 01:24:16  CANCELLED   98.00 USD
ord_06h1ax0c6dxdhhtxv5t82r919g  2026-11-26 01:24:16  CONFIRMED  122.00 USD  PaymentUnavailable at ChargePayment: the
                                                                            payment provider could not be reached
`},
		{80, `
ord_06h1ax0ca9z5qqsmatf94k1en8
  PLACED     2026-11-26 01:24:16
  STATUS     CANCELLED
  TOTAL      98.00 USD
ord_06h1ax0c6dxdhhtxv5t82r919g
  PLACED     2026-11-26 01:24:16
  STATUS     CONFIRMED
  TOTAL      122.00 USD
  ATTENTION  PaymentUnavailable at ChargePayment: the payment provider could not
             be reached
`},
	} {
		if got := plain(orderColumns, orderRows, c.width); "\n"+got+"\n" != c.want {
			t.Errorf("%d columns:\n%s\nwant\n%s", c.width, got, c.want)
		}
	}
	for width := 20; width <= 140; width++ {
		got := plain(orderColumns, orderRows, width)
		if w := lipgloss.Width(got); w > width {
			t.Errorf("%d columns: a line has %d:\n%s", width, w, got)
		}
		flat := strings.Join(strings.Fields(got), "")
		for _, word := range []string{"ord_06h1ax0ca9z5qqsmatf94k1en8", "CANCELLED", "98.00", "PaymentUnavailable",
			"reached"} {
			if width >= 34 && !strings.Contains(flat, word) {
				t.Errorf("%d columns: %s is missing or torn:\n%s", width, word, got)
			}
		}
	}
}

// TestLayout_wide checks that characters count as they are shown: twice as wide, or combined with
// the one before.
func TestLayout_wide(t *testing.T) {
	t.Parallel()
	got := plain([]Column{{Title: "NAME"}, {Title: "TOTAL", Right: true}},
		[][]string{{"山田太郎", "1.00 USD"}, {"Zoe\u0308", "20.00 USD"}}, 40)
	want := "NAME          TOTAL\n山田太郎   1.00 USD\nZoe\u0308       20.00 USD"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLayout_emptyColumns(t *testing.T) {
	t.Parallel()
	if got, want := plain(orderColumns, orderRows[:1], 80), `ORDER                           PLACED               STATUS         TOTAL
ord_06h1ax0ca9z5qqsmatf94k1en8  2026-11-26 01:24:16  CANCELLED  98.00 USD`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := plain([]Column{{Title: "QUEUE"}, {Title: "MESSAGES"}}, nil, 80), "QUEUE  MESSAGES"; got != want {
		t.Errorf("no rows: got %q", got)
	}
}

// TestScreen checks that a writer that is not a terminal gets plain text of any width.
func TestScreen(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := New(&out)
	if s.Terminal() {
		t.Error("a buffer is a terminal")
	}
	if err := s.Table([]Column{{Title: "A"}, {Title: "B"}}, [][]string{{Paint(Bad, "red"),
		strings.Repeat("x", 200)}}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Contains(got, "\x1b") || !strings.Contains(got, "red  "+strings.Repeat("x", 200)) {
		t.Errorf("got %q", got)
	}
}
