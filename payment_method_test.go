package orderflow

import (
	"testing"
	"time"
)

// TestOrder_GiveMethod: another payment method counts once, before the deadline and a cancel.
func TestOrder_GiveMethod(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	by := func(after time.Duration) By { return By{At: at.Add(after), Actor: "customer:ada"} }
	asked := func() *Order {
		o := &Order{ID: "ord_1", Status: Confirmed, StockStatus: StockReserved, PaymentMethod: "old", PaymentStatus: PaymentNone}
		if err := o.RequireMethod(by(0)); err != nil {
			t.Fatal(err)
		}
		if err := o.AwaitMethod(Wait{Step: StepAwaitPaymentMethod, Token: "t", Until: at.Add(time.Hour)}, by(0)); err != nil {
			t.Fatal(err)
		}
		return o
	}
	for _, tt := range []struct {
		name   string
		before func(*Order) error
		after  time.Duration
		code   Code
	}{
		{"in time", func(*Order) error { return nil }, time.Hour - 1, ""},
		{"too late", func(*Order) error { return nil }, time.Hour, CodeInvalidState},
		{"the same again", func(o *Order) error { return o.GiveMethod("new", by(1)) }, 2, ""},
		{"another after it", func(o *Order) error { return o.GiveMethod("other", by(1)) }, 2, CodeInvalidState},
		{"after a cancel", func(o *Order) error { return o.RequestCancel(by(1)) }, 2, CodeOrderCancelled},
		{"after the last decline", func(o *Order) error { o.SetPaymentStatus(PaymentDeclined, by(1)); return nil }, 2, CodeInvalidState},
		{"after the charge", func(o *Order) error { return o.Capture(by(1)) }, 2, CodeInvalidState},
		{"without a decline", func(o *Order) error { o.MethodRequest = nil; return nil }, 2, CodeInvalidState},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := asked()
			if a := o.Answer(); a != nil {
				t.Fatalf("answered before: %+v", a)
			}
			if err := tt.before(o); err != nil {
				t.Fatal(err)
			}
			sequence, err := o.Sequence, o.GiveMethod("new", by(tt.after))
			if CodeOf(err) != tt.code {
				t.Fatalf("got %v, want %s", err, tt.code)
			}
			if err != nil && o.Sequence != sequence {
				t.Error("a refused method changed the order")
			}
			if a := o.Answer(); err == nil && (a == nil || a.Code != "" || o.PaymentMethod != "new" || o.PaymentStatus != PaymentNone) {
				t.Errorf("answer %+v, method %s, payment %s", a, o.PaymentMethod, o.PaymentStatus)
			}
		})
	}
}

// TestOrder_RequireAction: the customer is asked to confirm a payment; the provider's answer, another
// method, a cancel or the end of the charge ends that.
func TestOrder_RequireAction(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	by := func(after time.Duration) By { return By{At: at.Add(after), Actor: "step:charge"} }
	asked := func() *Order {
		o := &Order{ID: "ord_1", Status: Confirmed, StockStatus: StockReserved, PaymentMethod: "old", PaymentStatus: PaymentDeclined}
		if err := o.RequireAction("secret", by(0)); err != nil {
			t.Fatal(err)
		}
		if err := o.AwaitMethod(Wait{Step: StepAwaitPaymentMethod, Token: "t", Until: at.Add(time.Hour)}, by(0)); err != nil {
			t.Fatal(err)
		}
		return o
	}
	o := asked()
	last := o.Timeline[len(o.Timeline)-1]
	if last.Type != OrderMethodRequested || last.Reason != string(CodePaymentActionRequired) || o.PaymentStatus != PaymentNone || o.Answer() != nil {
		t.Errorf("asked by %+v, payment %s, answer %+v", last, o.PaymentStatus, o.Answer())
	}
	if err := o.RequireAction("secret", by(1)); err != nil || o.Sequence != last.Sequence {
		t.Errorf("asked again: %v, sequence %d", err, o.Sequence)
	}
	if o.StockStatus = StockReleased; CodeOf(o.Close(by(1))) != CodeInvalidState {
		t.Error("an order was closed whose payment can still be confirmed")
	}
	for _, tt := range []struct {
		name   string
		before func(*Order) error
		heard  bool // the provider's webhook changes the order
	}{
		{"once", func(*Order) error { return nil }, true},
		{"twice", func(o *Order) error { o.CompleteAction(by(1)); return nil }, false},
		{"asked again", func(o *Order) error { o.CompleteAction(by(1)); return o.RequireAction("secret", by(2)) }, true},
		{"another method", func(o *Order) error { return o.GiveMethod("new", by(1)) }, false},
		{"a decline", func(o *Order) error { return o.RequireMethod(by(1)) }, false},
		{"charged", func(o *Order) error { return o.Capture(by(1)) }, false},
		{"cancelled", func(o *Order) error { return o.RequestCancel(by(1)) }, false},
	} {
		o := asked()
		if err := tt.before(o); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		sequence := o.Sequence
		o.CompleteAction(by(3))
		if heard := o.Sequence != sequence; heard != tt.heard || heard && o.Answer() == nil {
			t.Errorf("%s: heard %v, answer %+v", tt.name, heard, o.Answer())
		}
	}
}
