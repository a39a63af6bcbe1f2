package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"orderflow"
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

// why is the reason in words: those that the customer is told, if there are any.
func (o orderView) why() string {
	for i := len(o.Timeline) - 1; i >= 0; i-- {
		if o.Timeline[i].Status == o.Status && o.Timeline[i].Message != "" {
			return o.Timeline[i].Message
		}
	}
	return because(o.reason())
}

func (o orderView) needsAttention() bool { return attentionText(o.Attention) != "" }

// attentionText is one line of what an operator should know; customers' answers have a flag only, or nothing.
func attentionText(raw json.RawMessage) string {
	var a orderflow.Attention
	if json.Unmarshal(raw, &a) == nil && a.Code != "" {
		at := ""
		if a.Step != "" {
			at = " at " + a.Step
		}
		return fmt.Sprintf("%s%s since %s: %s", a.Code, at, clock(a.Since), because(a.Code))
	}
	if string(raw) == "true" {
		return "needs an operator"
	}
	return ""
}

// clock is a time as people here read it.
func clock(t time.Time) string { return t.Local().Format(time.DateTime) }

// print prints all that the API says of the order: what was ordered, where it goes, and what happened.
func (o orderView) print(s *screen) error {
	facts := [][]string{
		{"Order", paint(bold, o.OrderID)},
		{"Status", o.standing()},
		{"Payment", fmt.Sprintf("%s, %s by %s", o.PaymentStatus, o.Total, o.PaymentMethod)},
		{"Placed", clock(o.PlacedAt)},
		{"Ships to", addressText(o.ShippingAddress)},
		{"E-mail", o.Email},
		{"Shipment", shipmentText(o.Shipment)},
		{"Attention", paint(wait, attentionText(o.Attention))},
	}
	if err := s.facts(facts); err != nil {
		return err
	}
	fmt.Fprintln(s)
	var lines [][]string
	for _, l := range o.Lines {
		lines = append(lines, []string{l.Name, l.SKU, fmt.Sprint(l.Quantity), l.UnitPrice.String(), l.Total.String()})
	}
	err := s.table([]column{{title: "ITEM", wraps: true}, {title: "SKU"}, {title: "QUANTITY", right: true}, {title: "PRICE", right: true}, {title: "TOTAL", right: true}}, lines)
	if err != nil {
		return err
	}
	fmt.Fprintln(s)
	var changes [][]string
	for _, c := range o.Timeline {
		changes = append(changes, o.change(c))
	}
	return s.table([]column{{title: "TIME"}, {title: "STATUS"}, {title: "WHAT HAPPENED", wraps: true}}, changes)
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

// facts prints names and values beside each other; those without a value are left out.
func (s *screen) facts(all [][]string) error {
	var rows [][]string
	for _, f := range all {
		if f[1] != "" {
			rows = append(rows, f)
		}
	}
	return s.table([]column{{}, {wraps: true}}, rows)
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
