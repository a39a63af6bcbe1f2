package tasks

import (
	"context"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// confirmed returns a store with an order whose stock is reserved, and a provider.
func confirmed(t *testing.T, method string) (*store, *provider, Charge, Refund) {
	t.Helper()
	s, now := newStore(), at(start)
	place(t, s, 1, 3, method)
	if _, err := reserving(s, now).Handle(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	p := newProvider(now)
	return s, p, Charge{Orders: s, Ledger: s, Gateway: p, Now: now, AtPlacement: true}, Refund{Orders: s, Steps: s, Ledger: s,
		Gateway: p, Now: now}
}

func fails(err error) func(context.Context) error { return func(context.Context) error { return err } }

func cancelled(o *orderflow.Order) error {
	return o.RequestCancel(orderflow.By{Actor: "customer:cus_1"})
}

func (s *store) wantPayment(t *testing.T, status orderflow.PaymentStatus, state orderflow.PaymentState) {
	t.Helper()
	if o := s.load(t, "ord_1"); o.PaymentStatus != status {
		t.Errorf("payment status %s, want %s", o.PaymentStatus, status)
	}
	if p := s.payments["ord_1/charge"]; p.State != state {
		t.Errorf("ledger %+v, want %s", p, state)
	}
}

func TestCharge_Handle(t *testing.T) {
	t.Parallel()
	s, p, charge, _ := confirmed(t, "card")
	var first Charged
	for i := range 3 {
		got, err := charge.Handle(t.Context(), in)
		wantCode(t, err, "")
		if i == 0 {
			first = got
		}
		if got != first || got.Amount != s.load(t, "ord_1").Total || got.ProviderID == "" {
			t.Errorf("got %+v, first %+v", got, first)
		}
	}
	if p.calls != 1 || len(p.captures) != 1 {
		t.Errorf("%d calls, %d captures", p.calls, len(p.captures))
	}
	s.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
	if o := s.load(t, "ord_1"); o.Status != orderflow.Paid {
		t.Errorf("status %s", o.Status)
	}
}

func TestCharge_Handle_declined(t *testing.T) {
	t.Parallel()
	s, p, charge, refund := confirmed(t, "declined")
	for range 2 {
		_, err := charge.Handle(t.Context(), in)
		wantCode(t, err, orderflow.CodePaymentDeclined)
	}
	if p.calls != 1 {
		t.Errorf("%d calls", p.calls)
	}
	s.wantPayment(t, orderflow.PaymentDeclined, orderflow.PaymentFailed)
	_, err := refund.Handle(t.Context(), in)
	wantCode(t, err, "")
	if len(p.refunds) > 0 {
		t.Error("refunded a declined charge")
	}
}

// The reply is lost but the money is captured: the retry looks the charge up first.
func TestCharge_Handle_lostReply(t *testing.T) {
	t.Parallel()
	s, p, charge, _ := confirmed(t, "card")
	p.after = fails(context.DeadlineExceeded)
	for range 2 { // the second time, the reply of Lookup is lost too
		_, err := charge.Handle(t.Context(), in)
		wantCode(t, err, orderflow.CodePaymentUncertain)
	}
	s.wantPayment(t, orderflow.PaymentUncertain, orderflow.PaymentStarted)
	n := s.load(t, "ord_1").Sequence
	p.after = nil
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, "")
	s.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
	if len(p.captures) != 1 {
		t.Errorf("%d captures", len(p.captures))
	}
	if o := s.load(t, "ord_1"); o.Sequence != n+1 {
		t.Errorf("uncertain was recorded more than once: %+v", o.Timeline)
	}
}

// A redrive after the provider has forgotten the idempotency key: the ledger and Lookup decide.
func TestCharge_Handle_redrivenLate(t *testing.T) {
	t.Parallel()
	_, p, charge, _ := confirmed(t, "card")
	p.after = fails(orderflow.Errorf(orderflow.CodePaymentUncertain, "lost"))
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUncertain)
	p.after = nil
	charge.Now = at(start.Add(13 * 24 * time.Hour))
	p.now = charge.Now
	_, err = charge.Handle(t.Context(), in)
	wantCode(t, err, "")
	if len(p.captures) != 1 {
		t.Errorf("%d captures", len(p.captures))
	}
}

