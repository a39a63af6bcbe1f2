package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
)

type orderReturnCommand struct {
	connection
	ID     string   `arg:"" help:"The order's id."`
	Lines  []string `name:"line" required:"" help:"Units to send back, as SKU=QUANTITY; repeat it for more products." placeholder:"SKU=N"`
	Reason string   `help:"The reason, for the shop."`
	Key    string   `help:"The Idempotency-Key; a new one by default." placeholder:"KEY"`
	JSON   bool     `help:"Print the API's answer."`
}

func (*orderReturnCommand) Help() string {
	return "Announces goods of a fulfilled order that come back. They are refunded when they have arrived.\n\nExample:\n" +
		"  orderflow order return ord_06cb4j3k7v1s0n9t8q2r5w4xyz --line mug-stoneware=1"
}

func (c *orderReturnCommand) Run(e *env) error {
	units, err := parseUnits(c.Lines)
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
	answer, err := cl.Do(e.ctx, http.MethodPost, "/orders/"+url.PathEscape(c.ID)+"/returns",
		http.Header{"Idempotency-Key": {c.Key}}, struct {
			Lines  []orderflow.Units `json:"lines"`
			Reason string            `json:"reason,omitempty"`
		}{units, c.Reason})
	if err != nil {
		return err
	}
	return printAnswer(e, answer, c.JSON, func(r struct{ OrderID, ReturnID string }) error {
		_, err := fmt.Fprintf(e.stdout, "Return %s of order %s is recorded.\n", r.ReturnID, r.OrderID)
		return err
	})
}

type opsReturnCommands struct {
	Receive opsReceiveCommand `cmd:"" help:"Record that goods of a return have arrived, and refund them."`
	Refuse  opsRefuseCommand  `cmd:"" help:"End a return without a refund."`
}

type opsReceiveCommand struct {
	connection
	ID      string   `arg:"" help:"The order's id."`
	Return  string   `arg:"" help:"The return's id."`
	Lines   []string `name:"line" required:"" help:"Units that have arrived, as SKU=QUANTITY; repeat it for more products." placeholder:"SKU=N"`
	Restock bool     `help:"The goods are on sale again."`
	JSON    bool     `help:"Print the API's answer."`
}

func (*opsReceiveCommand) Help() string {
	return "Example:\n  orderflow ops return receive ord_06cb4j3k7v1s0n9t8q2r5w4xyz ret_0b7d3e5a1c96f84270d2b9e6a3 " +
		"--line mug-stoneware=1 --restock"
}

func (c *opsReceiveCommand) Run(e *env) error {
	units, err := parseUnits(c.Lines)
	if err != nil {
		return err
	}
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	path := "/ops/orders/" + url.PathEscape(c.ID) + "/returns/" + url.PathEscape(c.Return) + "/receive"
	answer, err := cl.Do(e.ctx, http.MethodPost, path, nil, struct {
		Lines   []orderflow.Units `json:"lines"`
		Restock bool              `json:"restock"`
	}{units, c.Restock})
	if err != nil {
		return err
	}
	return printAnswer(e, answer, c.JSON, func(struct{}) error {
		_, err := fmt.Fprintf(e.stdout, "Return %s is received. `orderflow ops show %s` shows its refund.\n", c.Return, c.ID)
		return err
	})
}

type opsRefuseCommand struct {
	connection
	ID     string `arg:"" help:"The order's id."`
	Return string `arg:"" help:"The return's id."`
	Reason string `required:"" help:"The reason; the customer sees it."`
	JSON   bool   `help:"Print the API's answer."`
}

func (*opsRefuseCommand) Help() string {
	return "Example:\n  orderflow ops return refuse ord_06cb4j3k7v1s0n9t8q2r5w4xyz ret_0b7d3e5a1c96f84270d2b9e6a3 " +
		"--reason 'the goods are worn'"
}

func (c *opsRefuseCommand) Run(e *env) error {
	done := "Return " + strings.ReplaceAll(c.Return, "%", "%%") + " of order %s is refused."
	return c.act(e, c.ID, "returns/"+url.PathEscape(c.Return)+"/refuse", c.Reason, done, c.JSON)
}
