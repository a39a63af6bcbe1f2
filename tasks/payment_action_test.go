package tasks

import (
	"context"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// completed is the webhook of the provider.
func completed(o *orderflow.Order) error {
	o.CompleteAction(orderflow.By{At: start, Actor: "provider"})
	return nil
}

// secured returns the parts of an order that waits for its customer's confirmation.
func secured(t *testing.T) (*store, *provider, Charge, Refund) {
	t.Helper()
	s, p, charge, refund := confirmed(t, "secured")
	_, err := charge.Handle(t.Context(), asking)
	wantCode(t, err, orderflow.CodePaymentMethodRequired)
	return s, p, charge, refund
}

// The payment is secured once the customer has confirmed it, whether the provider's webhook came or the
// time was over first.
func TestCharge_Handle_confirmed(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]Input{"told": asking, "not told": waitedLong} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p, charge, _ := secured(t)
			r := s.load(t, "ord_1").MethodRequest
			if r == nil || r.ClientSecret != "pi_1_secret" || !p.confirm(r.ClientSecret, true) {
				t.Fatalf("the customer is asked for %+v", r)
			}
			if name == "told" {
				s.mustChange(completed)
			}
			for range 2 {
				_, err := charge.Handle(t.Context(), in)
				wantCode(t, err, "")
			}
			p.wantKeys(t, "ord_1/charge")
			s.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
			if o := s.load(t, "ord_1"); o.MethodRequest != nil {
				t.Errorf("still asked: %+v", o.MethodRequest)
			}
		})
	}
}

// A webhook that tells of nothing new makes the step ask the customer again, for the same payment.
func TestCharge_Handle_notConfirmed(t *testing.T) {
	t.Parallel()
	s, p, charge, _ := secured(t)
	s.mustChange(completed)
	_, err := charge.Handle(t.Context(), asking)
	wantCode(t, err, orderflow.CodePaymentMethodRequired)
	if r := s.load(t, "ord_1").MethodRequest; !r.Open() || r.ClientSecret != "pi_1_secret" {
		t.Errorf("request %+v", r)
	}
	if len(p.actions) != 1 {
		t.Errorf("%d payments to confirm", len(p.actions))
	}
}

// Whatever ends the wait, the customer cannot confirm the payment afterwards.
func TestCharge_Handle_actionEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		before func(*store, *provider)
		in     Input
		code   orderflow.Code
		keys   []string
	}{
		{"in vain", nil, waitedLong, orderflow.CodePaymentDeclined, nil},
		{"failed", func(s *store, p *provider) {
			p.confirm("pi_1_secret", false)
			s.mustChange(completed)
		}, asking, orderflow.CodePaymentDeclined, nil},
		{"another method", func(s *store, _ *provider) { s.mustChange(given("card")) }, asking, "", []string{"ord_1/charge/2"}},
		{"another method at the end", func(s *store, _ *provider) { s.mustChange(given("card")) }, waitedLong, "", []string{"ord_1/charge/2"}},
		{"another method that is declined", func(s *store, _ *provider) { s.mustChange(given("declined")) }, asking, orderflow.CodePaymentDeclined, nil},
		{"another method, after a failure", func(s *store, p *provider) {
			p.confirm("pi_1_secret", false)
			s.mustChange(given("card"))
		}, asking, "", []string{"ord_1/charge/2"}},
		{"cancelled", func(s *store, _ *provider) { s.mustChange(cancelled) }, asking, orderflow.CodeOrderCancelled, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, p, charge, refund := secured(t)
			if tt.before != nil {
				tt.before(s, p)
			}
			_, err := charge.Handle(t.Context(), tt.in)
			wantCode(t, err, tt.code)
			if tt.code == orderflow.CodeOrderCancelled {
				_, err := refund.Handle(t.Context(), in)
				wantCode(t, err, "")
				s.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentVoided)
			}
			if tt.code == orderflow.CodePaymentDeclined {
				s.wantPayment(t, orderflow.PaymentDeclined, orderflow.PaymentFailed)
			}
			if p.confirm("pi_1_secret", true) {
				t.Error("the customer could confirm the payment afterwards")
			}
			p.wantKeys(t, tt.keys...)
		})
	}
}

