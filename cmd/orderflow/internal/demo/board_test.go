package demo

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

// sized returns a screen of a size that writes to out.
func sized(out *bytes.Buffer, width, height int) *screen.Screen {
	return &screen.Screen{Writer: screen.New(out).Writer, Size: func() (int, int) { return width, height }}
}

// played returns a board of ten orders that have ended as the examples do, except the last.
func played(out *screen.Screen) *Board {
	var list []Example
	for _, name := range []string{"01-plain", "02-many-lines", "03-declined-card", "04-insufficient-funds",
		"05-out-of-stock",
		"06-unknown-item", "07-price-changed", "08-flaky-payment", "09-lost-reply", "10-payment-outage"} {
		list = append(list, Example{name: name})
	}
	b := newBoard(out, list)
	for i, end := range []struct{ status, remark string }{
		{"FULFILLED", "paid 98.00 USD, shipped"}, {"FULFILLED", "paid 3591.20 USD, shipped"},
		{"REJECTED", "the payment was declined"},
		{"REJECTED", "the payment was declined"}, {"REJECTED", "not everything in it was in stock"},
		{"refused", "422 UnknownProduct"},
		{"refused", "409 PriceChanged"}, {"FULFILLED", "ChargePayment retried twice"},
		{"FULFILLED", "ChargePayment retried once"},
		{"FULFILLED", "failed at ChargePayment, redriven"},
	} {
		r := b.rows[i]
		r.orderID = "ord_06h1ax0ca9z5qqsmatf94k1en" + r.example.name[1:2]
		r.status, r.remark, r.done, r.elapsed = end.status, end.remark, true, time.Duration(i+1)*1230*time.Millisecond
	}
	return b
}

func TestBoard_view(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		width int
		want  string
	}{
		{80, `
  EXAMPLE                STATUS        TIME  WHAT HAPPENED
✓ 01-plain               FULFILLED   1.23 s  paid 98.00 USD, shipped
✓ 02-many-lines          FULFILLED   2.46 s  paid 3591.20 USD, shipped
✓ 03-declined-card       REJECTED    3.69 s  the payment was declined
✓ 04-insufficient-funds  REJECTED    4.92 s  the payment was declined
✓ 05-out-of-stock        REJECTED    6.15 s  not everything in it was in stock
✓ 06-unknown-item        refused     7.38 s  422 UnknownProduct
✓ 07-price-changed       refused     8.61 s  409 PriceChanged
✓ 08-flaky-payment       FULFILLED   9.84 s  ChargePayment retried twice
✓ 09-lost-reply          FULFILLED  11.07 s  ChargePayment retried once
✓ 10-payment-outage      FULFILLED  12.30 s  failed at ChargePayment, redriven
`},
		{120, `
  EXAMPLE                ORDER                           STATUS        TIME  WHAT HAPPENED
✓ 01-plain               ord_06h1ax0ca9z5qqsmatf94k1en1  FULFILLED   1.23 s  paid 98.00 USD, shipped
✓ 02-many-lines          ord_06h1ax0ca9z5qqsmatf94k1en2  FULFILLED   2.46 s  paid 3591.20 USD, shipped
✓ 03-declined-card       ord_06h1ax0ca9z5qqsmatf94k1en3  REJECTED    3.69 s  the payment was declined
✓ 04-insufficient-funds  ord_06h1ax0ca9z5qqsmatf94k1en4  REJECTED    4.92 s  the payment was declined
✓ 05-out-of-stock        ord_06h1ax0ca9z5qqsmatf94k1en5  REJECTED    6.15 s  not everything in it was in stock
✓ 06-unknown-item        ord_06h1ax0ca9z5qqsmatf94k1en6  refused     7.38 s  422 UnknownProduct
✓ 07-price-changed       ord_06h1ax0ca9z5qqsmatf94k1en7  refused     8.61 s  409 PriceChanged
✓ 08-flaky-payment       ord_06h1ax0ca9z5qqsmatf94k1en8  FULFILLED   9.84 s  ChargePayment retried twice
✓ 09-lost-reply          ord_06h1ax0ca9z5qqsmatf94k1en9  FULFILLED  11.07 s  ChargePayment retried once
✓ 10-payment-outage      ord_06h1ax0ca9z5qqsmatf94k1en0  FULFILLED  12.30 s  failed at ChargePayment, redriven
`},
		{60, `
  EXAMPLE                STATUS        TIME  WHAT HAPPENED
✓ 01-plain               FULFILLED   1.23 s  paid 98.00 USD,
                                             shipped
✓ 02-many-lines          FULFILLED   2.46 s  paid 3591.20
                                             USD, shipped
✓ 03-declined-card       REJECTED    3.69 s  the payment was
                                             declined
✓ 04-insufficient-funds  REJECTED    4.92 s  the payment was
                                             declined
✓ 05-out-of-stock        REJECTED    6.15 s  not everything
                                             in it was in
                                             stock
`},
	} {
		b := played(screen.New(&bytes.Buffer{}))
		got := "\n" + ansi.Strip(b.view(b.rows, c.width)) + "\n"
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%d columns: got%swant%s", c.width, got, c.want)
		}
	}
}

