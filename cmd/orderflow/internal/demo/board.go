package demo

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

// row is an order on the board.
type row struct {
	example   Example
	orderID   string
	status    string // of the order, or "refused"
	step      string // the current state of its execution
	remark    string // the last event in words
	redriven  bool
	reviewed  bool
	paid      bool // the customer has answered
	began     time.Time
	elapsed   time.Duration // set when the order is done
	done      bool
	err       error // an outcome that was not expected
	execution *client.Execution
}

// Board shows the progress of the orders: a table that is redrawn in a terminal, or one line for
// each change elsewhere.
type Board struct {
	mu    sync.Mutex
	out   *screen.Screen
	rows  []*row
	drawn int // lines of the table on the screen
}

func newBoard(out *screen.Screen, list []Example) *Board {
	b := &Board{out: out}
	for _, x := range list {
		b.rows = append(b.rows, &row{example: x, began: time.Now()})
	}
	return b
}

// update changes a row. Outside a terminal it prints the change.
func (b *Board) update(r *row, change func(*row)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := *r
	change(r)
	switch {
	case b.out.Terminal():
	case r.remark != before.remark:
		b.line(r, r.remark)
	case r.status != before.status || r.step != before.step:
		b.line(r, r.step)
	}
}

// finish ends a row. err is the outcome if it was not expected.
func (b *Board) finish(r *row, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r.done, r.err, r.elapsed = true, err, time.Since(r.began)
	if err != nil && !b.out.Terminal() {
		b.line(r, r.note())
	}
}

// line prints an event of a row.
func (b *Board) line(r *row, what string) {
	line := fmt.Sprintf("%9s  %-22s %-10s %s", r.time(), r.example.name, r.status, what)
	fmt.Fprintln(b.out, strings.TrimRight(line, " "))
}

