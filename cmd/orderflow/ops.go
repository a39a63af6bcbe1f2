package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"

	"orderflow"
)

const operators = "operators"

type opsCommands struct {
	Failed  opsFailedCommand  `cmd:"" help:"List the orders that need attention."`
	Show    opsShowCommand    `cmd:"" help:"Show an order with its execution."`
	Redrive opsRedriveCommand `cmd:"" help:"Resume a failed order at the step that failed."`
}

type opsFailedCommand struct {
	connection
	Cursor string `help:"Go on where the last page ended." placeholder:"CURSOR"`
	JSON   bool   `help:"Print the API's answer."`
}

func (*opsFailedCommand) Help() string { return "Example:\n  orderflow ops failed" }

func (c *opsFailedCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, operators)
	if err != nil {
		return err
	}
	return listOrders(e, cl, "/ops/orders", url.Values{"attention": {"true"}, "cursor": {c.Cursor}}, c.JSON)
}

// opsOrder is an order as operators see it.
type opsOrder struct {
	orderView
	Attention json.RawMessage `json:"attention"`
	Execution *execution      `json:"execution"`
}

// execution is the run of the state machine behind an order.
type execution struct {
	orderflow.Execution
	FailedStep string                     `json:"failedStep"`
	History    []orderflow.ExecutionEvent `json:"history"`
}

// state is the state in which the execution is, or was last.
func (x *execution) state() string {
	for i := len(x.History) - 1; i >= 0; i-- {
		if x.History[i].State != "" {
			return x.History[i].State
		}
	}
	return ""
}

type opsShowCommand struct {
	connection
	ID   string `arg:"" help:"The order's id."`
	JSON bool   `help:"Print the API's answer."`
}

func (*opsShowCommand) Help() string {
	return "Example:\n  orderflow ops show ord_06cb4j3k7v1s0n9t8q2r5w4xyz"
}

func (c *opsShowCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, operators)
	if err != nil {
		return err
	}
	body, err := cl.do(e.ctx, http.MethodGet, "/ops/orders/"+url.PathEscape(c.ID), nil, nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, body)
	}
	var o opsOrder
	if err := decode(body, &o); err != nil {
		return err
	}
	printOrder(e.stdout, o.orderView)
	if text := attentionText(o.Attention); text != "" {
		fmt.Fprintln(e.stdout, "attention:", text)
	}
	if o.Execution == nil {
		fmt.Fprintln(e.stdout, "no execution yet")
		return nil
	}
	x := o.Execution
	fmt.Fprintf(e.stdout, "execution %s  %s  redriven %d times\n", x.ARN, x.Status, x.RedriveCount)
	if x.Error != "" {
		fmt.Fprintf(e.stdout, "  failed at %s: %s: %s\n", x.FailedStep, x.Error, x.Cause)
	}
	t := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, h := range x.History {
		fmt.Fprintf(t, "  %d\t%s\t%s\t%s\t%s\n", h.ID, h.At.Local().Format("15:04:05.000"), h.Type, h.State, h.Error)
	}
	return t.Flush()
}

type opsRedriveCommand struct {
	connection
	ID     string `arg:"" help:"The order's id."`
	Reason string `required:"" help:"Why; it stands in the order's timeline."`
	JSON   bool   `help:"Print the API's answer."`
}

func (*opsRedriveCommand) Help() string {
	return "The execution resumes at the step that failed; what succeeded is not done again.\n\nExample:\n  orderflow ops redrive ord_06cb4j3k7v1s0n9t8q2r5w4xyz --reason 'provider is back'"
}

func (c *opsRedriveCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, operators)
	if err != nil {
		return err
	}
	body, err := cl.redrive(e.ctx, c.ID, c.Reason)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, body)
	}
	fmt.Fprintf(e.stdout, "%s  redriven\n", c.ID)
	return nil
}

func (c *client) redrive(ctx context.Context, id, reason string) (json.RawMessage, error) {
	return c.do(ctx, http.MethodPost, "/ops/orders/"+url.PathEscape(id)+"/redrive", nil, map[string]string{"reason": reason})
}
