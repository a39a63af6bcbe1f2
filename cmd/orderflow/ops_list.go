package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

type opsListCommand struct {
	connection
	Status    string `help:"Only orders of this status, e.g. PAID." placeholder:"STATUS"`
	Customer  string `help:"Only this customer's orders." placeholder:"ID"`
	Email     string `help:"Only orders with this e-mail address." placeholder:"ADDRESS"`
	Failure   string `help:"Only the orders of this failure, from orderflow ops failures." placeholder:"ID"`
	Attention string `help:"yes: only orders that need attention; no: only those that do not." enum:",yes,no" default:""`
	Limit     int    `help:"How many orders." default:"20"`
	Cursor    string `help:"The cursor of the last page, to print the next one." placeholder:"CURSOR"`
	Export    string `help:"Print all orders instead of a page: csv, or jsonl (one JSON object a line)." enum:",csv,jsonl" default:"" placeholder:"FORMAT"`
	JSON      bool   `help:"Print the API's answer."`
}

func (*opsListCommand) Help() string {
	return "Newest first. An export reads every page, also while orders change: an order that is placed meanwhile is missing.\n\n" +
		"Examples:\n  orderflow ops list --status SHIPPING\n  orderflow ops list --email ada@example.com\n  orderflow ops list --attention yes --export csv > orders.csv"
}

// Validate refuses a page of an export.
func (c *opsListCommand) Validate() error {
	if c.Export != "" && (c.JSON || c.Cursor != "") {
		return errors.New("--export prints all orders: leave out --json and --cursor")
	}
	return c.connection.Validate()
}

func (c *opsListCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	query := url.Values{}
	for name, value := range map[string]string{
		"status": c.Status, "customerId": c.Customer, "failure": c.Failure, "email": c.Email, "cursor": c.Cursor,
		"attention": map[string]string{"yes": "true", "no": "false"}[c.Attention],
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	switch c.Export {
	case "csv":
		return exportCSV(e.ctx, cl, query, e.stdout)
	case "jsonl":
		return eachOrder(e.ctx, cl, query, func(raw json.RawMessage) error {
			_, err := fmt.Fprintf(e.stdout, "%s\n", raw)
			return err
		})
	}
	query.Set("limit", strconv.Itoa(c.Limit))
	return listOrders(e, cl, "/ops/orders", query, c.JSON, opsOrdersTable)
}

// opsOrdersTable returns a table of orders as operators see them.
func opsOrdersTable(orders []client.Order) (columns []screen.Column, rows [][]string) {
	for _, o := range orders {
		rows = append(rows, []string{o.OrderID, words.Clock(o.PlacedAt), o.CustomerID, string(o.Status), string(o.PaymentStatus),
			o.Total.String(), words.Attention(o)})
	}
	return []screen.Column{{Title: "ORDER"}, {Title: "PLACED"}, {Title: "CUSTOMER"}, {Title: "STATUS"}, {Title: "PAYMENT"},
		{Title: "TOTAL", Right: true}, {Title: "ATTENTION", Wraps: true}}, rows
}

// eachOrder calls f with every order of a list, as the API prints it.
func eachOrder(ctx context.Context, cl *client.Client, query url.Values, f func(json.RawMessage) error) error {
	query.Set("limit", "100")
	for {
		var page struct {
			Orders []json.RawMessage `json:"orders"`
			Next   string            `json:"next"`
		}
		if err := cl.Get(ctx, "/ops/orders?"+query.Encode(), &page); err != nil {
			return err
		}
		for _, raw := range page.Orders {
			if err := f(raw); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		query.Set("cursor", page.Next)
	}
}

// exportCSV writes orders as RFC 4180 has it. Amounts are in minor units, times in RFC 3339.
func exportCSV(ctx context.Context, cl *client.Client, query url.Values, out io.Writer) error {
	w := csv.NewWriter(out)
	if err := w.Write([]string{"orderId", "placedAt", "customerId", "status", "paymentStatus", "amount", "currency",
		"attentionCode", "attentionStep", "attentionSince"}); err != nil {
		return err
	}
	err := eachOrder(ctx, cl, query, func(raw json.RawMessage) error {
		var o client.Order
		if err := json.Unmarshal(raw, &o); err != nil {
			return fmt.Errorf("read order: %w", err)
		}
		mark, since := o.Mark(), ""
		if mark.Code != "" {
			since = mark.Since.UTC().Format(time.RFC3339)
		}
		return w.Write([]string{o.OrderID, o.PlacedAt.UTC().Format(time.RFC3339), o.CustomerID, string(o.Status), string(o.PaymentStatus),
			strconv.FormatInt(o.Total.Amount, 10), o.Total.Currency, mark.Code, mark.Step, since})
	})
	w.Flush()
	return errors.Join(err, w.Error())
}
