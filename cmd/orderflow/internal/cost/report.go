package cost

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

// Report is what each branch of an order costs.
type Report struct {
	Region   string   `json:"region"`
	PricesOf string   `json:"pricesOf"`               // year and month
	Orders   int      `json:"orders"`                 // that Bill and Dollars are for
	Fixed    float64  `json:"fixedDollars,omitempty"` // a month without orders, in each Dollars
	Branches []Branch `json:"branches"`
}

// Branch is one way that orders take, with the counts of one order.
type Branch struct {
	Name string `json:"name"`
	Counts
	Bill    Bill    `json:"bill"`
	Dollars float64 `json:"dollars"`
}

// For computes the bills for a number of orders, each with a fixed amount.
func (r *Report) For(orders int, fixed float64) {
	r.Orders, r.Fixed = orders, fixed
	for i := range r.Branches {
		b := &r.Branches[i]
		b.Bill = b.Counts.Bill(orders)
		b.Dollars = b.Bill.Total() + fixed
	}
}

// Print prints the report as text.
func (r *Report) Print(w io.Writer) error {
	s := screen.New(w)
	if err := s.Section("Operations of one order of two products:", countColumns, r.counts()); err != nil {
		return err
	}
	what := fmt.Sprintf("%s orders", thousands(r.Orders))
	if r.Fixed > 0 {
		what = fmt.Sprintf("a month with %s, %s of it without any", what, dollars(r.Fixed))
	}
	return s.Section(fmt.Sprintf("\nUS dollars for %s, prices of %s in %s:", what, r.Region, r.PricesOf),
		billColumns(), r.bills())
}

// PrintCalls prints the calls of a branch.
func (r *Report) PrintCalls(w io.Writer, branch string) error {
	i := slices.IndexFunc(r.Branches, func(b Branch) bool { return b.Name == branch })
	if i < 0 {
		return fmt.Errorf("there is no branch %s", branch)
	}
	var rows [][]string
	for _, c := range r.Branches[i].Calls {
		rows = append(rows, []string{c.Function, c.Operation, c.Table, strconv.Itoa(c.Count), some(c.Writes), some(c.Reads),
			some(c.Index), some(float64(c.Bytes))})
	}
	return screen.New(w).Section("\nCalls of one order, "+branch+":", []screen.Column{{Title: "FUNCTION"}, {Title: "CALL"},
		{Title: "TABLE"}, {Title: "CALLS", Right: true}, {Title: "WRITE UNITS", Right: true},
		{Title: "READ UNITS", Right: true}, {Title: "OF INDEXES", Right: true}, {Title: "ITEM BYTES", Right: true}}, rows)
}

// some writes a number; 0 is empty.
func some(n float64) string {
	if n == 0 {
		return ""
	}
	return units(n)
}

var countColumns = []screen.Column{{Title: "BRANCH"}, {Title: "TRANSITIONS", Right: true},
	{Title: "INVOCATIONS", Right: true}, {Title: "WRITE UNITS", Right: true}, {Title: "READ UNITS", Right: true}, {Title: "EVENTS", Right: true},
	{Title: "SQS", Right: true}, {Title: "SNS", Right: true}, {Title: "MAILS", Right: true}, {Title: "API", Right: true}}

func (r *Report) counts() (rows [][]string) {
	for _, b := range r.Branches {
		rows = append(rows, []string{b.Name, strconv.Itoa(b.Transitions), strconv.Itoa(b.Invocations),
			units(b.Writes), units(b.Reads), strconv.Itoa(b.Events), strconv.Itoa(b.Queue),
			strconv.Itoa(b.Notifications), strconv.Itoa(b.Mails), strconv.Itoa(b.Requests)})
	}
	return rows
}

func billColumns() []screen.Column {
	columns := []screen.Column{{Title: "BRANCH"}, {Title: "ALL", Right: true}}
	for _, s := range Services {
		columns = append(columns, screen.Column{Title: s, Right: true})
	}
	return columns
}

func (r *Report) bills() (rows [][]string) {
	for _, b := range r.Branches {
		row := []string{b.Name, dollars(b.Dollars)}
		for _, s := range Services {
			row = append(row, dollars(b.Bill[s]))
		}
		rows = append(rows, row)
	}
	return rows
}

func units(n float64) string   { return strconv.FormatFloat(n, 'f', -1, 64) }
func dollars(d float64) string { return strconv.FormatFloat(d, 'f', 3, 64) }

// thousands writes a number with a comma before each three digits.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// withMethod returns the request of an example order with another payment method.
func withMethod(example []byte, method string) ([]byte, error) {
	var x struct {
		Request map[string]any `json:"request"`
	}
	if err := json.Unmarshal(example, &x); err != nil {
		return nil, fmt.Errorf("read example: %w", err)
	}
	x.Request["paymentMethod"] = method
	return json.Marshal(x.Request)
}