// TestBoard_draw checks that no drawing is higher than the screen while orders are in progress,
// because lines above it cannot be redrawn. The final drawing is complete.
func TestBoard_draw(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ width, height int }{{80, 24}, {120, 40}, {60, 24}, {40, 10}, {80, 8}} {
		var out bytes.Buffer
		b := played(sized(&out, size.width, size.height))
		for _, r := range b.rows {
			r.done = r.example.name < "05"
		}
		rows := b.live()
		if view := b.view(rows, size.width); lipgloss.Height(view) >= size.height ||
			lipgloss.Width(view) > size.width || len(rows) == 0 {
			t.Errorf("%v: a drawing of %d lines and %d columns", size, lipgloss.Height(view), lipgloss.Width(view))
		}
		b.draw(rows)
		for _, r := range b.rows {
			r.done = true
		}
		b.rows[9].err = errors.New("still PLACED: context deadline exceeded")
		out.Reset()
		done := make(chan struct{})
		close(done)
		b.show(done)
		shown := strings.Join(strings.Fields(ansi.Strip(out.String())), " ")
		for _, r := range b.rows[:9] {
			if !strings.Contains(shown, r.example.name) {
				t.Errorf("%v: %s is missing at the end:\n%s", size, r.example.name, out.String())
			}
		}
		for _, word := range []string{"NOT AS EXPECTED:", "exceeded"} {
			if !strings.Contains(shown, word) {
				t.Errorf("%v: %s is missing:\n%s", size, word, out.String())
			}
		}
	}
}

// TestBoard_lines checks that outside a terminal each change is one line, and the table is printed
// once, at the end.
func TestBoard_lines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := newBoard(screen.New(&out), []Example{{name: "01-plain"}, {name: "02-lost"}})
	first, second := b.rows[0], b.rows[1]
	first.began, second.began = time.Now().Add(-time.Hour), time.Now().Add(-time.Hour)
	b.update(first, func(r *row) { r.status, r.step = "PLACED", "ReserveStock" })
	b.update(first, func(r *row) { r.status, r.step = "PLACED", "ReserveStock" }) // no change
	b.update(first, func(r *row) { r.remark = "paid 98.00 USD, shipped" })
	b.finish(first, nil)
	b.finish(second, errors.New("lost"))
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); len(lines) != 3 ||
		!strings.HasSuffix(lines[0], "01-plain               PLACED     ReserveStock") ||
		!strings.HasSuffix(lines[1], "01-plain               PLACED     paid 98.00 USD, shipped") ||
		!strings.HasSuffix(lines[2], "NOT AS EXPECTED: lost") {
		t.Errorf("got\n%s", &out)
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("styles outside a terminal: %q", &out)
	}
}

func TestSummarize(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := played(sized(&out, 80, 24))
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	history := func(state string, ms int) []orderflow.ExecutionEvent {
		return []orderflow.ExecutionEvent{{Type: "TaskStateEntered", State: state, At: at(0)},
			{Type: "TaskStateExited", State: state, At: at(ms)}}
	}
	for i, state := range []string{"ValidateOrder", "ReserveStock", "ChargePayment", "RequestShipment", "NotifyShipped",
		"CloseOrder", "ChargePayment"} {
		b.rows[i].execution = &client.Execution{History: history(state, 10*(i+1))}
	}
	b.drawn = 12
	if !b.Summarize() {
		t.Error("Summarize reports an unexpected outcome")
	}
	want := `
WHERE THE TIME WENT  VISITS   MEAN  SHARE
ChargePayment             2  50 ms  35.7%
CloseOrder                1  60 ms  21.4%
NotifyShipped             1  50 ms  17.9%
RequestShipment           1  40 ms  14.3%
2 other states            2  15 ms  10.7%

All 10 orders ended as expected: 5 FULFILLED, 3 REJECTED, 2 refused.
`
	if got := ansi.Strip(out.String()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if b.rows[3].err = errors.New("lost"); b.Summarize() || !strings.Contains(out.String(),
		"1 of 10 orders did not end as expected") {
		t.Errorf("got\n%s", &out)
	}
}
