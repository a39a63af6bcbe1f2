package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

type orderQuoteCommand struct {
	connection
	File string `arg:"" help:"The request in JSON, or an example file with a member 'request'; - is standard input." placeholder:"FILE"`
	JSON bool   `help:"Print the API's answer."`
}

func (*orderQuoteCommand) Help() string {
	return "Shows what the order would cost now, and saves nothing.\n\n" +
		"Example:\n  orderflow order quote examples/orders/14-promotion-and-tax.json"
}

func (c *orderQuoteCommand) Run(e *env) error {
	request, err := readRequest(c.File)
	if err != nil {
		return err
	}
	cl, err := c.client(e.ctx)
	if err != nil {
		return err
	}
	body, err := cl.Do(e.ctx, http.MethodPost, "/quotes", nil, request)
	if err != nil {
		return err
	}
	return printAnswer(e, body, c.JSON, func(q client.Quote) error {
		out := screen.New(e.stdout)
		if err := printLines(out, q.Lines); err != nil {
			return err
		}
		fmt.Fprintln(out)
		return out.Facts(priceFacts(q.Price, q.Total))
	})
}

// priceFacts lists the amounts of a price, without those that do not apply.
func priceFacts(p client.Price, total orderflow.Money) [][]string {
	subtotal, discount, shipping, tax := "", "", "", ""
	if p.Subtotal != total {
		subtotal = p.Subtotal.String()
	}
	if p.PromotionCode != "" {
		off := orderflow.Money{Amount: -p.Discount.Amount, Currency: p.Discount.Currency}
		discount = off.String() + ", " + p.PromotionCode
	}
	if p.ShippingMethod != "" {
		shipping = p.Shipping.String() + ", " + p.ShippingMethod
	}
	if p.Tax.Amount != 0 {
		tax = p.Tax.String()
	}
	if p.Tax.Amount != 0 && p.TaxIncluded {
		tax += ", included"
	}
	return [][]string{{"Subtotal", subtotal}, {"Discount", discount}, {"Shipping", shipping}, {"Tax", tax},
		{"Total", total.String()}}
}

// printLines prints the lines of an order as a table.
func printLines(s *screen.Screen, lines []client.Line) error {
	var rows [][]string
	for _, l := range lines {
		rows = append(rows, []string{l.Name, l.SKU, fmt.Sprint(l.Quantity), l.UnitPrice.String(), l.Total.String()})
	}
	return s.Table([]screen.Column{{Title: "ITEM", Wraps: true}, {Title: "SKU"}, {Title: "QUANTITY", Right: true},
		{Title: "PRICE", Right: true}, {Title: "TOTAL", Right: true}}, rows)
}

// expecting returns the request with an expected total.
func expecting(request []byte, total string) ([]byte, error) {
	m, err := orderflow.ParseMoney(total)
	if err != nil {
		return nil, fmt.Errorf("read --expect: %w", err)
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(request, &body); err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	if body["expectedTotal"], err = json.Marshal(m); err != nil {
		return nil, fmt.Errorf("write request: %w", err)
	}
	return json.Marshal(body)
}