func TestCharge_Handle_unavailable(t *testing.T) {
	t.Parallel()
	s, p, charge, refund := confirmed(t, "card")
	p.before = fails(errUnavailable)
	for range 2 {
		_, err := charge.Handle(t.Context(), in)
		wantCode(t, err, orderflow.CodePaymentUnavailable)
	}
	s.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentStarted)
	s.mustChange(cancelled)
	p.before = nil
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeOrderCancelled)
	_, err = refund.Handle(t.Context(), in) // without delay: no call is open
	wantCode(t, err, "")
	if len(p.captures)+len(p.refunds) > 0 {
		t.Errorf("captured %v, refunded %v", p.captures, p.refunds)
	}
}

// A cancel wins during the capture: the capture is recorded and refunded.
func TestCharge_Handle_cancelledMeanwhile(t *testing.T) {
	t.Parallel()
	s, p, charge, refund := confirmed(t, "card")
	p.after = func(context.Context) error { return s.change("ord_1", cancelled) }
	for range 2 {
		_, err := charge.Handle(t.Context(), in)
		wantCode(t, err, orderflow.CodeOrderCancelled)
		s.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
	}
	for range 2 {
		got, err := refund.Handle(t.Context(), in)
		wantCode(t, err, "")
		if got.Amount != s.load(t, "ord_1").Total {
			t.Errorf("refunded %+v", got)
		}
	}
	if len(p.captures) != 1 || len(p.refunds) != 1 {
		t.Errorf("captured %v, refunded %v", p.captures, p.refunds)
	}
	s.wantPayment(t, orderflow.PaymentRefunded, orderflow.PaymentSucceeded)
}

func TestCharge_Handle_wrongAmount(t *testing.T) {
	t.Parallel()
	s, p, charge, _ := confirmed(t, "card")
	p.captures = []capture{{
		key:     "ord_1/charge",
		Receipt: orderflow.Receipt{ProviderID: "pi_1", Amount: orderflow.Money{Amount: 1, Currency: "USD"}},
		at:      start,
	}}
	if _, err := charge.Handle(t.Context(), in); err == nil {
		t.Error("a capture of another amount was accepted")
	}
	if o := s.load(t, "ord_1"); o.Status != orderflow.Confirmed {
		t.Errorf("status %s", o.Status)
	}
}

// Two concurrent invocations: the second returns the result of the first.
func TestCharge_Handle_twiceAtOnce(t *testing.T) {
	t.Parallel()
	s, p, charge, _ := confirmed(t, "card")
	var inner Charged
	first := true
	p.after = func(ctx context.Context) (err error) {
		if first {
			first = false
			inner, err = charge.Handle(ctx, in)
		}
		return err
	}
	got, err := charge.Handle(t.Context(), in)
	wantCode(t, err, "")
	if got != inner || len(p.captures) != 1 {
		t.Errorf("got %+v and %+v, captures %v", got, inner, p.captures)
	}
	s.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
}

func TestRefund_Handle_nothingCharged(t *testing.T) {
	t.Parallel()
	s, p, charge, refund := confirmed(t, "card")
	_, err := refund.Handle(t.Context(), in)
	wantCode(t, err, "")
	if p.calls != 0 {
		t.Errorf("%d calls of the provider", p.calls)
	}
	_, err = charge.Handle(t.Context(), in) // late: no capture is allowed any more
	wantCode(t, err, orderflow.CodeOrderCancelled)
	if len(p.captures) > 0 {
		t.Error("captured after the charge was voided")
	}
	s.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentVoided)
}

// The process dies during the call, which may still take effect. Refund waits, then refunds the
// capture.
func TestRefund_Handle_openCall(t *testing.T) {
	t.Parallel()
	s, p, charge, refund := confirmed(t, "card")
	p.delay = func(context.Context) time.Duration { return 40 * time.Second }
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUncertain)
	s.mustChange(cancelled)
	_, err = refund.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUncertain)
	refund.Now = at(start.Add(45 * time.Second))
	p.now = refund.Now
	_, err = refund.Handle(t.Context(), in)
	wantCode(t, err, "")
	if len(p.captures) != 1 || len(p.refunds) != 1 {
		t.Errorf("captured %v, refunded %v", p.captures, p.refunds)
	}
	s.wantPayment(t, orderflow.PaymentRefunded, orderflow.PaymentSucceeded)
}

func TestRefund_Handle_callWithoutEffect(t *testing.T) {
	t.Parallel()
	s, p, charge, refund := confirmed(t, "card")
	p.before = fails(context.DeadlineExceeded)
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUncertain)
	p.before = nil
	s.mustChange(cancelled)
	refund.Now = at(start.Add(orderflow.UncertainFor))
	_, err = refund.Handle(t.Context(), in)
	wantCode(t, err, "")
	s.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentVoided)
}