// The reply is lost, or the process dies before it is saved: the next try finds the payment.
func TestCharge_Handle_actionLost(t *testing.T) {
	t.Parallel()
	s, p, charge, _ := confirmed(t, "secured")
	s.beforeCommit = failsOnce(2)
	_, err := charge.Handle(t.Context(), asking)
	wantCode(t, err, orderflow.CodeThrottled)
	_, err = charge.Handle(t.Context(), asking)
	wantCode(t, err, orderflow.CodePaymentMethodRequired)
	if r := s.load(t, "ord_1").MethodRequest; r == nil || r.ClientSecret != "pi_1_secret" || len(p.actions) != 1 {
		t.Errorf("request %+v, %d payments", r, len(p.actions))
	}
}

// failsOnce returns a hook whose nth call fails.
func failsOnce(nth int) func(context.Context) error {
	calls := 0
	return func(context.Context) error {
		if calls++; calls == nth {
			return errThrottled
		}
		return nil
	}
}

// An execution that cannot wait charges off session: a payment that needs a confirmation is declined.
func TestCharge_Handle_offSession(t *testing.T) {
	t.Parallel()
	s, p, charge, _ := confirmed(t, "secured")
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentDeclined)
	s.wantPayment(t, orderflow.PaymentDeclined, orderflow.PaymentFailed)
	if len(p.actions) > 0 {
		t.Errorf("%d payments to confirm", len(p.actions))
	}
}

// A call that reaches the provider after Refund has voided the entry leaves nothing to confirm.
func TestCharge_Handle_actionAfterVoid(t *testing.T) {
	t.Parallel()
	s, p, charge, refund := confirmed(t, "secured")
	now := start
	clock := Clock(func() time.Time { return now })
	charge.Now, refund.Now, p.now = clock, clock, clock
	slow := true
	p.before = func(context.Context) error {
		if !slow {
			return nil
		}
		slow = false // the call goes on when the order is given up
		s.mustChange(cancelled)
		now = now.Add(2 * orderflow.UncertainFor)
		_, err := refund.Handle(t.Context(), in)
		return err
	}
	_, err := charge.Handle(t.Context(), asking)
	wantCode(t, err, orderflow.CodeOrderCancelled)
	s.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentVoided)
	if len(p.actions) != 1 || p.open() != nil {
		t.Errorf("%d payments, to confirm: %+v", len(p.actions), p.open())
	}
}

// The decline of an earlier attempt, saved late, does not settle the next one, which is being charged.
func TestCharge_Handle_declineOfEarlierAttempt(t *testing.T) {
	t.Parallel()
	s, p, charge, _ := secured(t)
	late := charge
	p.confirm("pi_1_secret", false)
	calling, answer, done := make(chan bool), make(chan bool), make(chan error)
	reads := 0
	s.beforeRead = func(context.Context) error {
		if reads++; reads != 3 {
			return nil
		}
		// late has the provider's answer: now the customer gives another method, and its charge begins
		s.mustChange(given("card"))
		charge.Gateway = &slowCharge{p, calling, answer}
		go func() {
			_, err := charge.Handle(context.Background(), asking)
			done <- err
		}()
		<-calling
		return nil
	}
	_, err := late.Handle(t.Context(), asking)
	wantCode(t, err, orderflow.CodeConflict)
	close(answer)
	wantCode(t, <-done, "")
	p.wantKeys(t, "ord_1/charge/2")
	s.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
}

// slowCharge answers a charge when it may.
type slowCharge struct {
	Gateway
	calling, answer chan bool
}

func (g *slowCharge) Charge(ctx context.Context, c orderflow.Charge) (orderflow.Receipt, error) {
	g.calling <- true
	<-g.answer
	return g.Gateway.Charge(ctx, c)
}
