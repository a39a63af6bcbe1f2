package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"text/tabwriter"
	"time"

	"orderflow"
)

// placed is the answer to POST /orders.
type placed struct {
	OrderID string           `json:"orderId"`
	Status  orderflow.Status `json:"status"`
	Total   orderflow.Money  `json:"total"`
}

// orderView is an order as the API shows it; the commands need no more of it.
type orderView struct {
	OrderID       string                  `json:"orderId"`
	Status        orderflow.Status        `json:"status"`
	PaymentStatus orderflow.PaymentStatus `json:"paymentStatus"`
	Total         orderflow.Money         `json:"total"`
	PlacedAt      time.Time               `json:"placedAt"`
	Timeline      []orderflow.Change      `json:"timeline"`
}

// reason is why the order is where it is: that of its last change of status.
func (o orderView) reason() string {
	for i := len(o.Timeline) - 1; i >= 0; i-- {
		if o.Timeline[i].Status == o.Status && o.Timeline[i].Reason != "" {
			return o.Timeline[i].Reason
		}
	}
	return ""
}

type orderCommands struct {
	Create orderCreateCommand `cmd:"" help:"Place an order."`
	Get    orderGetCommand    `cmd:"" help:"Show an order."`
	List   orderListCommand   `cmd:"" help:"List your orders, newest first."`
	Watch  orderWatchCommand  `cmd:"" help:"Follow an order until it ends."`
	Cancel orderCancelCommand `cmd:"" help:"Cancel an order that was not dispatched yet."`
}

type orderCreateCommand struct {
	connection
	File string `short:"f" required:"" help:"The request in JSON, or an example with a 'request' in it; - is standard input." placeholder:"FILE"`
	Key  string `help:"Idempotency-Key; a fresh one by default." placeholder:"KEY"`
	JSON bool   `help:"Print the API's answer."`
}

func (*orderCreateCommand) Help() string {
	return "Example:\n  orderflow order create -f examples/orders/01-plain.json"
}

func (c *orderCreateCommand) Run(e *env) error {
	request, err := readRequest(c.File)
	if err != nil {
		return err
	}
	cl, err := c.client(e.ctx)
	if err != nil {
		return err
	}
	if c.Key == "" {
		c.Key = rand.Text()
	}
	body, err := cl.do(e.ctx, http.MethodPost, "/orders", http.Header{"Idempotency-Key": {c.Key}}, request)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, body)
	}
	var p placed
	if err := json.Unmarshal(body, &p); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	fmt.Fprintf(e.stdout, "%s  %s  %s\n", p.OrderID, p.Status, p.Total)
	return nil
}

// readRequest reads an order's request: the file itself, or its member "request" if it is an example.
func readRequest(file string) ([]byte, error) {
	var b []byte
	var err error
	if file == "-" {
		b, err = io.ReadAll(os.Stdin)
	} else {
		b, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, err
	}
	var example struct {
		Request json.RawMessage `json:"request"`
	}
	if err := json.Unmarshal(b, &example); err == nil && example.Request != nil {
		return example.Request, nil
	}
	return b, nil
}

type orderGetCommand struct {
	connection
	ID   string `arg:"" help:"The order's id."`
	JSON bool   `help:"Print the API's answer."`
}

func (*orderGetCommand) Help() string {
	return "Example:\n  orderflow order get ord_06cb4j3k7v1s0n9t8q2r5w4xyz"
}

func (c *orderGetCommand) Run(e *env) error {
	cl, err := c.client(e.ctx)
	if err != nil {
		return err
	}
	body, err := cl.do(e.ctx, http.MethodGet, "/orders/"+url.PathEscape(c.ID), nil, nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, body)
	}
	var o orderView
	if err := json.Unmarshal(body, &o); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	printOrder(e.stdout, o)
	return nil
}

func printOrder(w io.Writer, o orderView) {
	fmt.Fprintf(w, "%s  %s  payment %s  %s\n", o.OrderID, o.Status, o.PaymentStatus, o.Total)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range o.Timeline {
		fmt.Fprintf(t, "  %d\t%s\t%s\t%s\t%s\n", c.Sequence, c.At.Local().Format("15:04:05.000"), c.Status, c.Type, c.Reason)
	}
	_ = t.Flush()
}

type orderListCommand struct {
	connection
	Status string `help:"Only orders of this status, e.g. FULFILLED." placeholder:"STATUS"`
	Limit  int    `help:"How many orders." default:"20"`
	Cursor string `help:"Go on where the last page ended." placeholder:"CURSOR"`
	JSON   bool   `help:"Print the API's answer."`
}

