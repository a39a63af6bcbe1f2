package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
)

type opsRefundCommand struct {
	connection
	ID       string   `arg:"" help:"The order's id."`
	Lines    []string `name:"line" help:"Units to refund, as SKU=QUANTITY; repeat it for more products." placeholder:"SKU=N"`
	Amount   string   `help:"An amount of the goods instead of lines, such as '5.00 USD'." placeholder:"AMOUNT" xor:"what"`
	Shipping bool     `help:"Also what is left of the shipping."`
	All      bool     `help:"All that is left of the order." xor:"what"`
	Reason   string   `required:"" help:"The reason, for the order's timeline."`
	Key      string   `help:"The Idempotency-Key; a new one by default." placeholder:"KEY"`
	JSON     bool     `help:"Print the API's answer."`
}

func (*opsRefundCommand) Help() string {
	return "The refund is carried out in the background; `orderflow ops show` shows it.\n\nExample:\n" +
		"  orderflow ops refund ord_06cb4j3k7v1s0n9t8q2r5w4xyz --line mug-stoneware=1 --reason 'one mug is broken'"
}

// refundRequest is the body of a refund.
type refundRequest struct {
	Lines    []orderflow.Units `json:"lines,omitempty"`
	Amount   *orderflow.Money  `json:"amount,omitempty"`
	Shipping bool              `json:"shipping,omitempty"`
	Reason   string            `json:"reason"`
}

func (c *opsRefundCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	body := refundRequest{Shipping: c.Shipping, Reason: c.Reason}
	if body.Lines, err = parseUnits(c.Lines); err != nil {
		return err
	}
	if c.Amount != "" {
		amount, err := orderflow.ParseMoney(c.Amount)
		if err != nil {
			return fmt.Errorf("read --amount: %w", err)
		}
		body.Amount = &amount
	}
	if c.All {
		if err := c.takeAll(e, cl, &body); err != nil {
			return err
		}
	}
	if c.Key == "" {
		c.Key = rand.Text()
	}
	header := http.Header{"Idempotency-Key": {c.Key}}
	answer, err := cl.Do(e.ctx, http.MethodPost, "/ops/orders/"+url.PathEscape(c.ID)+"/refunds", header, body)
	if err != nil {
		return err
	}
	return printAnswer(e, answer, c.JSON, printRefund(e))
}

// requestedRefund is the answer to a refund.
type requestedRefund struct {
	OrderID  string          `json:"orderId"`
	RefundID string          `json:"refundId"`
	Amount   orderflow.Money `json:"amount"`
}

func printRefund(e *env) func(requestedRefund) error {
	return func(r requestedRefund) error {
		_, err := fmt.Fprintf(e.stdout, "Refund %s of %s is requested. `orderflow ops show %s` shows it.\n", r.RefundID,
			r.Amount, r.OrderID)
		return err
	}
}

// takeAll fills the body with all units that were not refunded, and the shipping if it was not.
func (c *opsRefundCommand) takeAll(e *env, cl *client.Client, body *refundRequest) error {
	answer, err := cl.Do(e.ctx, http.MethodGet, "/ops/orders/"+url.PathEscape(c.ID), nil, nil)
	if err != nil {
		return err
	}
	var o client.Order
	if err := decode(answer, &o); err != nil {
		return err
	}
	body.Lines, body.Shipping = unrefunded(o)
	return nil
}

// unrefunded returns the units of an order that were not refunded, and whether the shipping was
// not.
func unrefunded(o client.Order) (units []orderflow.Units, shipping bool) {
	shipping = o.Price.Shipping.Amount > 0
	refunded := map[string]int{}
	for _, r := range o.Refunds {
		shipping = shipping && r.Shipping.Amount == 0
		for _, u := range r.Lines {
			refunded[u.SKU] += u.Quantity
		}
	}
	for _, l := range o.Lines {
		n := min(l.Quantity, refunded[l.SKU])
		if refunded[l.SKU] -= n; n < l.Quantity {
			units = append(units, orderflow.Units{SKU: l.SKU, Quantity: l.Quantity - n})
		}
	}
	return units, shipping
}

// parseUnits parses SKU=QUANTITY.
func parseUnits(lines []string) ([]orderflow.Units, error) {
	var units []orderflow.Units
	for _, l := range lines {
		sku, quantity, found := strings.Cut(l, "=")
		n, err := strconv.Atoi(quantity)
		if !found || sku == "" || err != nil || n < 1 {
			return nil, fmt.Errorf("read --line: %q is not SKU=QUANTITY", l)
		}
		units = append(units, orderflow.Units{SKU: sku, Quantity: n})
	}
	return units, nil
}

type opsRetryRefundCommand struct {
	connection
	ID     string `arg:"" help:"The order's id."`
	Refund string `arg:"" help:"The refund's id."`
	Reason string `required:"" help:"The reason, for the order's timeline."`
	JSON   bool   `help:"Print the API's answer."`
}

func (*opsRetryRefundCommand) Help() string {
	return "Asks the provider again for a refund that it refused or returned.\n\nExample:\n" +
		"  orderflow ops retry-refund ord_06cb4j3k7v1s0n9t8q2r5w4xyz rfd_6f1e0c2b9a48d7530e91c4a2f7 --reason 'the account is open'"
}

func (c *opsRetryRefundCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	answer, err := cl.Act(e.ctx, c.ID, "refunds/"+url.PathEscape(c.Refund)+"/retry", c.Reason)
	if err != nil {
		return err
	}
	return printAnswer(e, answer, c.JSON, printRefund(e))
}
