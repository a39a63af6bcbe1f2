package tasks

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// outbox is a Notifier and an Alerter that records its messages.
type outbox struct {
	notes  []orderflow.Notification
	alerts []orderflow.Alert
	err    error
}

func (o *outbox) Notify(_ context.Context, n orderflow.Notification) error {
	o.notes = append(o.notes, n)
	return o.err
}

func (o *outbox) Alert(_ context.Context, a orderflow.Alert) error {
	o.alerts = append(o.alerts, a)
	return o.err
}

func paid(o *orderflow.Order) error {
	if err := o.Confirm(orderflow.By{At: start}); err != nil {
		return err
	}
	return o.Capture(orderflow.By{At: start})
}

func TestNotify_Handle(t *testing.T) {
	t.Parallel()
	rejected := func(o *orderflow.Order) error { return o.Close(orderflow.By{Reason: "OutOfStock"}) }
	none := &orderflow.Notifications{}
	for _, tt := range []struct {
		name   string
		kind   orderflow.NotificationKind
		change func(o *orderflow.Order) error
		wants  *orderflow.Notifications // nil: no profile
		text   string                   // "": nothing is sent
	}{
		{"confirmed", "confirmed", nil, nil, "Order ord_1 for 2.00 USD is paid"},
		{"not wanted", "confirmed", nil, none, ""},
		{"wanted", "confirmed", nil, &orderflow.Notifications{OrderConfirmed: true}, "is paid"},
		{"confirmed, but cancelled meanwhile", "confirmed", cancelled, nil, ""},
		{
			"confirmed, but refunded meanwhile", "confirmed",
			func(o *orderflow.Order) error { o.Status = orderflow.Rejected; o.Sequence++; return nil }, nil, "",
		},
		{
			"confirmed, but dispatched meanwhile", "confirmed",
			func(o *orderflow.Order) error { o.Status = orderflow.Shipping; o.Sequence++; return nil }, nil, "",
		},
		{"shipped", "shipped", func(o *orderflow.Order) error {
			o.Shipment = &orderflow.Shipment{Carrier: "Post", TrackingNumber: "T1"}
			o.Sequence++
			return nil
		}, nil, "handed to Post. Tracking number: T1."},
		{
			"rejected", "closed", rejected, &orderflow.AllNotifications,
			"not everything in it is in stock. You were not charged.",
		},
		{"declined", "closed", func(o *orderflow.Order) error {
			o.SetPaymentStatus(orderflow.PaymentDeclined, orderflow.By{
				Reason: "PaymentDeclined", Message: "The card has expired.",
			})
			return o.Close(orderflow.By{Reason: "PaymentDeclined"})
		}, nil, "The card has expired. You were not charged."},
		{"free", "confirmed", func(o *orderflow.Order) error {
			o.Total.Amount = 0
			o.Sequence++
			return nil
		}, nil, "Order ord_1 is being packed. There is nothing to pay."},
		{"closed not wanted", "closed", rejected, none, ""},
		{"refunded", "closed", func(o *orderflow.Order) error {
			o.PaymentStatus = orderflow.PaymentRefunded
			if err := cancelled(o); err != nil {
				return err
			}
			return o.Close(orderflow.By{Reason: "OrderCancelled"})
		}, nil, "We cancelled it as you asked. 2.00 USD goes back to you."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, out := newStore(), &outbox{}
			place(t, s, 1, 3, "card")
			if tt.kind == "confirmed" {
				s.mustChange(paid)
			}
			if tt.change != nil {
				s.mustChange(tt.change)
			}
			if tt.wants != nil {
				s.customers["cus_1"] = orderflow.Customer{ID: "cus_1", Email: "ada@example.com", Notifications: *tt.wants}
			}
			for range 2 { // run twice: one notification
				got, err := Notify{Orders: s, Steps: s, Customers: s, Notifier: out}.Handle(t.Context(),
					Input{OrderID: "ord_1", Kind: tt.kind})
				wantCode(t, err, "")
				if got.Sent != (tt.text != "") || got.Kind != tt.kind {
					t.Errorf("got %+v", got)
				}
			}
			if tt.text == "" {
				if len(out.notes) > 0 {
					t.Errorf("sent %+v", out.notes)
				}
				return
			}
			if len(out.notes) != 1 || !strings.Contains(out.notes[0].Text, tt.text) ||
				out.notes[0].DedupeID != "ord_1/"+string(tt.kind) {
				t.Fatalf("sent %+v", out.notes)
			}
			raw, err := json.Marshal(out.notes[0])
			if err != nil || strings.Contains(string(raw), "ada@example.com") {
				t.Errorf("%s, %v", raw, err)
			}
		})
	}
}

func TestNotify_Handle_fails(t *testing.T) {
	t.Parallel()
	s, out := newStore(), &outbox{err: errLost}
	place(t, s, 1, 3, "card")
	s.mustChange(paid)
	n := Notify{Orders: s, Steps: s, Customers: s, Notifier: out}
	_, err := n.Handle(t.Context(), Input{OrderID: "ord_1", Kind: "confirmed"})
	wantCode(t, err, orderflow.CodeNotificationUnavailable)
	out.err = nil
	_, err = n.Handle(t.Context(), Input{OrderID: "ord_1", Kind: "confirmed"})
	wantCode(t, err, "")
	if len(out.notes) != 2 || out.notes[0] != out.notes[1] {
		t.Errorf("sent %+v", out.notes)
	}
	_, err = n.Handle(t.Context(), Input{OrderID: "ord_1", Kind: "birthday"})
	wantCode(t, err, orderflow.CodeInvalidState)
}
