package tasks

import (
	"context"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// renew runs the reconciler's renewal.
func (h *held) renew(t *testing.T) (bool, error) {
	t.Helper()
	return h.holds.renew(t.Context(), "ord_1", orderflow.By{At: h.now, Actor: "step:reconcile"})
}

// sixDaysOn returns an authorised order whose authorisation ends within a day.
func sixDaysOn(t *testing.T) *held {
	t.Helper()
	h := authorise(t)
	h.now = start.Add(6*24*time.Hour + time.Minute)
	return h
}

func TestHolds_renew(t *testing.T) {
	t.Parallel()
	h := sixDaysOn(t)
	for _, want := range []bool{true, false} {
		done, err := h.renew(t)
		wantCode(t, err, "")
		if done != want {
			t.Errorf("renewed %v, want %v", done, want)
		}
	}
	h.wantEnds(t, "voided", "")
	if o := h.load(t, "ord_1"); !o.Authorization.Until.Equal(h.now.Add(h.provider.holdFor)) {
		t.Errorf("authorised until %s", o.Authorization.Until)
	}
	h.dispatch(t)
	_, err := h.record.Handle(t.Context(), in)
	wantCode(t, err, "")
	h.wantEnds(t, "voided", "captured")
}

// A declined renewal marks the order, and the old authorisation stays.
func TestHolds_renew_declined(t *testing.T) {
	t.Parallel()
	h := sixDaysOn(t)
	h.provider.refuse = func(context.Context) bool { return true }
	for range 2 { // the second time, it is not due yet
		done, err := h.renew(t)
		wantCode(t, err, "")
		if done {
			t.Error("renewed by a declined attempt")
		}
	}
	h.wantEnds(t, "")
	if o := h.load(t, "ord_1"); o.Attention == nil || o.Attention.Code != string(orderflow.CodeAuthorizationLapsing) {
		t.Errorf("mark %+v", o.Attention)
	}
	h.dispatch(t)
	_, err := h.record.Handle(t.Context(), in)
	wantCode(t, err, "")
	h.wantEnds(t, "captured")
	if o := h.load(t, "ord_1"); o.Attention != nil {
		t.Errorf("mark %+v of a captured order", o.Attention)
	}
}

func TestHolds_renew_unavailable(t *testing.T) {
	t.Parallel()
	h := sixDaysOn(t)
	h.provider.before = fails(errUnavailable)
	_, err := h.renew(t)
	wantCode(t, err, orderflow.CodePaymentUnavailable)
	h.provider.before = nil
	_, err = h.renew(t)
	wantCode(t, err, "")
	h.wantEnds(t, "voided", "")
}

// The reply to the renewal is lost: whatever follows finds the new authorisation first.
func TestHolds_renew_lostReply(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		next func(t *testing.T, h *held) error
		ends []string
	}{
		{"renewed", func(t *testing.T, h *held) error { _, err := h.renew(t); return err }, []string{"voided", ""}},
		{"captured", func(t *testing.T, h *held) error {
			h.dispatch(t)
			_, err := h.record.Handle(t.Context(), in)
			return err
		}, []string{"voided", "captured"}},
		{"cancelled", func(t *testing.T, h *held) error {
			h.mustChange(cancelled)
			_, err := h.refund.Handle(t.Context(), in)
			return err
		}, []string{"voided", "voided"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := sixDaysOn(t)
			h.provider.after = fails(context.DeadlineExceeded)
			_, err := h.renew(t)
			wantCode(t, err, orderflow.CodePaymentUncertain)
			h.provider.after = nil
			wantCode(t, tt.next(t, h), "")
			h.wantEnds(t, tt.ends...)
		})
	}
}

// A cancel or a dispatch that was accepted first: the renewal does not begin.
func TestHolds_renew_raced(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		first func(o *orderflow.Order) error
	}{
		{"cancel", cancelled},
		{"dispatch", func(o *orderflow.Order) error { return o.Dispatch("Post", "T1", orderflow.By{At: start}) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := sixDaysOn(t)
			h.mustChange(func(o *orderflow.Order) error {
				return o.RequestShipment("shp_1", orderflow.Wait{Step: orderflow.StepRequestShipment, Token: "t"}, orderflow.By{At: start})
			})
			raced := false
			h.beforeCommit = func(context.Context) error {
				if raced {
					return nil
				}
				raced = true
				return h.change("ord_1", tt.first)
			}
			_, err := h.renew(t)
			wantCode(t, err, orderflow.CodeConflict)
			h.wantEnds(t, "")
			done, err := h.renew(t)
			wantCode(t, err, "")
			if done {
				t.Error("renewed afterwards")
			}
		})
	}
}

// The order was cancelled while the renewal was in flight, and the void did not see it: the
// invocation voids what it has made.
func TestHolds_renew_late(t *testing.T) {
	t.Parallel()
	h := sixDaysOn(t)
	h.provider.before = func(context.Context) error {
		h.provider.before = nil // the renewal's call is on its way for two minutes
		h.mustChange(cancelled)
		h.now = h.now.Add(2 * time.Minute)
		_, err := h.refund.Handle(t.Context(), in)
		return err
	}
	_, err := h.renew(t)
	wantCode(t, err, orderflow.CodeConflict)
	h.wantEnds(t, "voided", "voided")
	h.wantPayment(t, orderflow.PaymentNone, orderflow.PaymentVoided)
}
