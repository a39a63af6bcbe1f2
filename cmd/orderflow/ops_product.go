package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

type opsProductCommands struct {
	Show      opsProductShowCommand      `cmd:"" help:"Show a product and its stock in each warehouse."`
	Put       opsProductPutCommand       `cmd:"" help:"Create a product, or replace its details."`
	Stock     opsProductStockCommand     `cmd:"" help:"Add stock, or take it away."`
	Movements opsProductMovementsCommand `cmd:"" help:"List who changed a product or its stock, when and why."`
}

// productPath is the path of a product for operators.
func productPath(sku string) string { return "/ops/products/" + url.PathEscape(sku) }

// printProduct prints a product and its stock.
func printProduct(out *screen.Screen, p client.Product) error {
	state := "offered"
	if p.Discontinued {
		state = "discontinued"
	}
	if err := out.Facts([][]string{
		{"Product", p.SKU}, {"Name", p.Name}, {"Description", p.Description}, {"Category", p.Category},
		{"Price", p.Price.String()}, {"State", state}, {"Version", fmt.Sprint(p.Version)},
	}); err != nil {
		return err
	}
	fmt.Fprintln(out)
	var rows [][]string
	for _, s := range p.Stock {
		rows = append(rows, []string{s.Warehouse, fmt.Sprint(s.OnHand), fmt.Sprint(s.Reserved), fmt.Sprint(s.Shipped)})
	}
	return out.Table([]screen.Column{{Title: "WAREHOUSE"}, {Title: "ON HAND", Right: true},
		{Title: "RESERVED", Right: true}, {Title: "SHIPPED", Right: true}}, rows)
}

type opsProductShowCommand struct {
	connection
	SKU  string `arg:"" help:"The product's SKU."`
	JSON bool   `help:"Print the API's answer."`
}

func (*opsProductShowCommand) Help() string {
	return "Example:\n  orderflow ops product show kettle-gooseneck-1l"
}

func (c *opsProductShowCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	body, err := cl.Do(e.ctx, http.MethodGet, productPath(c.SKU), nil, nil)
	if err != nil {
		return err
	}
	return printAnswer(e, body, c.JSON, func(p client.Product) error { return printProduct(screen.New(e.stdout), p) })
}

type opsProductPutCommand struct {
	connection
	SKU       string `arg:"" help:"The product's SKU."`
	File      string `short:"f" required:"" help:"The details in JSON; - is standard input." placeholder:"FILE"`
	IfVersion *int64 `help:"Replace only this version of the details; 'show' prints it." placeholder:"N"`
	JSON      bool   `help:"Print the API's answer."`
}

func (*opsProductPutCommand) Help() string {
	return `The details are {"name", "description", "category", "price": {"amount", "currency"}, "discontinued"}. The stock stays as it is.

Example:
  orderflow ops product put kettle-gooseneck-1l -f kettle.json --if-version 3`
}

func (c *opsProductPutCommand) Run(e *env) error {
	details, err := readRequest(c.File)
	if err != nil {
		return err
	}
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	header := http.Header{}
	if c.IfVersion != nil {
		header.Set("If-Match", fmt.Sprintf("%q", fmt.Sprint(*c.IfVersion)))
	}
	body, err := cl.Do(e.ctx, http.MethodPut, productPath(c.SKU), header, details)
	if err != nil {
		return err
	}
	return printAnswer(e, body, c.JSON, func(p client.Product) error { return printProduct(screen.New(e.stdout), p) })
}

type opsProductStockCommand struct {
	connection
	SKU       string `arg:"" help:"The product's SKU."`
	Delta     int    `required:"" help:"Pieces that are added; negative (--delta=-3): taken away." placeholder:"N"`
	Reason    string `required:"" help:"The reason, for the log."`
	Warehouse string `help:"The warehouse; the main one by default." placeholder:"NAME"`
	Key       string `help:"Idempotency-Key; a new one by default." placeholder:"KEY"`
	JSON      bool   `help:"Print the API's answer."`
}

func (*opsProductStockCommand) Help() string {
	return "Examples:\n  orderflow ops product stock kettle-gooseneck-1l --delta 24 --reason 'delivery 4711'\n" +
		"  orderflow ops product stock kettle-gooseneck-1l --delta=-2 --reason 'broken' --warehouse east"
}

func (c *opsProductStockCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	if c.Key == "" {
		c.Key = rand.Text()
	}
	request := map[string]any{"delta": c.Delta, "reason": c.Reason}
	if c.Warehouse != "" {
		request["warehouse"] = c.Warehouse
	}
	body, err := cl.Do(e.ctx, http.MethodPost, productPath(c.SKU)+"/stock", http.Header{"Idempotency-Key": {c.Key}}, request)
	if err != nil {
		return err
	}
	return printAnswer(e, body, c.JSON, func(m orderflow.Movement) error {
		_, err := fmt.Fprintf(e.stdout, "%+d of %s in the warehouse %s. `orderflow ops product show %s` shows the stock.\n",
			m.Delta, m.SKU, m.Warehouse, m.SKU)
		return err
	})
}

type opsProductMovementsCommand struct {
	connection
	SKU    string `arg:"" help:"The product's SKU."`
	Limit  int    `help:"How many movements." default:"20"`
	Cursor string `help:"The cursor of the last page, to print the next one." placeholder:"CURSOR"`
	JSON   bool   `help:"Print the API's answer."`
}

func (*opsProductMovementsCommand) Help() string {
	return "Example:\n  orderflow ops product movements kettle-gooseneck-1l"
}

func (c *opsProductMovementsCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	query := url.Values{"limit": {fmt.Sprint(c.Limit)}}
	if c.Cursor != "" {
		query.Set("cursor", c.Cursor)
	}
	body, err := cl.Do(e.ctx, http.MethodGet, productPath(c.SKU)+"/movements?"+query.Encode(), nil, nil)
	if err != nil {
		return err
	}
	return printAnswer(e, body, c.JSON, func(p movementPage) error { return printMovements(screen.New(e.stdout), p) })
}

// movementPage is a page of the API.
type movementPage struct {
	Movements []orderflow.Movement `json:"movements"`
	Next      string               `json:"next"`
}

func printMovements(out *screen.Screen, p movementPage) error {
	if len(p.Movements) == 0 {
		fmt.Fprintln(out, "There are no movements.")
		return nil
	}
	var rows [][]string
	for _, m := range p.Movements {
		what, delta := m.Reason, fmt.Sprintf("%+d", m.Delta)
		if m.Kind == orderflow.MovementDetails {
			what, delta = strings.Join(m.Changed, "; "), ""
		}
		rows = append(rows, []string{words.Clock(m.At), m.Actor, string(m.Kind), delta, m.Warehouse, what})
	}
	if err := out.Table([]screen.Column{{Title: "TIME"}, {Title: "BY"}, {Title: "KIND"}, {Title: "PIECES", Right: true},
		{Title: "WAREHOUSE"}, {Title: "WHY", Wraps: true}}, rows); err != nil {
		return err
	}
	if p.Next != "" {
		fmt.Fprintf(out, "more: --cursor %s\n", p.Next)
	}
	return nil
}
