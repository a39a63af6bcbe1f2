package tasks

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// captured returns a paid order of 200 (two units) and the tasks that refund it.
func captured(t *testing.T) (*store, *provider, Repay, Refund, *outbox) {
	t.Helper()
	s, p, charge, refund := confirmed(t, "card")
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, "")
	sent := &outbox{}
	return s, p, Repay{
		Orders: s, Ledger: s, Gateway: p, Now: at(start), Log: quiet,
		Notify: Notify{Orders: s, Customers: s, Notifier: sent},
	}, refund, sent
}

// asks returns the request of a refund.
func asks(id string, amount int64) func(*orderflow.Order) error {
	return func(o *orderflow.Order) error {
		_, err := o.RequestRefund(orderflow.RefundRequest{
			ID: id, Amount: &orderflow.Money{Amount: amount, Currency: "USD"},
		}, orderflow.By{At: start, Actor: "operator:olga", Reason: "sorry"})
		return err
	}
}

func repaying(id string) Batch { return events(`{"orderId":"ord_1","refundId":"` + id + `"}`) }

// deliver delivers the event of a refund and reports whether its message is done.
func (r Repay) deliver(t *testing.T, id string) bool {
	t.Helper()
	out, err := r.Handle(t.Context(), repaying(id))
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Failures) == 0
}

func (s *store) wantRefund(t *testing.T, id string, refund orderflow.RefundStatus, payment orderflow.PaymentStatus) {
	t.Helper()
	o := s.load(t, "ord_1")
	if r := o.FindRefund(id); r == nil || r.Status != refund || o.PaymentStatus != payment {
		t.Errorf("refund %+v of an order whose payment is %s, want %s and %s", r, o.PaymentStatus, refund, payment)
	}
}

// refunded sums up what the provider has paid back.
func (p *provider) refunded() (sum int64) {
	for _, r := range p.refunds {
		sum += r.Amount.Amount
	}
	return sum
}

// A refund is paid once and notified under one id, however often its event is delivered.
func TestRepay_Handle(t *testing.T) {
	t.Parallel()
	s, p, repay, _, sent := captured(t)
	s.mustChange(asks("rfd_1", 50))
	for range 3 {
		if !repay.deliver(t, "rfd_1") {
			t.Error("the message failed")
		}
		s.wantRefund(t, "rfd_1", orderflow.RefundSucceeded, orderflow.PaymentPartiallyRefunded)
	}
	entry := s.payments["ord_1/refund/rfd_1"]
	if p.refunded() != 50 || entry.State != orderflow.PaymentSucceeded || entry.Amount.Amount != 50 {
		t.Errorf("refunds %+v, ledger %+v", p.refunds, entry)
	}
	if len(sent.notes) != 3 || sent.notes[0] != sent.notes[1] || sent.notes[1] != sent.notes[2] || sent.notes[0].DedupeID != "ord_1/refunded/rfd_1" ||
		sent.notes[0].Text != "We refunded 0.50 USD of order ord_1." {
		t.Errorf("sent %+v", sent.notes)
	}
	if repay.deliver(t, "rfd_9") {
		t.Error("a refund that does not exist is done")
	}
}

// What has no outcome is delivered again, under the same key: the reply may be lost after the money
// was sent, or the record of it.
func TestRepay_Handle_faults(t *testing.T) {
	t.Parallel()
	lost := orderflow.Errorf(orderflow.CodePaymentUncertain, "lost")
	for name, fault := range map[string]func(*store, *provider){
		"unavailable": func(_ *store, p *provider) { p.before = once(orderflow.Errorf(orderflow.CodePaymentUnavailable, "x")) },
		"reply lost":  func(_ *store, p *provider) { p.after = once(lost) },
		"record failed": func(s *store, p *provider) {
			p.after = func(context.Context) error { s.beforeCommit = once(errLost); return nil }
		},
		"record lost": func(s *store, p *provider) {
			p.after = func(context.Context) error { s.afterCommit = once(errLost); return nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p, repay, _, sent := captured(t)
			s.mustChange(asks("rfd_1", 50))
			fault(s, p)
			if repay.deliver(t, "rfd_1") {
				t.Error("the message is done")
			}
			p.before, p.after = nil, nil
			if !repay.deliver(t, "rfd_1") {
				t.Error("the message failed again")
			}
			s.wantRefund(t, "rfd_1", orderflow.RefundSucceeded, orderflow.PaymentPartiallyRefunded)
			if p.refunded() != 50 || len(p.refunds) != 1 || p.refunds[0].Key != "ord_1/refund/rfd_1" || len(sent.notes) != 1 {
				t.Errorf("refunds %+v, sent %+v", p.refunds, sent.notes)
			}
		})
	}
}

