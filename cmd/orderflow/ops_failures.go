package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
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

// counted returns a number with its noun.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprint(n, " ", noun)
}
