package tasks

import (
	"context"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// cancelledPaid returns an order that was captured and then cancelled.
func cancelledPaid(t *testing.T) (*store, *provider, Refund) {
	t.Helper()
	s, p, charge, refund := confirmed(t, "card")
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, "")
	s.mustChange(cancelled)
	return s, p, refund
}

// A pending refund is visible, requested again, and paid once.
func TestRefund_Handle_pending(t *testing.T) {
	t.Parallel()
	s, p, refund := cancelledPaid(t)
	p.slow = fails(orderflow.Errorf(orderflow.CodeRefundPending, "on its way"))
	for range 3 {
		_, err := refund.Handle(t.Context(), in)
		wantCode(t, err, orderflow.CodeRefundPending)
		s.wantPayment(t, orderflow.PaymentRefundPending, orderflow.PaymentSucceeded)
	}
	n := s.load(t, "ord_1").Sequence
	if err := s.load(t, "ord_1").Close(orderflow.By{}); orderflow.CodeOf(err) != orderflow.CodeInvalidState {
		t.Errorf("closed while the money is on its way: %v", err)
	}
	p.slow = nil
	refund.Now = at(start.Add(13 * 24 * time.Hour)) // a late redrive
	_, err := refund.Handle(t.Context(), in)
	wantCode(t, err, "")
	s.wantPayment(t, orderflow.PaymentRefunded, orderflow.PaymentSucceeded)
	if o := s.load(t, "ord_1"); o.Sequence != n+1 || len(p.refunds) != 1 {
		t.Errorf("sequence %d after %d, refunds %v", o.Sequence, n, p.refunds)
	}
}

// A returned refund needs an operator. A redrive then sends it with a new key, but not earlier.
func TestRefund_Handle_failed(t *testing.T) {
	t.Parallel()
	s, p, refund := cancelledPaid(t)
	p.slow = once(spentKey(orderflow.CodeRefundFailed, true))
	_, err := refund.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeRefundFailed)
	s.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
	if got := s.payments["ord_1/refund"]; got.State != orderflow.PaymentStarted || got.RenewAt.IsZero() {
		t.Errorf("ledger %+v", got)
	}
	for range 2 {
		_, err = refund.Handle(t.Context(), in)
		wantCode(t, err, "")
	}
	if len(p.refunds) != 1 || p.refunds[0].Key != "ord_1/refund/2" {
		t.Errorf("refunds %v", p.refunds)
	}
	s.wantPayment(t, orderflow.PaymentRefunded, orderflow.PaymentSucceeded)
}

func TestRefund_Handle_pendingThenFailed(t *testing.T) {
	t.Parallel()
	s, p, refund := cancelledPaid(t)
	p.slow = once(orderflow.Errorf(orderflow.CodeRefundPending, "on its way"))
	_, err := refund.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeRefundPending)
	p.before = fails(spentKey(orderflow.CodeRefundFailed, true))
	_, err = refund.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeRefundFailed)
	s.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
}

// Two concurrent invocations: the second does not start another attempt.
func TestRefund_Handle_failedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s, p, refund := cancelledPaid(t)
	p.slow = once(spentKey(orderflow.CodeRefundFailed, true))
	_, err := refund.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeRefundFailed)
	first := true
	p.before = func(ctx context.Context) error {
		if !first {
			return nil
		}
		first = false
		_, err := refund.Handle(ctx, in)
		return err
	}
	_, err = refund.Handle(t.Context(), in)
	wantCode(t, err, "")
	if len(p.refunds) != 1 || s.payments["ord_1/refund"].Attempt != 2 {
		t.Errorf("refunds %v, ledger %+v", p.refunds, s.payments["ord_1/refund"])
	}
}
