package main

import (
	"fmt"
	"strings"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/words"
)

// printOrder prints everything that the API returns about the order.
func printOrder(s *screen.Screen, o client.Order) error {
	facts := [][]string{
		{"Order", screen.Paint(screen.Bold, o.OrderID)},
		{"Status", statusText(o)},
		{"Payment", fmt.Sprintf("%s, %s by %s", o.PaymentStatus, o.Total, o.PaymentMethod)},
		{"Needs", screen.Paint(screen.Wait, methodText(o))},
		{"Placed", words.Clock(o.PlacedAt)},
		{"Ships to", addressText(o.ShippingAddress)},
		{"E-mail", o.Email},
		{"Review", reviewText(o.Review)},
		{"Shipment", shipmentText(o.Shipment)},
		{"Attention", screen.Paint(screen.Wait, words.Attention(o))},
		{"Since", words.Since(o)},
	}
	if err := s.Facts(facts); err != nil {
		return err
	}
	fmt.Fprintln(s)
	if err := printLines(s, o.Lines); err != nil {
		return err
	}
	fmt.Fprintln(s)
	if err := s.Facts(priceFacts(o.Price, o.Total)); err != nil {
		return err
	}
	if err := printRefunds(s, o); err != nil {
		return err
	}
	fmt.Fprintln(s)
	var changes [][]string
	for _, c := range o.Timeline {
		changes = append(changes, changeRow(o, c))
	}
	return s.Table([]screen.Column{{Title: "TIME"}, {Title: "STATUS"}, {Title: "WHAT HAPPENED", Wraps: true}}, changes)
}

// methodText says that the order needs another payment method.
func methodText(o client.Order) string {
	r := o.MethodRequest
	switch {
	case r == nil:
		return ""
	case r.ClientSecret != "":
		return "the customer's confirmation with the payment provider; locally: orderflow sandbox confirm"
	case r.Deadline.IsZero():
		return "another payment method: orderflow order pay"
	}
	return "another payment method until " + words.Clock(r.Deadline) + ": orderflow order pay"
}

// printRefunds prints the refunds and returns of an order, if there are any.
func printRefunds(s *screen.Screen, o client.Order) error {
	var rows [][]string
	for _, r := range o.Refunds {
		rows = append(rows, []string{r.RefundID, string(r.Status), r.Amount.String(), unitsText(r.Lines)})
	}
	for _, r := range o.Returns {
		rows = append(rows, []string{r.ReturnID, string(r.Status), "", unitsText(r.Lines)})
	}
	if rows == nil {
		return nil
	}
	fmt.Fprintln(s)
	columns := []screen.Column{{Title: "REFUND OR RETURN"}, {Title: "STATUS"}, {Title: "AMOUNT", Right: true},
		{Title: "GOODS", Wraps: true}}
	return s.Table(columns, rows)
}

func unitsText(units []orderflow.Units) string {
	var parts []string
	for _, u := range units {
		parts = append(parts, fmt.Sprintf("%d %s", u.Quantity, u.SKU))
	}
	return strings.Join(parts, ", ")
}

// statusText returns the order's status with the reason of an end other than fulfilment.
func statusText(o client.Order) string {
	text := string(o.Status)
	if why := words.Why(o); o.Status.Final() && why != "" {
		text += ": " + why
	}
	if o.CancelRequested && !o.Status.Final() {
		text += ", a cancel was accepted"
	}
	return text
}

// changeRow returns a change of the order as a row: time, status, and description.
func changeRow(o client.Order, c orderflow.Change) []string {
	return []string{c.At.Local().Format("15:04:05.000"), string(c.Status), words.Describe(o, c)}
}

func addressText(a orderflow.Address) string {
	var parts []string
	city := strings.Join(strings.Fields(a.City+" "+a.State+" "+a.PostalCode), " ")
	for _, p := range []string{a.Name, a.Line1, a.Line2, city, a.Country, a.Phone} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

func shipmentText(s *orderflow.Shipment) string {
	if s == nil {
		return ""
	}
	text := string(s.Status)
	if s.Carrier != "" {
		text += ", " + s.Carrier
	}
	if s.TrackingNumber != "" {
		text += ", tracking number " + s.TrackingNumber
	}
	if s.Reason != "" {
		text += ": " + s.Reason
	}
	return text
}