// Accepted is not refunded: a pending refund is marked, asked about again, and recorded once.
func TestRepay_Handle_pending(t *testing.T) {
	t.Parallel()
	s, p, repay, _, sent := captured(t)
	s.mustChange(asks("rfd_1", 50))
	p.slow = fails(orderflow.Errorf(orderflow.CodeRefundPending, "on its way"))
	for range 2 {
		if !repay.deliver(t, "rfd_1") {
			t.Error("the message failed")
		}
		s.wantRefund(t, "rfd_1", orderflow.RefundPending, orderflow.PaymentCaptured)
	}
	if o := s.load(t, "ord_1"); o.Attention == nil || o.Attention.Code != string(orderflow.CodeRefundUnsettled) || len(sent.notes) > 0 {
		t.Errorf("mark %+v, sent %+v", o.Attention, sent.notes)
	}
	p.slow = nil
	repay.deliver(t, "rfd_1")
	s.wantRefund(t, "rfd_1", orderflow.RefundSucceeded, orderflow.PaymentPartiallyRefunded)
	if o := s.load(t, "ord_1"); o.Attention != nil || p.refunded() != 50 || len(sent.notes) != 1 {
		t.Errorf("mark %+v, refunds %+v, sent %+v", o.Attention, p.refunds, sent.notes)
	}
}

// A failed refund waits for an operator, and is retried under another key.
func TestRepay_Handle_failed(t *testing.T) {
	t.Parallel()
	s, p, repay, _, _ := captured(t)
	s.mustChange(asks("rfd_1", 50))
	p.slow = once(spentKey(orderflow.CodeRefundFailed, true))
	for range 2 {
		repay.deliver(t, "rfd_1")
		s.wantRefund(t, "rfd_1", orderflow.RefundFailed, orderflow.PaymentCaptured)
	}
	if o := s.load(t, "ord_1"); o.Attention == nil || o.Attention.Code != string(orderflow.CodeRefundReturned) || len(p.refunds) > 0 {
		t.Errorf("mark %+v, refunds %+v", o.Attention, p.refunds)
	}
	s.mustChange(func(o *orderflow.Order) error { return o.RetryRefund("rfd_1", orderflow.By{At: start}) })
	repay.deliver(t, "rfd_1")
	s.wantRefund(t, "rfd_1", orderflow.RefundSucceeded, orderflow.PaymentPartiallyRefunded)
	if len(p.refunds) != 1 || p.refunds[0].Key != "ord_1/refund/rfd_1/2" {
		t.Errorf("refunds %+v", p.refunds)
	}
}

// An operator's refund and a cancel race. If the refund comes first, the compensation carries it
// out and refunds the rest; if the cancel comes first, the refund is refused. Together they refund
// what was captured.
func TestRefund_Handle_besideOperators(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		changes changes
		deliver bool // the refund's event comes before the compensation
		want    []int64
	}{
		{"refund first, carried out", changes{asks("rfd_1", 50), cancelled}, true, []int64{50, 150}},
		{"refund first, its event late", changes{asks("rfd_1", 50), cancelled}, false, []int64{50, 150}},
		{"cancel first", changes{cancelled, refusedRefund}, false, []int64{200}},
		{"two refunds, then a cancel", changes{asks("rfd_1", 50), asks("rfd_2", 149), cancelled}, false, []int64{50, 149, 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, p, repay, refund, _ := captured(t)
			for _, change := range tt.changes {
				s.mustChange(change)
			}
			if tt.deliver {
				repay.deliver(t, "rfd_1")
			}
			for range 2 {
				_, err := refund.Handle(t.Context(), in)
				wantCode(t, err, "")
			}
			if s.load(t, "ord_1").FindRefund("rfd_1") != nil && !repay.deliver(t, "rfd_1") {
				t.Error("the late message failed")
			}
			var got []int64
			for _, r := range p.refunds {
				got = append(got, r.Amount.Amount)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("refunded %v, want %v", got, tt.want)
			}
			s.wantPayment(t, orderflow.PaymentRefunded, orderflow.PaymentSucceeded)
		})
	}
}

// refusedRefund is a request of a refund that must be refused.
func refusedRefund(o *orderflow.Order) error {
	if err := asks("rfd_1", 50)(o); orderflow.CodeOf(err) != orderflow.CodeInvalidState {
		return fmt.Errorf("refund requested after a cancel: %v", err)
	}
	return nil
}

