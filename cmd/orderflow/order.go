package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

type orderCommands struct {
	Create orderCreateCommand `cmd:"" help:"Place an order."`
	Quote  orderQuoteCommand  `cmd:"" help:"Show what an order would cost."`
	Get    orderGetCommand    `cmd:"" help:"Show an order."`
	List   orderListCommand   `cmd:"" help:"List your orders, newest first."`
	Watch  orderWatchCommand  `cmd:"" help:"Follow an order until it ends."`
	Pay    orderPayCommand    `cmd:"" help:"Give another payment method, after a decline."`
	Cancel orderCancelCommand `cmd:"" help:"Cancel an order that is not dispatched yet."`
	Return orderReturnCommand `cmd:"" help:"Send goods of a fulfilled order back."`
}

type orderCreateCommand struct {
	connection
	File   string `short:"f" required:"" help:"The request in JSON, or an example file with a member 'request'; - is standard input." placeholder:"FILE"`
	Expect string `help:"Place the order only at this total, e.g. '98.00 USD'." placeholder:"TOTAL"`
	Key    string `help:"The Idempotency-Key (default: a random one)." placeholder:"KEY"`
	JSON   bool   `help:"Print the API's answer."`
}

func (*orderCreateCommand) Help() string {
	return "Example:\n  orderflow order create -f examples/orders/01-plain.json"
}

func (c *orderCreateCommand) Run(e *env) error {
	request, err := readRequest(c.File)
	if err == nil && c.Expect != "" {
		request, err = expecting(request, c.Expect)
	}
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
	body, err := cl.Do(e.ctx, http.MethodPost, "/orders", http.Header{"Idempotency-Key": {c.Key}}, request)
	if err != nil {
		return err
	}
	return printAnswer(e, body, c.JSON, func(p client.Placed) error {
		_, err := fmt.Fprintf(e.stdout, "Order %[1]s for %[2]s is placed. `orderflow order watch %[1]s` follows it.\n",
			p.OrderID, p.Total)
		if err != nil || p.Price == nil || p.Price.Subtotal == p.Total {
			return err
		}
		return screen.New(e.stdout).Facts(priceFacts(*p.Price, p.Total))
	})
}

// readRequest reads the request of an order: the file itself, or its member "request" if it is an
// example.
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
	body, err := cl.Do(e.ctx, http.MethodGet, "/orders/"+url.PathEscape(c.ID), nil, nil)
	if err != nil {
		return err
	}
	return printAnswer(e, body, c.JSON, func(o client.Order) error { return printOrder(screen.New(e.stdout), o) })
}

type orderListCommand struct {
	connection
	Status string `help:"Only orders of this status, e.g. FULFILLED." placeholder:"STATUS"`
	Limit  int    `help:"How many orders." default:"20"`
	Cursor string `help:"The cursor of the last page, to print the next one." placeholder:"CURSOR"`
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
	query := url.Values{"status": {c.Status}, "limit": {fmt.Sprint(c.Limit)}, "cursor": {c.Cursor}}
	return listOrders(e, cl, "/orders", query, c.JSON, ordersTable)
}

// ordersTable returns a table of orders as customers see them.
func ordersTable(orders []client.Order) (columns []screen.Column, rows [][]string) {
	for _, o := range orders {
		rows = append(rows, []string{o.OrderID, words.Clock(o.PlacedAt), string(o.Status), o.Total.String(),
			words.Attention(o)})
	}
	return []screen.Column{{Title: "ORDER"}, {Title: "PLACED"}, {Title: "STATUS"}, {Title: "TOTAL", Right: true},
		{Title: "ATTENTION", Wraps: true}}, rows
}

// listOrders prints one page of a list of orders as a table. It leaves out empty parameters.
func listOrders(
	e *env, cl *client.Client, path string, query url.Values, asJSON bool,
	table func([]client.Order) ([]screen.Column, [][]string),
) error {
	for k, v := range query {
		if v[0] == "" {
			delete(query, k)
		}
	}
	body, err := cl.Do(e.ctx, http.MethodGet, path+"?"+query.Encode(), nil, nil)
	if err != nil {
		return err
	}
	return printAnswer(e, body, asJSON, func(page orderPage) error {
		if len(page.Orders) == 0 {
			fmt.Fprintln(e.stderr, "no orders")
			return nil
		}
		columns, rows := table(page.Orders)
		if err := screen.New(e.stdout).Table(columns, rows); err != nil {
			return err
		}
		if page.Next != "" {
			fmt.Fprintf(e.stdout, "more: --cursor %s\n", page.Next)
		}
		return nil
	})
}

