package tasks

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// once returns the error on the first call and nil afterwards.
func once(err error) func(context.Context) error {
	return func(context.Context) error {
		was := err
		err = nil
		return was
	}
}

func spentKey(code orderflow.Code, proven bool) error {
	return &orderflow.KeySpent{Err: orderflow.Errorf(code, "from the provider"), Proven: proven}
}

// saved answers every charge with the first key with one error, which the provider keeps for a day.
func saved(t *testing.T, err error) (*store, *provider, Charge, Refund, *time.Time) {
	t.Helper()
	s, p, charge, refund := confirmed(t, "card")
	now := start
	clock := Clock(func() time.Time { return now })
	charge.Now, refund.Now, p.now = clock, clock, clock
	p.spoil = once(err)
	return s, p, charge, refund, &now
}

func (p *provider) wantKeys(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, c := range p.captures {
		got = append(got, c.key)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("captured under %v, want %v", got, want)
	}
}

// openCall returns the ledger entry of a charge that was called and got no reply.
func openCall(o *orderflow.Order) orderflow.Payment {
	return orderflow.Payment{
		OrderID: o.ID, Step: orderflow.ChargeStep, State: orderflow.PaymentStarted, Amount: o.Total, StartedAt: start,
		CalledAt: start, Revision: 1,
	}
}

// A temporary decline is proof: the next call is a new attempt without delay.
func TestCharge_Handle_declinedForNow(t *testing.T) {
	t.Parallel()
	s, p, charge, _, _ := saved(t, spentKey(orderflow.CodePaymentUnavailable, true))
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUnavailable)
	s.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentStarted)
	_, err = charge.Handle(t.Context(), in)
	wantCode(t, err, "")
	p.wantKeys(t, "ord_1/charge/2")
	if got := s.payments["ord_1/charge"]; got.Attempt != 2 || !got.RenewAt.IsZero() {
		t.Errorf("ledger %+v", got)
	}
}

// The process dies after a temporary decline: a lookup returns the decline.
func TestCharge_Handle_declinedForNowUnheard(t *testing.T) {
	t.Parallel()
	s, p, charge, _, _ := saved(t, nil)
	p.saved["ord_1/charge"] = spentKey(orderflow.CodePaymentUnavailable, true)
	s.payments["ord_1/charge"] = openCall(s.load(t, "ord_1"))
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, "")
	p.wantKeys(t, "ord_1/charge/2")
}

// A saved server error is no proof: the key stays until the call can no longer take effect, and the
// provider knows no charge.
func TestCharge_Handle_savedError(t *testing.T) {
	t.Parallel()
	for _, code := range []orderflow.Code{orderflow.CodePaymentUncertain, orderflow.CodePaymentUnavailable} {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			s, p, charge, _, now := saved(t, spentKey(code, false))
			for range 3 { // repeated errors do not delay the next attempt
				_, err := charge.Handle(t.Context(), in)
				wantCode(t, err, code)
				if got := s.payments["ord_1/charge"]; got.Attempt > 1 ||
					!got.RenewAt.Equal(start.Add(orderflow.UncertainFor)) {
					t.Fatalf("at %s: ledger %+v", *now, got)
				}
				*now = now.Add(29 * time.Second)
			}
			*now = start.Add(orderflow.UncertainFor)
			_, err := charge.Handle(t.Context(), in)
			wantCode(t, err, "")
			p.wantKeys(t, "ord_1/charge/2")
			s.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
		})
	}
}

// The provider returned an error but captured the charge.
func TestCharge_Handle_savedErrorAndCaptured(t *testing.T) {
	t.Parallel()
	s, p, charge, _, now := saved(t, spentKey(orderflow.CodePaymentUncertain, false))
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUncertain)
	receipt := orderflow.Receipt{ProviderID: "pi_late", Amount: s.load(t, "ord_1").Total}
	p.captures = append(p.captures, capture{key: "ord_1/charge", Receipt: receipt, at: start})
	*now = start.Add(time.Hour)
	got, err := charge.Handle(t.Context(), in)
	wantCode(t, err, "")
	if got.ProviderID != "pi_late" {
		t.Errorf("charged %+v", got)
	}
	p.wantKeys(t, "ord_1/charge")
}

// A process that dies during a call leaves an entry that does not rely on an earlier reply.
func TestCharge_Handle_diesInCallAfterSavedError(t *testing.T) {
	t.Parallel()
	s, p, charge, _, now := saved(t, spentKey(orderflow.CodePaymentUnavailable, false))
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUnavailable)
	delete(p.saved, "ord_1/charge")
	p.after = func(context.Context) error {
		s.beforeCommit = fails(errLost)
		return errLost
	}
	p.before = once(nil)
	*now = start.Add(10 * time.Second)
	if _, err = charge.Handle(t.Context(), in); err == nil {
		t.Fatal("charged")
	}
	if got := s.payments["ord_1/charge"]; !got.RenewAt.IsZero() || !got.CalledAt.Equal(*now) {
		t.Errorf("ledger %+v", got)
	}
}