func (r *row) time() string {
	d := r.elapsed
	if !r.done {
		d = time.Since(r.began)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// note returns the order's state, or the last event.
func (r *row) note() string {
	switch {
	case r.err != nil:
		return screen.Paint(screen.Bad, "NOT AS EXPECTED: "+r.err.Error())
	case r.done:
		return r.remark
	case r.remark != "":
		return screen.Paint(screen.Wait, r.remark)
	}
	return screen.Paint(screen.Dim, r.step)
}

func (r *row) mark() string {
	switch {
	case !r.done:
		return screen.Paint(screen.Wait, "·") + " "
	case r.err != nil:
		return screen.Paint(screen.Bad, "✗") + " "
	}
	return screen.Paint(screen.Good, "✓") + " "
}

// show redraws the board until done is closed, and then prints it whole once.
func (b *Board) show(done <-chan struct{}) {
	tick := time.NewTicker(80 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			if !b.out.Terminal() {
				fmt.Fprintln(b.out)
			}
			b.draw(b.rows)
			return
		case <-tick.C:
			if b.out.Terminal() {
				b.draw(b.live())
			}
		}
	}
}

// live returns the rows to show while orders are in progress: all of them, or as many unfinished
// ones as the screen has lines.
func (b *Board) live() []*row {
	b.mu.Lock()
	defer b.mu.Unlock()
	width, height := b.out.Size()
	rows := b.rows
	tooHigh := func() bool { return lipgloss.Height(b.view(rows, width)) >= height }
	if tooHigh() {
		rows = slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return r.done })
	}
	for len(rows) > 0 && tooHigh() {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// draw replaces the last drawing by rows.
func (b *Board) draw(rows []*row) {
	b.mu.Lock()
	defer b.mu.Unlock()
	width, _ := b.out.Size()
	view := b.view(rows, width)
	if !b.out.Terminal() {
		fmt.Fprintln(b.out, view)
		return
	}
	again := ""
	if b.drawn > 0 {
		again = ansi.CursorUp(b.drawn)
	}
	b.drawn = lipgloss.Height(view)
	// Replace line by line: terminals keep the old content of a screen that is erased at once.
	fmt.Fprint(b.out, again+strings.ReplaceAll(view, "\n", ansi.EraseLineRight+"\n")+ansi.EraseLineRight+"\n"+
		ansi.EraseScreenBelow)
}

// wide is the width from which the table has a column of order ids.
const wide = 110

// view returns the table of rows, and how many of all rows are done.
func (b *Board) view(rows []*row, width int) string {
	columns := []screen.Column{{Title: "  EXAMPLE"}, {Title: "STATUS"}, {Title: "TIME", Right: true},
		{Title: "WHAT HAPPENED", Wraps: true}}
	withID := width == 0 || width >= wide
	if withID {
		columns = slices.Insert(columns, 1, screen.Column{Title: "ORDER"})
	}
	var cells [][]string
	for _, r := range rows {
		line := []string{r.mark() + r.example.name, r.status, r.time(), r.note()}
		if withID {
			line = slices.Insert(line, 1, r.orderID)
		}
		cells = append(cells, line)
	}
	done := 0
	for _, r := range b.rows {
		if r.done {
			done++
		}
	}
	view := screen.Layout(columns, cells, width)
	if done < len(b.rows) {
		view += fmt.Sprintf("\n%d of %d orders have ended", done, len(b.rows))
	}
	return view
}

// Summarize prints the outcomes and where the time went. It reports whether every order ended as
// expected.
func (b *Board) Summarize() bool {
	outcomes := map[string]int{}
	wrong := 0
	for _, r := range b.rows {
		outcomes[r.status]++
		if r.err != nil {
			wrong++
		}
	}
	var counts []string
	for _, status := range slices.Sorted(maps.Keys(outcomes)) {
		counts = append(counts, fmt.Sprintf("%d %s", outcomes[status], status))
	}
	verdict := fmt.Sprintf("All %d orders ended as expected: ", len(b.rows))
	if wrong > 0 {
		verdict = fmt.Sprintf("%d of %d orders did not end as expected: ", wrong, len(b.rows))
	}
	b.printTimes()
	fmt.Fprintln(b.out, "\n"+b.out.Text(verdict+strings.Join(counts, ", ")+"."))
	return wrong == 0
}

// stay is the time that executions spent in one state.
type stay struct {
	state  string
	visits int
	total  time.Duration
}

// aroundTimes is how many lines of the screen the board and the times do not use: headings, other
// output, and the prompt.
const aroundTimes = 7

// printTimes prints the total time in each state over all executions, with waits for retries and
// redrives. In a terminal it sums up the shorter ones, so that everything stays on the screen.
func (b *Board) printTimes() {
	stays := slices.SortedFunc(maps.Values(staysOf(b.rows)), func(a, b *stay) int { return cmp.Compare(b.total, a.total) })
	_, height := b.out.Size()
	if most := max(2, height-b.drawn-aroundTimes-1); b.out.Terminal() && len(stays) > most+1 {
		rest := &stay{state: fmt.Sprintf("%d other states", len(stays)-most)}
		for _, s := range stays[most:] {
			rest.visits += s.visits
			rest.total += s.total
		}
		stays = append(stays[:most], rest)
	}
	var whole time.Duration
	for _, s := range stays {
		whole += s.total
	}
	var cells [][]string
	for _, s := range stays {
		cells = append(cells, []string{s.state, fmt.Sprint(s.visits),
			fmt.Sprintf("%.0f ms", float64(s.total.Milliseconds())/float64(s.visits)),
			fmt.Sprintf("%.1f%%", 100*s.total.Seconds()/max(whole.Seconds(), 1e-9))})
	}
	_, _ = io.WriteString(b.out, "\n")
	_ = b.out.Table([]screen.Column{{Title: "WHERE THE TIME WENT"}, {Title: "VISITS", Right: true},
		{Title: "MEAN", Right: true}, {Title: "SHARE", Right: true}}, cells)
}

// staysOf sums up the visits of each state.
func staysOf(rows []*row) map[string]*stay {
	by := map[string]*stay{}
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
			}
		}
	}
	return by
}

// outcome returns in a few words the result of an order that has ended.
func outcome(o client.OpsOrder, retried string) string {
	switch {
	case o.Execution.Failures(retried) > 0:
		return fmt.Sprintf("%s retried %s", retried, words.Times(o.Execution.Failures(retried)))
	case o.Status == orderflow.Fulfilled && o.Total.Amount == 0:
		return "nothing to pay, shipped"
	case o.Status == orderflow.Fulfilled:
		return fmt.Sprintf("paid %s, shipped", o.Total)
	}
	return words.Because(o.Reason()) // the customer's message is longer than a line
}
