package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// row is one order on the board.
type row struct {
	example   example
	orderID   string
	status    string
	step      string
	remark    string
	redriven  bool
	began     time.Time
	elapsed   time.Duration // once done
	done      bool
	err       error
	execution *execution
}

// board shows the progress of the orders: a table that is drawn anew in a terminal, a line a change elsewhere.
type board struct {
	mu       sync.Mutex
	out      io.Writer
	rows     []*row
	terminal bool
	drawn    int // lines of the table on the screen
}

func newBoard(out io.Writer, list []example) *board {
	b := &board{out: out, terminal: isTerminal(out)}
	for _, x := range list {
		b.rows = append(b.rows, &row{example: x, began: time.Now()})
	}
	return b
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// update changes a row; outside a terminal a change of its status or step is printed.
func (b *board) update(r *row, change func(*row)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := r.status + r.step
	change(r)
	if !b.terminal && r.status+r.step != before {
		b.line(r)
	}
}

// note prints a remark about a row.
func (b *board) note(r *row, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r.remark = text
	if !b.terminal {
		b.line(r)
	}
}

// finish ends a row: err is what was not as expected.
func (b *board) finish(r *row, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r.done, r.err, r.elapsed = true, err, time.Since(r.began)
	if err != nil {
		r.remark = "NOT AS EXPECTED: " + err.Error()
	}
	if !b.terminal {
		b.line(r)
	}
}

const rowFormat = "%-22s %-31s %-18s %-16s %8s  %s\n"

func (b *board) line(r *row) {
	fmt.Fprintf(b.out, rowFormat, r.example.name, r.orderID, r.status, r.step, r.time(), r.mark()+r.remark)
}

func (r *row) time() string {
	d := r.elapsed
	if !r.done {
		d = time.Since(r.began)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

func (r *row) mark() string {
	switch {
	case !r.done:
		return ""
	case r.err != nil:
		return "✗ "
	}
	return "✓ "
}

// show draws the board until done is closed.
func (b *board) show(done <-chan struct{}) {
	fmt.Fprintf(b.out, rowFormat, "EXAMPLE", "ORDER", "STATUS", "STEP", "ELAPSED", "")
	tick := time.NewTicker(80 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			b.draw()
			return
		case <-tick.C:
			b.draw()
		}
	}
}

func (b *board) draw() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.terminal {
		return
	}
	var s strings.Builder
	s.WriteString("\x1b[?7l") // a narrow terminal cuts a row off; a wrapped one would be drawn twice
	if b.drawn > 0 {
		fmt.Fprintf(&s, "\x1b[%dA", b.drawn)
	}
	for _, r := range b.rows {
		s.WriteString("\x1b[2K")
		fmt.Fprintf(&s, rowFormat, r.example.name, r.orderID, r.status, r.step, r.time(), r.mark()+r.remark)
	}
	s.WriteString("\x1b[?7h")
	b.drawn = len(b.rows)
	_, _ = io.WriteString(b.out, s.String())
}

// summarize prints the outcomes and where the time went. It tells whether every order ended as expected.
func summarize(out io.Writer, rows []*row) bool {
	outcomes := map[string]int{}
	wrong := 0
	for _, r := range rows {
		outcomes[r.status]++
		if r.err != nil {
			wrong++
		}
	}
	fmt.Fprintln(out, "\nOutcomes")
	for _, status := range slices.Sorted(maps.Keys(outcomes)) {
		fmt.Fprintf(out, "  %3d  %s\n", outcomes[status], status)
	}
	printTimes(out, rows)
	if wrong > 0 {
		fmt.Fprintf(out, "\n%d of %d orders did not end as expected.\n", wrong, len(rows))
		return false
	}
	fmt.Fprintf(out, "\nAll %d orders ended as expected.\n", len(rows))
	return true
}

// stay is the time that executions spent in one state.
type stay struct {
	state  string
	visits int
	total  time.Duration
}

// printTimes adds up, over all executions, how long they were in each state, waits for retries and redrives included.
func printTimes(out io.Writer, rows []*row) {
	by := map[string]*stay{}
	var whole time.Duration
	for _, r := range rows {
		if r.execution == nil {
			continue
		}
		entered := map[string]time.Time{}
		for _, h := range r.execution.History {
			switch {
			case strings.HasSuffix(h.Type, "StateEntered"):
				entered[h.State] = h.At
			case strings.HasSuffix(h.Type, "StateExited"):
				s := cmp.Or(by[h.State], &stay{state: h.State})
				by[h.State] = s
				s.visits++
				s.total += h.At.Sub(entered[h.State])
				whole += h.At.Sub(entered[h.State])
			}
		}
	}
	stays := slices.SortedFunc(maps.Values(by), func(a, b *stay) int { return cmp.Compare(b.total, a.total) })
	fmt.Fprintln(out, "\nWhere the time went      visits      mean     share")
	for _, s := range stays {
		fmt.Fprintf(out, "  %-22s %6d %6.0f ms %8.1f%%\n", s.state, s.visits,
			float64(s.total.Milliseconds())/float64(s.visits), 100*s.total.Seconds()/max(whole.Seconds(), 1e-9))
	}
}