// A failed operator's refund stops the compensation until an operator retries or acknowledges it.
func TestRefund_Handle_failedRefundOfOperator(t *testing.T) {
	t.Parallel()
	s, p, repay, refund, _ := captured(t)
	s.mustChange(asks("rfd_1", 50))
	p.slow = once(spentKey(orderflow.CodeRefundFailed, true))
	repay.deliver(t, "rfd_1")
	s.mustChange(cancelled)
	_, err := refund.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeRefundFailed)
	s.mustChange(func(o *orderflow.Order) error { return o.RetryRefund("rfd_1", orderflow.By{At: start}) })
	_, err = refund.Handle(t.Context(), in)
	wantCode(t, err, "")
	if p.refunded() != 200 {
		t.Errorf("refunds %+v", p.refunds)
	}
}

// Random refunds, cancels, compensations, repeated events and faults: the provider never pays back
// more than it captured, and exactly that once the order is given up.
func TestRepay_Handle_random(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		s, p, repay, refund, _ := captured(t)
		now := start
		repay.Now, refund.Now, p.now = func() time.Time { return now }, func() time.Time { return now }, func() time.Time { return now }
		fault := func(context.Context) error {
			if rnd.IntN(4) > 0 {
				return nil
			}
			return []error{
				orderflow.Errorf(orderflow.CodePaymentUncertain, "lost"), orderflow.Errorf(orderflow.CodePaymentUnavailable, "down"),
				errConflict,
			}[rnd.IntN(3)]
		}
		p.before, p.after, s.beforeCommit, s.afterCommit = fault, fault, fault, fault
		for range 25 {
			now = now.Add(time.Minute)
			id := fmt.Sprintf("rfd_%d", rnd.IntN(3))
			switch rnd.IntN(8) {
			case 0, 1:
				if s.load(t, "ord_1").FindRefund(id) == nil {
					_ = s.change("ord_1", asks(id, rnd.Int64N(150)))
				}
			case 2:
				if rnd.IntN(4) == 0 {
					s.mustChange(cancelled)
				}
			case 3:
				_, _ = refund.Handle(t.Context(), in)
			default:
				_, _ = repay.Handle(t.Context(), repaying(id))
			}
			if p.refunded() > 200 {
				t.Fatalf("seed %d: refunded %+v of 200", seed, p.refunds)
			}
		}
		p.before, p.after, s.beforeCommit, s.afterCommit = nil, nil, nil, nil
		settleRefunds(t, seed, s, p, repay, refund)
	}
}

func settleRefunds(t *testing.T, seed uint64, s *store, p *provider, repay Repay, refund Refund) {
	t.Helper()
	for _, r := range s.load(t, "ord_1").Refunds {
		repay.deliver(t, r.ID)
	}
	o := s.load(t, "ord_1")
	want := o.Total.Amount - o.RefundLeft().Paid()
	if o.Cancel != nil {
		_, err := refund.Handle(t.Context(), in)
		wantCode(t, err, "")
		want = o.Total.Amount
	}
	if o = s.load(t, "ord_1"); p.refunded() != want || o.HasOpenRefund() || o.Cancel != nil && o.PaymentStatus != orderflow.PaymentRefunded {
		t.Fatalf("seed %d: refunded %+v, want %d; payment %s", seed, p.refunds, want, o.PaymentStatus)
	}
}

// The reconciler requests a lost refund again, alerts to a failed one, and removes its dead letter
// once it is done.
func TestReconcile_Handle_refunds(t *testing.T) {
	t.Parallel()
	s, p, repay, _, _ := captured(t)
	s.mustChange(asks("rfd_1", 50))
	r, _, _, alerts := reconciler(s, execution("RUNNING", 0))
	r.After = 3 * time.Minute
	held := &letters{}
	held.add("m1", `{"orderId":"ord_1","refundId":"rfd_1"}`)
	r.RepayLetters = held
	got, err := r.Handle(t.Context(), struct{}{})
	if err != nil || got.Refunds != 1 || got.Letters != 1 {
		t.Errorf("lost: %+v, %v", got, err)
	}
	o := s.load(t, "ord_1")
	if last := o.Timeline[len(o.Timeline)-1]; last.Type != orderflow.OrderRefundRenewed || last.RefundID != "rfd_1" {
		t.Errorf("last change %+v", last)
	}
	p.slow = once(spentKey(orderflow.CodeRefundFailed, true))
	repay.deliver(t, "rfd_1")
	for range 2 {
		if got, err = r.Handle(t.Context(), struct{}{}); err != nil || got.StuckSeconds == 0 {
			t.Errorf("failed: %+v, %v", got, err)
		}
	}
	if len(alerts.alerts) != 1 || alerts.alerts[0].RefundID != "rfd_1" || len(held.held) != 0 {
		t.Errorf("alerts %+v, letters %+v", alerts.alerts, held.held)
	}
}
