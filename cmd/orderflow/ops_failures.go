package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/repair"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

type opsFailuresCommand struct {
	connection
	JSON bool `help:"Print the API's answer."`
}

func (*opsFailuresCommand) Help() string {
	return "A failure is the orders that need attention with the same code at the same step, and with messages that differ only in ids, numbers and quoted text.\n\nExample:\n  orderflow ops failures"
}

func (c *opsFailuresCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	body, err := cl.Do(e.ctx, http.MethodGet, "/ops/failures", nil, nil)
	if err != nil {
		return err
	}
	return printAnswer(e, body, c.JSON, func(list client.Failures) error { return printFailures(e, list) })
}

func printFailures(e *env, list client.Failures) error {
	if len(list.Failures) == 0 {
		fmt.Fprintln(e.stderr, "no order needs attention")
		return nil
	}
	var rows [][]string
	for _, f := range list.Failures {
		rows = append(rows, []string{f.ID, fmt.Sprint(f.Orders), worth(f.Value), words.Clock(f.Oldest), words.Clock(f.Newest),
			words.Explain(orderflow.Attention{Code: f.Code, Step: f.Step, Message: f.Message})})
	}
	if err := screen.New(e.stdout).Table([]screen.Column{{Title: "FAILURE"}, {Title: "ORDERS", Right: true},
		{Title: "VALUE", Right: true}, {Title: "OLDEST"}, {Title: "NEWEST"}, {Title: "WHY", Wraps: true}}, rows); err != nil {
		return err
	}
	if list.Truncated {
		fmt.Fprintln(e.stdout, "More orders need attention: the newest 5,000 are grouped.")
	}
	return nil
}

// worth returns the sums of several currencies.
func worth(sums []orderflow.Money) string {
	var list []string
	for _, m := range sums {
		list = append(list, m.String())
	}
	return strings.Join(list, ", ")
}

type opsRepairCommand struct {
	connection
	Failure string        `arg:"" help:"The failure's id, from orderflow ops failures."`
	Action  string        `help:"redrive, cancel or acknowledge." enum:"redrive,cancel,acknowledge" default:"redrive"`
	Reason  string        `help:"The reason, for the orders' timelines."`
	First   int           `help:"How many orders to try and watch before the others." default:"5"`
	Rate    float64       `help:"Orders a second after that." default:"10"`
	Wait    time.Duration `help:"How long to watch the first orders, and all at the end." default:"1m"`
	DryRun  bool          `help:"Only list the orders."`
	JSON    bool          `help:"Print one JSON object for each order: orderId, outcome, why."`
}

func (*opsRepairCommand) Help() string {
	return "Redrives, cancels or acknowledges all orders of a failure. The first orders are watched; if most of them do not recover, the others are left alone. The exit code is 1 if an order did not recover.\n\n" +
		"Examples:\n  orderflow ops repair 3f0a9c51d2e8 --dry-run\n  orderflow ops repair 3f0a9c51d2e8 --reason 'the provider is back'"
}

// Validate refuses numbers that make no sense, and a repair without a reason.
func (c *opsRepairCommand) Validate() error {
	switch {
	case c.First < 1:
		return errors.New("--first must be at least 1")
	case c.Rate <= 0 || c.Rate > 1000:
		return errors.New("--rate must be more than 0, and at most 1000")
	case c.Reason == "" && !c.DryRun:
		return errors.New("--reason is missing: it is kept in the orders' timelines")
	}
	return c.connection.Validate()
}

func (c *opsRepairCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	members, err := membersOf(e.ctx, cl, c.Failure)
	if err != nil {
		return err
	}
	if len(members) == 0 {
		return fmt.Errorf("no order has the failure %s: see `orderflow ops failures`", c.Failure)
	}
	if c.DryRun {
		return c.list(e, members)
	}
	items := make([]*repair.Item, len(members))
	for i, o := range members {
		items[i] = &repair.Item{OrderID: o.OrderID}
	}
	plan := repair.Plan{Action: c.Action, Reason: c.Reason, First: c.First, Rate: c.Rate, Patience: c.Wait}
	progress := &progressLine{out: e.stderr, terminal: screen.New(e.stderr).Terminal()}
	runErr := plan.Run(e.ctx, operators{cl}, items, func() { progress.show(items) })
	progress.end()
	if err := c.report(e, items); err != nil {
		return err
	}
	switch {
	case runErr != nil:
		return runErr
	case repair.Count(items, repair.Recovered) < len(items):
		return failure{1}
	}
	return nil
}

