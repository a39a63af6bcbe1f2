package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

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
			for range 2 { // run twice: the same notification twice
				got, err := Notify{Orders: s, Customers: s, Notifier: out}.Handle(t.Context(),
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
			if len(out.notes) != 2 || out.notes[0] != out.notes[1] || !strings.Contains(out.notes[0].Text, tt.text) ||
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
	n := Notify{Orders: s, Customers: s, Notifier: out}
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

// A step that waits for a person tells the customer, with the same id however often it is repeated.
// What cannot be sent is recorded, and sent later if it is still true.
func TestNotify_tell(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, id, text string
		waiting        func(t *testing.T, n Notifier) (*store, func(attempt int) error)
		answer         func(*orderflow.Order) error
	}{
		{"review", "ord_1/review", "is checked before it is packed", func(t *testing.T, n Notifier) (*store, func(int) error) {
			s, _, charge, _ := confirmed(t, "card")
			charge.Rules = everyOrder
			_, err := charge.Handle(t.Context(), canWait)
			wantCode(t, err, orderflow.CodeReviewRequired)
			return s, func(attempt int) error {
				_, err := Review{s, Notify{Orders: s, Customers: s, Notifier: n}, at(start)}.Handle(t.Context(),
					waitFor(fmt.Sprint("token", attempt), attempt))
				return err
			}
		}, approved},
		{
			"payment", "ord_1/payment/" + strconv.FormatInt(start.UnixMilli(), 10), "Please give another payment method for order ord_1 by ",
			func(t *testing.T, n Notifier) (*store, func(int) error) {
				s, _, _, _ := confirmed(t, "card")
				s.mustChange(func(o *orderflow.Order) error { return o.RequireMethod(orderflow.By{At: start, Message: "no"}) })
				return s, func(attempt int) error {
					in := Input{OrderID: "ord_1", TaskToken: fmt.Sprint("token", attempt), PaymentMethod: WaitInput{Seconds: 60}}
					in.Attempt.Retry = attempt
					_, err := PaymentMethod{s, Notify{Orders: s, Notifier: n}, at(start)}.Handle(t.Context(), in)
					return err
				}
			}, func(o *orderflow.Order) error { return o.GiveMethod("pm_2", orderflow.By{At: start}) },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out := &outbox{}
			s, step := tt.waiting(t, out)
			wantCode(t, step(0), "")
			wantCode(t, step(1), "")
			if len(out.notes) != 2 || out.notes[0] != out.notes[1] || out.notes[0].DedupeID != tt.id ||
				!strings.Contains(out.notes[0].Text, tt.text) {
				t.Fatalf("sent %+v", out.notes)
			}
			out.err = errLost
			wantCode(t, step(2), "")
			if o := s.load(t, "ord_1"); o.Unsent == nil || o.Attention == nil || o.Attention.Code != string(orderflow.CodeNotificationFailed) {
				t.Fatalf("unsent %+v, mark %+v", o.Unsent, o.Attention)
			}
			out.err, out.notes = nil, nil
			r, _, _, _ := reconciler(s, execution("RUNNING", 0))
			r.After, r.Notify.Notifier = 2*time.Hour, out
			if _, err := r.Handle(t.Context(), struct{}{}); err != nil || len(out.notes) != 1 {
				t.Fatalf("%v, sent %+v", err, out.notes)
			}
			if o := s.load(t, "ord_1"); o.Unsent != nil || o.Attention != nil {
				t.Errorf("unsent %+v, mark %+v", o.Unsent, o.Attention)
			}
			s.mustChange(tt.answer)
			wantCode(t, step(3), "")
			if len(out.notes) != 1 {
				t.Errorf("told although it is answered: %+v", out.notes[1:])
			}
		})
	}
}