// orderPage is a page of a list of orders.
type orderPage struct {
	Orders []client.Order `json:"orders"`
	Next   string         `json:"next"` // the cursor of the next page
}

type orderWatchCommand struct {
	connection
	ID      string        `arg:"" help:"The order's id."`
	Timeout time.Duration `help:"Give up after this time." default:"10m"`
	JSON    bool          `help:"Print each change as the API's JSON, one a line."`
}

func (*orderWatchCommand) Help() string {
	return "Prints every change when it happens, and exits when the order ends.\n\nExample:\n  orderflow order watch ord_06cb4j3k7v1s0n9t8q2r5w4xyz"
}

func (c *orderWatchCommand) Run(e *env) error {
	cl, err := c.client(e.ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(e.ctx, c.Timeout)
	defer cancel()
	w := watcher{out: screen.New(e.stdout), asJSON: c.JSON}
	_, err = cl.Follow(ctx, c.ID, 50*time.Millisecond, func(o client.Order) bool {
		w.err = w.show(o)
		return w.err != nil
	})
	return cmp.Or(w.err, err)
}

// watcher prints each change of an order once.
type watcher struct {
	out    *screen.Screen
	asJSON bool
	seen   int64 // sequence of the last change printed
	err    error
}

// show prints the new changes: in words, or as JSON of the API.
func (w *watcher) show(o client.Order) error {
	var entries []json.RawMessage
	if w.asJSON {
		var answer struct {
			Timeline []json.RawMessage `json:"timeline"`
		}
		if err := decode(o.Answer, &answer); err != nil {
			return err
		}
		entries = answer.Timeline
	}
	for i, c := range o.Timeline {
		if c.Sequence <= w.seen {
			continue
		}
		w.seen = c.Sequence
		line := ""
		if w.asJSON {
			line = string(entries[i])
		} else {
			cells := changeRow(o, c)
			line = w.out.Text(fmt.Sprintf("%s  %-9s  %s", cells[0], cells[1], cells[2]))
		}
		if _, err := fmt.Fprintln(w.out, line); err != nil {
			return err
		}
	}
	return nil
}

type orderPayCommand struct {
	connection
	ID     string `arg:"" help:"The order's id."`
	Method string `required:"" help:"The provider's id of the payment method." placeholder:"pm_..."`
	JSON   bool   `help:"Print the API's answer."`
}

func (*orderPayCommand) Help() string {
	return "An order whose payment was declined waits for another payment method if the shop allows it " +
		"(parameter DeclinedPayment=ask).\n\n" +
		"Example:\n  orderflow order pay ord_06cb4j3k7v1s0n9t8q2r5w4xyz --method pm_card_visa"
}

func (c *orderPayCommand) Run(e *env) error {
	cl, err := c.client(e.ctx)
	if err != nil {
		return err
	}
	body, err := cl.Do(e.ctx, http.MethodPost, "/orders/"+url.PathEscape(c.ID)+"/payment-method", nil,
		map[string]string{"paymentMethod": c.Method})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, body)
	}
	fmt.Fprintf(e.stdout, "Order %s is charged with %s next. `orderflow order watch %s` follows it.\n", c.ID, c.Method, c.ID)
	return nil
}

type orderCancelCommand struct {
	connection
	ID   string `arg:"" help:"The order's id."`
	JSON bool   `help:"Print the API's answer."`
}

func (*orderCancelCommand) Help() string {
	return "An order can be cancelled until the carrier has the goods. The charge is refunded.\n\nExample:\n  orderflow order cancel ord_06cb4j3k7v1s0n9t8q2r5w4xyz"
}

func (c *orderCancelCommand) Run(e *env) error {
	cl, err := c.client(e.ctx)
	if err != nil {
		return err
	}
	body, err := cl.Do(e.ctx, http.MethodPost, "/orders/"+url.PathEscape(c.ID)+"/cancel", nil, nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, body)
	}
	fmt.Fprintf(e.stdout, "The cancellation of order %s is accepted. `orderflow order watch %s` follows it.\n", c.ID, c.ID)
	return nil
}