// membersOf returns the orders of a failure.
func membersOf(ctx context.Context, cl *client.Client, id string) (orders []client.Order, err error) {
	err = eachOrder(ctx, cl, url.Values{"failure": {id}}, func(raw json.RawMessage) error {
		orders = append(orders, client.Order{})
		return json.Unmarshal(raw, &orders[len(orders)-1])
	})
	return orders, err
}

// list prints the orders that a repair would act on.
func (c *opsRepairCommand) list(e *env, orders []client.Order) error {
	if c.JSON {
		for _, o := range orders {
			if err := json.NewEncoder(e.stdout).Encode(repair.Item{OrderID: o.OrderID}); err != nil {
				return err
			}
		}
		return nil
	}
	columns, rows := attentionTable(orders)
	if err := screen.New(e.stdout).Table(columns, rows); err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s. Nothing was changed.\n", counted(len(orders), "order"))
	return nil
}

// report prints the outcomes: all as JSON, or their counts and the orders that did not recover.
func (c *opsRepairCommand) report(e *env, items []*repair.Item) error {
	var rows [][]string
	for _, item := range items {
		if c.JSON {
			if err := json.NewEncoder(e.stdout).Encode(item); err != nil {
				return err
			}
		} else if item.Outcome != repair.Recovered && item.Outcome != "" {
			rows = append(rows, []string{item.OrderID, outcomeWords[item.Outcome], item.Why})
		}
	}
	if c.JSON {
		return nil
	}
	fmt.Fprintln(e.stdout, tally(items))
	if len(rows) == 0 {
		return nil
	}
	return screen.New(e.stdout).Table([]screen.Column{{Title: "ORDER"}, {Title: "OUTCOME"}, {Title: "WHY", Wraps: true}}, rows)
}

var outcomeWords = map[repair.Outcome]string{
	repair.Recovered: "recovered", repair.FailedAgain: "failed again", repair.Refused: "refused", repair.Pending: "pending",
}

// counted returns a number with its noun.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprint(n, " ", noun)
}

// tally returns the counts of the outcomes.
func tally(items []*repair.Item) string {
	list := []string{counted(len(items), "order")}
	for _, o := range repair.Outcomes {
		if n := repair.Count(items, o); n > 0 {
			list = append(list, fmt.Sprintf("%d %s", n, outcomeWords[o]))
		}
	}
	if n := repair.Count(items, ""); n > 0 {
		list = append(list, fmt.Sprintf("%d not tried", n))
	}
	return strings.Join(list, ", ")
}

// operators acts on orders with an operator's token.
type operators struct{ *client.Client }

func (o operators) Act(ctx context.Context, orderID, action, reason string) error {
	_, err := o.Client.Act(ctx, orderID, action, reason)
	return err
}

func (o operators) Look(ctx context.Context, orderID string) (order client.OpsOrder, err error) {
	err = o.Get(ctx, "/ops/orders/"+url.PathEscape(orderID), &order)
	return order, err
}

// progressLine shows how far a repair is: one line that is rewritten in a terminal, or a line every
// five seconds.
type progressLine struct {
	out      io.Writer
	terminal bool
	last     time.Time
}

func (p *progressLine) show(items []*repair.Item) {
	pause, start, end := 5*time.Second, "", "\n"
	if p.terminal {
		pause, start, end = 100*time.Millisecond, "\r\x1b[K", ""
	}
	if time.Since(p.last) >= pause {
		p.last = time.Now()
		fmt.Fprint(p.out, start, tally(items), end)
	}
}

func (p *progressLine) end() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