func (*orderListCommand) Help() string {
	return "Example:\n  orderflow order list --status FULFILLED --limit 50"
}

func (c *orderListCommand) Run(e *env) error {
	cl, err := c.client(e.ctx)
	if err != nil {
		return err
	}
	return listOrders(e, cl, "/orders", url.Values{"status": {c.Status}, "limit": {fmt.Sprint(c.Limit)}, "cursor": {c.Cursor}}, c.JSON)
}

// listOrders prints one page of a list of orders. Empty parameters are left out.
func listOrders(e *env, cl *client, path string, query url.Values, asJSON bool) error {
	for k, v := range query {
		if v[0] == "" {
			delete(query, k)
		}
	}
	body, err := cl.do(e.ctx, http.MethodGet, path+"?"+query.Encode(), nil, nil)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(e.stdout, body)
	}
	var page struct {
		Orders []struct {
			orderView
			Attention json.RawMessage `json:"attention"`
		} `json:"orders"`
		Cursor string `json:"next"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	t := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, o := range page.Orders {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", o.OrderID, o.PlacedAt.Local().Format(time.DateTime), o.Status, o.Total, attentionText(o.Attention))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if page.Cursor != "" {
		fmt.Fprintf(e.stdout, "more: --cursor %s\n", page.Cursor)
	}
	if len(page.Orders) == 0 {
		fmt.Fprintln(e.stderr, "no orders")
	}
	return nil
}

// attentionText is one line of what an operator should know; customers' answers have a flag only, or nothing.
func attentionText(raw json.RawMessage) string {
	var a orderflow.Attention
	if json.Unmarshal(raw, &a) == nil && a.Code != "" {
		return fmt.Sprintf("%s at %s since %s", a.Code, a.Step, a.Since.Local().Format(time.DateTime))
	}
	if string(raw) == "true" {
		return "needs attention"
	}
	return ""
}

type orderWatchCommand struct {
	connection
	ID      string        `arg:"" help:"The order's id."`
	Timeout time.Duration `help:"Give up after this time." default:"10m"`
	JSON    bool          `help:"Print each change as a line of JSON."`
}

func (*orderWatchCommand) Help() string {
	return "Prints every change as it happens, and exits when the order has ended.\n\nExample:\n  orderflow order watch ord_06cb4j3k7v1s0n9t8q2r5w4xyz"
}

func (c *orderWatchCommand) Run(e *env) error {
	cl, err := c.client(e.ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(e.ctx, c.Timeout)
	defer cancel()
	var seen int64
	_, err = follow(ctx, cl, c.ID, 50*time.Millisecond, func(o orderView) bool {
		for _, ch := range o.Timeline {
			if ch.Sequence <= seen {
				continue
			}
			seen = ch.Sequence
			if c.JSON {
				_ = json.NewEncoder(e.stdout).Encode(ch)
			} else {
				fmt.Fprintf(e.stdout, "%s  %-10s %s %s\n", ch.At.Local().Format("15:04:05.000"), ch.Status, ch.Type, ch.Reason)
			}
		}
		return false
	})
	return err
}

// follow polls an order until it ends or seen returns true, and returns it as it was last.
func follow(ctx context.Context, cl *client, id string, every time.Duration, seen func(orderView) (enough bool)) (orderView, error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var o orderView
	for {
		if err := cl.get(ctx, "/orders/"+url.PathEscape(id), &o); err != nil {
			return o, err
		}
		if seen(o) || o.Status.Final() {
			return o, nil
		}
		select {
		case <-ctx.Done():
			return o, fmt.Errorf("order %s is still %s: %w", id, o.Status, ctx.Err())
		case <-tick.C:
		}
	}
}

type orderCancelCommand struct {
	connection
	ID   string `arg:"" help:"The order's id."`
	JSON bool   `help:"Print the API's answer."`
}

func (*orderCancelCommand) Help() string {
	return "Until the carrier has taken the goods an order can be cancelled; what was charged is refunded.\n\nExample:\n  orderflow order cancel ord_06cb4j3k7v1s0n9t8q2r5w4xyz"
}

func (c *orderCancelCommand) Run(e *env) error {
	cl, err := c.client(e.ctx)
	if err != nil {
		return err
	}
	body, err := cl.do(e.ctx, http.MethodPost, "/orders/"+url.PathEscape(c.ID)+"/cancel", nil, nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, body)
	}
	fmt.Fprintf(e.stdout, "%s  cancel accepted\n", c.ID)
	return nil
}

// printJSON prints body indented.
func printJSON(w io.Writer, body json.RawMessage) error {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
