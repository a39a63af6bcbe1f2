package main

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

type opsCommands struct {
	Audit       opsAuditCommand       `cmd:"" help:"List what operators did, and why."`
	Failed      opsFailedCommand      `cmd:"" help:"List the orders that need attention."`
	Failures    opsFailuresCommand    `cmd:"" help:"Group the orders that need attention by reason."`
	Job         opsJobCommands        `cmd:"" help:"Act on many orders in the background, and follow it."`
	List        opsListCommand        `cmd:"" help:"List orders of all customers, or export them."`
	Show        opsShowCommand        `cmd:"" help:"Show an order with its execution."`
	Reviews     opsReviewsCommand     `cmd:"" help:"List the orders that wait for a review, oldest first."`
	Review      opsReviewCommand      `cmd:"" help:"Approve or refuse an order in review."`
	Redrive     opsRedriveCommand     `cmd:"" help:"Resume a failed order at the step that failed."`
	Restart     opsRestartCommand     `cmd:"" help:"Restart an order in a new execution, if a redrive does not help."`
	Cancel      opsCancelCommand      `cmd:"" help:"Cancel an order for its customer."`
	Correct     opsCorrectCommand     `cmd:"" help:"Correct the e-mail address or the shipping address of an order."`
	Acknowledge opsAcknowledgeCommand `cmd:"" help:"Record that an order was handled by hand."`
	Refund      opsRefundCommand      `cmd:"" help:"Refund a part of an order, or what is left of it."`
	RetryRefund opsRetryRefundCommand `cmd:"" help:"Retry a failed refund."`
	Return      opsReturnCommands     `cmd:"" help:"Receive or refuse returned goods."`
	Stuck       opsStuckCommand       `cmd:"" help:"List the orders that have not ended, and what they wait for."`
	Queues      opsQueuesCommand      `cmd:"" help:"See how many messages wait, or were given up."`
	Mail        opsMailCommands       `cmd:"" help:"See what became of the mails to an order's customer, and send one again."`
	Product     opsProductCommands    `cmd:"" help:"Keep the catalogue and the stock."`
}

type opsFailedCommand struct {
	connection
	Failure string `help:"Only the orders of this failure, from orderflow ops failures." placeholder:"ID"`
	Cursor  string `help:"The cursor of the last page, to print the next one." placeholder:"CURSOR"`
	JSON    bool   `help:"Print the API's answer."`
}

func (*opsFailedCommand) Help() string { return "Example:\n  orderflow ops failed" }

func (c *opsFailedCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	return listOrders(e, cl, "/ops/orders", url.Values{"attention": {"true"}, "failure": {c.Failure}, "cursor": {c.Cursor}}, c.JSON, attentionTable)
}

// attentionTable returns a table of orders that need attention: why, where and since when.
func attentionTable(orders []client.Order) (columns []screen.Column, rows [][]string) {
	for _, o := range orders {
		rows = append(rows, []string{o.OrderID, string(o.Status), o.Total.String(), words.Since(o), words.Attention(o)})
	}
	return []screen.Column{{Title: "ORDER"}, {Title: "STATUS"}, {Title: "TOTAL", Right: true}, {Title: "SINCE"},
		{Title: "ATTENTION", Wraps: true}}, rows
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
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	body, err := cl.Do(e.ctx, http.MethodGet, "/ops/orders/"+url.PathEscape(c.ID), nil, nil)
	if err != nil {
		return err
	}
	return printAnswer(e, body, c.JSON, func(o client.OpsOrder) error {
		return printOpsOrder(screen.New(e.stdout), o)
	})
}

// printOpsOrder prints an order and its execution.
func printOpsOrder(out *screen.Screen, o client.OpsOrder) error {
	if err := printOrder(out, o.Order); err != nil {
		return err
	}
	fmt.Fprintln(out)
	if o.Execution == nil {
		fmt.Fprintln(out, "There is no execution yet.")
		return nil
	}
	return printExecution(out, o.Execution)
}

