package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"orderflow"
	"orderflow/cmd/orderflow/internal/screen"
)

// orderView is an order as the API shows it, to its customer or to operators.
type orderView struct {
	OrderID         string                  `json:"orderId"`
	Status          orderflow.Status        `json:"status"`
	PaymentStatus   orderflow.PaymentStatus `json:"paymentStatus"`
	Lines           []orderflow.Line        `json:"lines"`
	Total           orderflow.Money         `json:"total"`
	Email           string                  `json:"email"`
	ShippingAddress orderflow.Address       `json:"shippingAddress"`
	PaymentMethod   string                  `json:"paymentMethod"`
	PlacedAt        time.Time               `json:"placedAt"`
	CancelRequested bool                    `json:"cancelRequested"`
	Attention       json.RawMessage         `json:"attention"` // whether, to customers; why, to operators
	Shipment        *orderflow.Shipment     `json:"shipment"`
	Timeline        []orderflow.Change      `json:"timeline"`

	answer json.RawMessage // the API's, where the order was followed
}

// ending is the last change of the order's status, with its reason; nil without a change.
func (o orderView) ending() *orderflow.Change {
	for i := len(o.Timeline) - 1; i >= 0; i-- {
		if c := &o.Timeline[i]; c.Type == orderflow.OrderStatusChanged {
			return c
		}
	}
	return nil
}

// reason is why the order is where it is: that of its last change of status.
func (o orderView) reason() string {
	if c := o.ending(); c != nil {
		return c.Reason
	}
	return ""
}

// why is the reason in words: those that the customer is told, if there are any. That a cancelled order was cancelled is no reason.
func (o orderView) why() string {
	c := o.ending()
	switch {
	case c == nil || saysItself(*c):
		return ""
	case c.Message != "":
		return c.Message
	}
	return because(c.Reason)
}

// needsAttention reports whether an operator is needed: customers' answers have a flag, operators' what it is about.
func (o orderView) needsAttention() bool { return string(o.Attention) == "true" || o.mark().Code != "" }

// mark is what operators are told of an order that needs them; empty for customers and for other orders.
func (o orderView) mark() (a orderflow.Attention) {
	if json.Unmarshal(o.Attention, &a) != nil { // a flag
		return orderflow.Attention{}
	}
	return a
}

// attention is one line of what is to be known of the mark, "" without one.
func (o orderView) attention() string {
	a := o.mark()
	switch {
	case a.Code == "" && o.needsAttention():
		return "needs an operator"
	case a.Code == "":
		return ""
	}
	return a.Code + atStep(a) + ": " + explained(a)
}

// since is from when on the order needs an operator, "" if the API does not say.
func (o orderView) since() string {
	if a := o.mark(); a.Code != "" {
		return clock(a.Since)
	}
	return ""
}

// before is the change before c, empty for the first one.
func (o orderView) before(c orderflow.Change) (last orderflow.Change) {
	for _, earlier := range o.Timeline {
		if earlier.Sequence < c.Sequence {
			last = earlier
		}
	}
	return last
}

// corrected reports whether the carrier corrected its notice after c.
func (o orderView) corrected(c orderflow.Change) bool {
	return slices.ContainsFunc(o.Timeline, func(later orderflow.Change) bool {
		return later.Type == orderflow.ShipmentCorrected && later.Sequence > c.Sequence
	})
}

// clock is a time as people here read it.
func clock(t time.Time) string { return t.Local().Format(time.DateTime) }

// print prints all that the API says of the order: what was ordered, where it goes, and what happened.
func (o orderView) print(s *screen.Screen) error {
	facts := [][]string{
		{"Order", screen.Paint(screen.Bold, o.OrderID)},
		{"Status", o.standing()},
		{"Payment", fmt.Sprintf("%s, %s by %s", o.PaymentStatus, o.Total, o.PaymentMethod)},
		{"Placed", clock(o.PlacedAt)},
		{"Ships to", addressText(o.ShippingAddress)},
		{"E-mail", o.Email},
		{"Shipment", shipmentText(o.Shipment)},
		{"Attention", screen.Paint(screen.Wait, o.attention())},
		{"Since", o.since()},
	}
	if err := s.Facts(facts); err != nil {
		return err
	}
	fmt.Fprintln(s)
	var lines [][]string
	for _, l := range o.Lines {
		lines = append(lines, []string{l.Name, l.SKU, fmt.Sprint(l.Quantity), l.UnitPrice.String(), l.Total.String()})
	}
	err := s.Table([]screen.Column{{Title: "ITEM", Wraps: true}, {Title: "SKU"}, {Title: "QUANTITY", Right: true}, {Title: "PRICE", Right: true}, {Title: "TOTAL", Right: true}}, lines)
	if err != nil {
		return err
	}
	fmt.Fprintln(s)
	var changes [][]string
	for _, c := range o.Timeline {
		changes = append(changes, o.change(c))
	}
	return s.Table([]screen.Column{{Title: "TIME"}, {Title: "STATUS"}, {Title: "WHAT HAPPENED", Wraps: true}}, changes)
}

// standing is the order's status and, where it ended otherwise than it should, why.
func (o orderView) standing() string {
	text := string(o.Status)
	if why := o.why(); o.Status.Final() && why != "" {
		text += ": " + why
	}
	if o.CancelRequested && !o.Status.Final() {
		text += ", a cancel was accepted"
	}
	return text
}

// change is one change of the order as a row: when, the status then, and what happened.
func (o orderView) change(c orderflow.Change) []string {
	return []string{c.At.Local().Format("15:04:05.000"), string(c.Status), story(o, c)}
}

func addressText(a orderflow.Address) string {
	var parts []string
	for _, p := range []string{a.Name, a.Line1, a.Line2, strings.Join(strings.Fields(a.City+" "+a.State+" "+a.PostalCode), " "), a.Country, a.Phone} {
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
