package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

type opsReviewsCommand struct {
	connection
	JSON bool `help:"Print the orders as JSON, one a line."`
}

func (*opsReviewsCommand) Help() string { return "Example:\n  orderflow ops reviews" }

// Run reads every page, because the API lists the newest orders first.
func (c *opsReviewsCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	var waiting []client.Order
	for cursor := ""; ; {
		query := url.Values{"status": {string(orderflow.InReview)}, "limit": {"100"}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		var page orderPage
		if err := cl.Get(e.ctx, "/ops/orders?"+query.Encode(), &page); err != nil {
			return err
		}
		waiting = append(waiting, page.Orders...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	waiting = slices.DeleteFunc(waiting, func(o client.Order) bool { return o.Review == nil || o.Review.Decision != "" })
	slices.SortStableFunc(waiting, func(a, b client.Order) int {
		return cmp.Or(a.Review.Since.Compare(b.Review.Since), cmp.Compare(a.OrderID, b.OrderID))
	})
	return printReviews(e, waiting, c.JSON)
}

func printReviews(e *env, waiting []client.Order, asJSON bool) error {
	if asJSON {
		for _, o := range waiting {
			line := map[string]any{"orderId": o.OrderID, "customerId": o.CustomerID, "total": o.Total, "review": o.Review}
			if err := json.NewEncoder(e.stdout).Encode(line); err != nil {
				return err
			}
		}
		return nil
	}
	if len(waiting) == 0 {
		fmt.Fprintln(e.stderr, "no order waits for a review")
		return nil
	}
	var rows [][]string
	for _, o := range waiting {
		rows = append(rows, []string{o.OrderID, o.CustomerID, o.Total.String(), words.Clock(o.Review.Since),
			deadlineText(o.Review), words.Reasons(o.Review)})
	}
	return screen.New(e.stdout).Table([]screen.Column{{Title: "ORDER"}, {Title: "CUSTOMER"}, {Title: "TOTAL", Right: true},
		{Title: "SINCE"}, {Title: "UNTIL"}, {Title: "REASONS", Wraps: true}}, rows)
}

func deadlineText(r *orderflow.Review) string {
	if r.Deadline.IsZero() {
		return ""
	}
	return words.Clock(r.Deadline)
}

type opsReviewCommand struct {
	connection
	ID       string `arg:"" help:"The order's id."`
	Decision string `arg:"" help:"approve or refuse." enum:"approve,refuse"`
	Reason   string `help:"The reason, for the order's timeline. Required to refuse. Customers do not see it."`
	JSON     bool   `help:"Print the API's answer."`
}

func (*opsReviewCommand) Help() string {
	return "An approved order is charged and goes on. A refused one is rejected. `orderflow ops reviews` lists the orders that wait.\n\n" +
		"Examples:\n  orderflow ops review ord_06cb4j3k7v1s0n9t8q2r5w4xyz approve --reason 'known customer'\n" +
		"  orderflow ops review ord_06cb4j3k7v1s0n9t8q2r5w4xyz refuse --reason 'the card is stolen'"
}

func (c *opsReviewCommand) Run(e *env) error {
	cl, err := c.client(e.ctx, client.Operators)
	if err != nil {
		return err
	}
	answer, err := cl.Review(e.ctx, c.ID, c.Decision, c.Reason)
	if err != nil {
		return err
	}
	return printAnswer(e, answer, c.JSON, func(o client.Order) error {
		_, err := fmt.Fprintf(e.stdout, "Order %[1]s is %[2]s. `orderflow ops show %[1]s` shows it.\n", o.OrderID,
			strings.ToLower(string(o.Review.Decision)))
		return err
	})
}

// reviewText describes the review of an order for operators.
func reviewText(r *orderflow.Review) string {
	if r == nil {
		return ""
	}
	text := fmt.Sprintf("%s, risk score %d", words.Reasons(r), r.Score)
	switch {
	case r.Decision != "":
		text += fmt.Sprintf("; %s by %s at %s", strings.ToLower(strings.ReplaceAll(string(r.Decision), "_", " ")), r.By,
			r.At.Local().Format(time.DateTime))
		if r.Reason != "" {
			text += ": " + words.Because(r.Reason)
		}
	case !r.Deadline.IsZero():
		text += "; waits for a decision until " + words.Clock(r.Deadline)
	}
	return text
}