// printExecution prints the execution and its history.
func printExecution(out *screen.Screen, x *client.Execution) error {
	failed := ""
	if x.Error != "" {
		failed = fmt.Sprintf("at %s with %s: %s", x.FailedStep, x.Error, x.Cause)
	}
	redriven := "" // not yet
	if x.RedriveCount > 0 {
		redriven = words.Times(x.RedriveCount) + ", last at " + words.Clock(x.RedrivenAt)
	}
	if err := out.Facts([][]string{{"Execution", x.ARN}, {"Status", string(x.Status)},
		{"Failed", screen.Paint(screen.Bad, failed)}, {"Redriven", redriven}}); err != nil {
		return err
	}
	fmt.Fprintln(out)
	var rows [][]string
	for _, h := range x.History {
		rows = append(rows, []string{fmt.Sprint(h.ID), h.At.Local().Format("15:04:05.000"), h.Type, h.State, h.Error})
	}
	return out.Table([]screen.Column{{Title: "EVENT", Right: true}, {Title: "TIME"}, {Title: "TYPE"},
		{Title: "STATE", Wraps: true}, {Title: "ERROR", Wraps: true}}, rows)
}

type opsRedriveCommand struct {
	connection
	ID     string `arg:"" help:"The order's id."`
	Reason string `required:"" help:"The reason, for the order's timeline."`
	JSON   bool   `help:"Print the API's answer."`
}

func (*opsRedriveCommand) Help() string {
	return "The execution resumes at the step that failed. Steps that succeeded do not run again.\n\nExample:\n  orderflow ops redrive ord_06cb4j3k7v1s0n9t8q2r5w4xyz --reason 'provider is back'"
}

func (c *opsRedriveCommand) Run(e *env) error {
	return c.act(e, c.ID, "redrive", c.Reason,
		"Order %[1]s resumes at the step that failed. `orderflow ops show %[1]s` shows it.", c.JSON)
}

// act performs an operator's action on an order, with a reason, and prints done: a sentence that
// formats the order's id.
func (c connection) act(e *env, id, action, reason, done string, asJSON bool) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	body, err := cl.Act(e.ctx, id, action, reason)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(e.stdout, body)
	}
	fmt.Fprintf(e.stdout, done+"\n", id)
	return nil
}

type opsRestartCommand struct {
	connection
	ID     string `arg:"" help:"The order's id."`
	Reason string `required:"" help:"The reason, for the order's timeline."`
	JSON   bool   `help:"Print the API's answer."`
}

func (*opsRestartCommand) Help() string {
	return "For an execution that has ended and that a redrive does not help: older than 14 days, answered by hand, or lost. A new execution of the latest state machine begins. Its steps find what was done, and do not repeat it.\n\n" +
		"Example:\n  orderflow ops restart ord_06cb4j3k7v1s0n9t8q2r5w4xyz --reason 'the shipment was answered by hand'"
}

func (c *opsRestartCommand) Run(e *env) error {
	return c.act(e, c.ID, "restart", c.Reason, "Order %[1]s begins again. `orderflow ops show %[1]s` shows it.", c.JSON)
}

type opsCancelCommand struct {
	connection
	ID     string `arg:"" help:"The order's id."`
	Reason string `required:"" help:"Why, for the order's timeline. The customer does not see it."`
	JSON   bool   `help:"Print the API's answer."`
}

func (*opsCancelCommand) Help() string {
	return "Until the carrier has the goods. The payment is released or refunded, and the stock released. A failed execution is resumed for that.\n\n" +
		"Example:\n  orderflow ops cancel ord_06cb4j3k7v1s0n9t8q2r5w4xyz --reason 'the customer called'"
}

func (c *opsCancelCommand) Run(e *env) error {
	return c.act(e, c.ID, "cancel", c.Reason, "Order %s will be cancelled.", c.JSON)
}

type opsAcknowledgeCommand struct {
	connection
	ID     string `arg:"" help:"The order's id."`
	Reason string `required:"" help:"What was done, for the order's timeline."`
	JSON   bool   `help:"Print the API's answer."`
}

func (*opsAcknowledgeCommand) Help() string {
	return "For problems that the system cannot repair, such as goods that the carrier took after a cancel. The order then needs no attention.\n\n" +
		"Example:\n  orderflow ops acknowledge ord_06cb4j3k7v1s0n9t8q2r5w4xyz --reason 'the goods are back'"
}

func (c *opsAcknowledgeCommand) Run(e *env) error {
	return c.act(e, c.ID, "acknowledge", c.Reason, "Order %s no longer needs attention.", c.JSON)
}
