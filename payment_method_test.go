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