// A call without effect leaves an earlier reply as it was.
func TestCharge_Handle_unavailableAfterSavedError(t *testing.T) {
	t.Parallel()
	s, p, charge, _, now := saved(t, spentKey(orderflow.CodePaymentUncertain, false))
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUncertain)
	before := s.payments["ord_1/charge"]
	p.saved["ord_1/charge"] = errUnavailable // too many requests
	*now = start.Add(10 * time.Second)
	_, err = charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUnavailable)
	if got := s.payments["ord_1/charge"]; !got.RenewAt.Equal(before.RenewAt) || !got.CalledAt.Equal(before.CalledAt) {
		t.Errorf("ledger %+v, before %+v", got, before)
	}
}

// A lost reply invalidates the proof of an earlier reply: the call may take effect.
func TestCharge_Handle_openCallAfterSavedError(t *testing.T) {
	t.Parallel()
	s, p, charge, _, now := saved(t, spentKey(orderflow.CodePaymentUnavailable, false))
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUnavailable)
	delete(p.saved, "ord_1/charge") // the reply was not saved after all, and the cause is fixed
	p.delay = func(context.Context) time.Duration { return 40 * time.Second }
	*now = start.Add(50 * time.Second)
	_, err = charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUncertain)
	p.delay = nil
	for _, later := range []time.Duration{70, 95} {
		*now = start.Add(later * time.Second)
		_, err = charge.Handle(t.Context(), in)
	}
	wantCode(t, err, "")
	p.wantKeys(t, "ord_1/charge")
	s.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
}

// A cancel after a temporarily declined attempt: there is nothing to wait for and nothing to
// refund.
func TestRefund_Handle_declinedForNow(t *testing.T) {
	t.Parallel()
	s, p, charge, refund, _ := saved(t, spentKey(orderflow.CodePaymentUnavailable, true))
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUnavailable)
	s.mustChange(cancelled)
	_, err = charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeOrderCancelled)
	_, err = refund.Handle(t.Context(), in)
	wantCode(t, err, "")
	p.wantKeys(t)
	s.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentVoided)
}

// The process dies after a temporary decline, and a cancel wins: the provider's decline suffices.
func TestRefund_Handle_declinedForNowUnheard(t *testing.T) {
	t.Parallel()
	s, p, _, refund, _ := saved(t, nil)
	p.saved["ord_1/charge"] = spentKey(orderflow.CodePaymentUnavailable, true)
	s.payments["ord_1/charge"] = openCall(s.load(t, "ord_1"))
	s.mustChange(cancelled)
	_, err := refund.Handle(t.Context(), in)
	wantCode(t, err, "")
	s.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentVoided)
}

// An invocation that resumes after the order has ended does not change it.
func TestCharge_Handle_uncertainLate(t *testing.T) {
	t.Parallel()
	s, p, charge, refund, now := saved(t, nil)
	p.spoil = func(ctx context.Context) error {
		return orderflow.Errorf(orderflow.CodePaymentUncertain, "lost")
	}
	first := true
	s.beforeCommit = func(ctx context.Context) error {
		if !first || s.payments["ord_1/charge"].State != orderflow.PaymentStarted {
			return nil
		}
		first = false // the call is lost, and the order ends before that is recorded
		s.mustChange(cancelled)
		*now = start.Add(2 * orderflow.UncertainFor)
		if _, err := refund.Handle(ctx, in); err != nil {
			return err
		}
		return s.change("ord_1", func(o *orderflow.Order) error {
			o.ReleaseStock(orderflow.By{})
			return o.Close(orderflow.By{})
		})
	}
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeOrderCancelled)
	if o := s.load(t, "ord_1"); o.Status != orderflow.Cancelled || o.PaymentStatus != orderflow.PaymentNone {
		t.Errorf("%s, payment %s", o.Status, o.PaymentStatus)
	}
}

func TestCharge_Handle_declinedMessage(t *testing.T) {
	t.Parallel()
	const why = "The amount is below what this payment method accepts."
	s, p, charge, _, _ := saved(t, nil)
	p.spoil = fails(&orderflow.Error{Code: orderflow.CodePaymentDeclined, Message: "amount_too_small", Public: why})
	for range 2 { // the second time, the ledger has the outcome
		_, err := charge.Handle(t.Context(), in)
		wantCode(t, err, orderflow.CodePaymentDeclined)
		if orderflow.MessageOf(err) != "amount_too_small" || orderflow.PublicOf(err) != why {
			t.Errorf("got %v, public %q", err, orderflow.PublicOf(err))
		}
	}
	o := s.load(t, "ord_1")
	if last := o.Timeline[len(o.Timeline)-1]; last.Reason != "PaymentDeclined" || last.Message != why {
		t.Errorf("timeline ends %+v", last)
	}
	if got := s.payments["ord_1/charge"]; got.Reason != "amount_too_small" || got.PublicReason != why {
		t.Errorf("ledger %+v", got)
	}
}
