package tasks

import (
	"context"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// held is an order whose payment is authorised, and the tasks around it.
type held struct {
	*store
	provider *provider
	charge   Charge
	refund   Refund
	record   Record
	holds    holds
	now      time.Time
}

// authorise returns a confirmed order that was charged for the capture at dispatch.
func authorise(t *testing.T) *held {
	t.Helper()
	s, p, charge, refund := confirmed(t, "card")
	h := &held{store: s, provider: p, now: start}
	clock := Clock(func() time.Time { return h.now })
	charge.AtPlacement, charge.Now, refund.Now, p.now = false, clock, clock, clock
	h.charge, h.refund = charge, refund
	h.record = Record{Orders: s, Steps: s, Ledger: s, Gateway: p, Now: clock}
	h.holds = holds{orders: s, ledger: s, gateway: p, now: clock}
	for range 2 {
		got, err := charge.Handle(t.Context(), in)
		wantCode(t, err, "")
		if !got.HeldUntil.Equal(start.Add(p.holdFor)) {
			t.Errorf("held until %s", got.HeldUntil)
		}
	}
	h.wantPayment(t, orderflow.PaymentAuthorized, orderflow.PaymentHeld)
	return h
}

// dispatch has the carrier dispatch the goods.
func (h *held) dispatch(t *testing.T) {
	t.Helper()
	h.mustChange(func(o *orderflow.Order) error {
		by := orderflow.By{At: h.now}
		if err := o.RequestShipment("shp_1", orderflow.Wait{Step: orderflow.StepRequestShipment, Token: "t"}, by); err != nil {
			return err
		}
		return o.Dispatch("Post", "T1", by)
	})
}

// wantEnds checks how the authorisations ended; "" is one that is still open.
func (h *held) wantEnds(t *testing.T, want ...string) {
	t.Helper()
	if len(h.provider.holds) != len(want) {
		t.Fatalf("%d authorisations, want %q", len(h.provider.holds), want)
	}
	for i, hold := range h.provider.holds {
		if hold.end != want[i] {
			t.Errorf("authorisation %d ended %q, want %q", i+1, hold.end, want[i])
		}
	}
}

func TestRecord_Handle_captures(t *testing.T) {
	t.Parallel()
	h := authorise(t)
	h.dispatch(t)
	for range 2 {
		_, err := h.record.Handle(t.Context(), in)
		wantCode(t, err, "")
	}
	if len(h.provider.captures) != 1 || h.load(t, "ord_1").Status != orderflow.Fulfilled {
		t.Errorf("captures %v", h.provider.captures)
	}
	h.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
	h.wantEnds(t, "captured")
}

// The reply to the capture is lost: the retry finds it captured.
func TestRecord_Handle_lostReply(t *testing.T) {
	t.Parallel()
	h := authorise(t)
	h.dispatch(t)
	h.provider.after = fails(context.DeadlineExceeded)
	_, err := h.record.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUncertain)
	h.wantPayment(t, orderflow.PaymentAuthorized, orderflow.PaymentHeld)
	h.provider.after = nil
	_, err = h.record.Handle(t.Context(), in)
	wantCode(t, err, "")
	if len(h.provider.captures) != 1 {
		t.Errorf("captures %v", h.provider.captures)
	}
}

// The execution stood still until the authorisation had lapsed: another one is captured, and while
// the provider declines it, the order stays open.
func TestRecord_Handle_lapsed(t *testing.T) {
	t.Parallel()
	h := authorise(t)
	h.dispatch(t)
	h.now = start.Add(8 * 24 * time.Hour)
	h.provider.refuse = func(context.Context) bool { return true }
	_, err := h.record.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeAuthorizationLapsed)
	h.provider.refuse = nil
	_, err = h.record.Handle(t.Context(), in)
	wantCode(t, err, "")
	h.wantEnds(t, "voided", "captured")
	h.wantPayment(t, orderflow.PaymentCaptured, orderflow.PaymentSucceeded)
}

func TestRefund_Handle_voids(t *testing.T) {
	t.Parallel()
	h := authorise(t)
	h.mustChange(cancelled)
	for range 2 {
		got, err := h.refund.Handle(t.Context(), in)
		wantCode(t, err, "")
		if got.ProviderID != "" {
			t.Errorf("refunded %+v", got)
		}
	}
	h.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentVoided)
	h.wantEnds(t, "voided")
	if len(h.provider.refunds) > 0 {
		t.Error("an authorisation was refunded")
	}
	_, err := h.charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeOrderCancelled) // a late invocation
	h.wantEnds(t, "voided")
}

// The authorisation was captured by hand: what is captured is refunded.
func TestRefund_Handle_capturedByHand(t *testing.T) {
	t.Parallel()
	h := authorise(t)
	entry := h.payments["ord_1/charge"]
	if _, err := h.provider.Capture(t.Context(), entry.Hold()); err != nil {
		t.Fatal(err)
	}
	h.mustChange(cancelled)
	for range 2 {
		_, err := h.refund.Handle(t.Context(), in)
		wantCode(t, err, "")
	}
	h.wantPayment(t, orderflow.PaymentRefunded, orderflow.PaymentSucceeded)
	if len(h.provider.refunds) != 1 {
		t.Errorf("refunds %v", h.provider.refunds)
	}
}

// The authorisation ended before the redrive: it had no effect, so that another attempt follows.
func TestCharge_Handle_lapsedWithoutReply(t *testing.T) {
	t.Parallel()
	s, p, charge, _ := confirmed(t, "card")
	charge.AtPlacement, p.after = false, fails(context.DeadlineExceeded)
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUncertain)
	p.after, charge.Now = nil, at(start.Add(13*24*time.Hour))
	p.now = charge.Now
	_, err = charge.Handle(t.Context(), in)
	wantCode(t, err, "")
	s.wantPayment(t, orderflow.PaymentAuthorized, orderflow.PaymentHeld)
	if len(p.holds) != 2 || !p.holds[1].live(charge.Now()) || p.holds[1].key != "ord_1/charge/2" {
		t.Errorf("authorisations %+v", p.holds)
	}
}
