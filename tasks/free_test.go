package tasks

import (
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// free returns a store with a free order whose stock is reserved, and a provider.
func free(t *testing.T) (*store, *provider, Charge, Refund) {
	t.Helper()
	s, now := newStore(), at(start)
	placePriced(t, s, 2, 3, "card", 0)
	if _, err := (Validate{s, s}).Handle(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if _, err := reserving(s, now).Handle(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	p := newProvider(now)
	return s, p, Charge{Orders: s, Ledger: s, Gateway: p, Now: now}, Refund{Orders: s, Steps: s, Ledger: s,
		Gateway: p, Now: now}
}

func TestCharge_Handle_nothingDue(t *testing.T) {
	t.Parallel()
	s, p, charge, refund := free(t)
	for range 2 {
		got, err := charge.Handle(t.Context(), in)
		wantCode(t, err, "")
		if got != (Charged{Receipt: orderflow.Receipt{Amount: orderflow.Money{Currency: "USD"}}}) {
			t.Errorf("got %+v", got)
		}
	}
	if o := s.load(t, "ord_1"); o.Status != orderflow.Paid || o.Sequence != 3 {
		t.Errorf("%s at %d", o.Status, o.Sequence)
	}
	s.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentNotDue)
	if _, err := (Ship{s, at(start)}).Handle(t.Context(), Input{OrderID: "ord_1", TaskToken: "token"}); err != nil {
		t.Errorf("not shipped: %v", err)
	}

	s.mustChange(cancelled)
	for range 2 {
		got, err := refund.Handle(t.Context(), in)
		wantCode(t, err, "")
		if got != (Refunded{}) {
			t.Errorf("released %+v", got)
		}
	}
	s.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentNotDue)
	if _, ok := s.payments["ord_1/refund"]; ok || p.calls > 0 {
		t.Errorf("ledger %v, %d calls of the provider", s.payments, p.calls)
	}
}

// A cancel wins before the step. A late invocation of the step must not call the provider either.
func TestCharge_Handle_nothingDueCancelled(t *testing.T) {
	t.Parallel()
	s, p, charge, refund := free(t)
	s.mustChange(cancelled)
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeOrderCancelled)
	_, err = refund.Handle(t.Context(), in)
	wantCode(t, err, "")
	_, err = charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeOrderCancelled)
	s.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentVoided)
	if p.calls > 0 {
		t.Errorf("%d calls of the provider", p.calls)
	}
}

func TestValidate_Handle_free(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*orderflow.Order)
		want   orderflow.Code
	}{
		{"free", func(*orderflow.Order) {}, ""},
		{"without a payment method", func(o *orderflow.Order) { o.PaymentMethod = "" }, ""},
		{"a free line and a priced one", func(o *orderflow.Order) {
			o.Lines[0].UnitPrice.Amount, o.Lines[0].Total.Amount, o.Total.Amount = 5, 10, 10
		}, ""},
		{"priced, without a payment method", func(o *orderflow.Order) {
			o.Lines[0].UnitPrice.Amount, o.Lines[0].Total.Amount, o.Total.Amount = 5, 10, 10
			o.PaymentMethod = ""
		}, orderflow.CodeInvalidOrder},
		{
			"a total that is not the lines'",
			func(o *orderflow.Order) { o.Lines[0].UnitPrice.Amount, o.Lines[0].Total.Amount = 5, 10 },
			orderflow.CodeInvalidOrder,
		},
		{"lines that cancel each other out", func(o *orderflow.Order) {
			o.Lines[0].UnitPrice.Amount, o.Lines[0].Total.Amount = -5, -10
			o.Total.Amount = -10
		}, orderflow.CodeInvalidOrder},
	} {
		s := newStore()
		placePriced(t, s, 2, 3, "card", 0)
		s.mustChange(func(o *orderflow.Order) error {
			tt.change(o)
			o.Sequence++
			return nil
		})
		_, err := Validate{s, s}.Handle(t.Context(), in)
		if got := orderflow.CodeOf(err); got != tt.want {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}
