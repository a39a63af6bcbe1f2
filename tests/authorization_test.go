package tests

import (
	"net/http"
	"slices"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// TestAuthorization leaves orders waiting for the carrier while their authorisations end. Payments
// are checked with the provider's own records.
func TestAuthorization(t *testing.T) { inEachMode(t, testAuthorization) }

func testAuthorization(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--carrier", "external", "--param", "ReconcileAfterSeconds=0")...)
	events := s.listen()
	t.Run("renewed, then captured", func(t *testing.T) {
		c := s.in(t)
		id := c.reauthorize("pm_sandbox_short_hold")
		c.carrier(id, "dispatched").expect(http.StatusOK)
		if v := c.as("ada").ended(id); v.Status != orderflow.Fulfilled || v.PaymentStatus != orderflow.PaymentCaptured {
			t.Errorf("%s, payment %s", v.Status, v.PaymentStatus)
		}
	})
	t.Run("renewed, then cancelled", func(t *testing.T) {
		c := s.in(t)
		id, ada := c.reauthorize("pm_sandbox_short_hold"), c.as("ada")
		ada.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).expect(http.StatusAccepted)
		if v := ada.ended(id); v.Status != orderflow.Cancelled || v.PaymentStatus != orderflow.PaymentNone {
			t.Errorf("%s, payment %s", v.Status, v.PaymentStatus)
		}
	})
	t.Run("the renewal is declined", func(t *testing.T) {
		c := s.in(t)
		ada, olga := c.as("ada"), c.as("olga", "operators")
		id := ada.accepted(order("pm_sandbox_renewal_declined", item{"lamp-brass-desk", 1}))
		ada.waiting(id)
		eventually(t, "operators see the order", func() bool {
			c.invoke("ReconcileFunction", struct{}{})
			return olga.attends(id)
		})
		olga.marked(id, "AuthorizationLapsing")
		c.carrier(id, "dispatched").expect(http.StatusOK) // the first authorisation is still live
		if v := ada.ended(id); v.Status != orderflow.Fulfilled || v.PaymentStatus != orderflow.PaymentCaptured ||
			olga.attends(id) {
			t.Errorf("%s, payment %s, attention %v", v.Status, v.PaymentStatus, olga.attends(id))
		}
	})
	s.checkInvariants(events)
}

// TestCaptureAtPlacement captures at once, and refunds a cancelled order.
func TestCaptureAtPlacement(t *testing.T) { inEachMode(t, testCaptureAtPlacement) }

func testCaptureAtPlacement(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--carrier", "external", "--param", "CaptureAt=placement")...)
	events, ada := s.listen(), s.as("ada")
	shipped := ada.accepted(order("pm_card_visa", item{"lamp-brass-desk", 1}))
	cancelled := ada.accepted(order("pm_card_visa", item{"lamp-brass-desk", 1}))
	for _, id := range []string{shipped, cancelled} {
		if v := ada.waiting(id); v.PaymentStatus != orderflow.PaymentCaptured {
			t.Errorf("order %s waits with payment %s", id, v.PaymentStatus)
		}
	}
	s.carrier(shipped, "dispatched").expect(http.StatusOK)
	ada.request(http.MethodPost, "/orders/"+cancelled+"/cancel", nil, nil).expect(http.StatusAccepted)
	for id, want := range map[string]orderflow.PaymentStatus{
		shipped: orderflow.PaymentCaptured, cancelled: orderflow.PaymentRefunded,
	} {
		if v := ada.ended(id); v.PaymentStatus != want {
			t.Errorf("order %s ended %s, payment %s, want %s", id, v.Status, v.PaymentStatus, want)
		}
	}
	testRefundBeforeCancel(t, s)
	s.checkInvariants(events)
}

// testRefundBeforeCancel refunds a part of a paid order, which is cancelled then: the compensation
// refunds the rest. Afterwards a refund is refused.
func testRefundBeforeCancel(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	ada.waiting(id)
	olga.refund(id, `{"amount":{"amount":450,"currency":"USD"},"reason":"Sorry for the delay."}`).expect(http.StatusAccepted)
	ada.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).expect(http.StatusAccepted)
	if v := ada.ended(id); v.Status != orderflow.Cancelled || v.PaymentStatus != orderflow.PaymentRefunded {
		t.Errorf("%s, payment %s", v.Status, v.PaymentStatus)
	}
	olga.refund(id, `{"amount":{"amount":1,"currency":"USD"},"reason":"x"}`).problem(http.StatusConflict, "InvalidState")
	refunded := s.refundedBy(id)
	slices.Sort(refunded)
	if !slices.Equal(refunded, []int64{450, 1000}) {
		t.Errorf("refunded %v", refunded)
	}
}

// reauthorize places an order whose authorisation ends soon, and has the reconciler renew it.
func (s *system) reauthorize(method string) string {
	s.t.Helper()
	ada := s.as("ada")
	id := ada.accepted(order(method, item{"lamp-brass-desk", 1}))
	ada.waiting(id)
	eventually(s.t, "the authorisation of "+id+" is renewed", func() bool {
		s.invoke("ReconcileFunction", struct{}{})
		var v view
		ada.get("/orders/" + id).expect(http.StatusOK).into(&v)
		for _, c := range v.Timeline {
			if c.Type == orderflow.OrderPaymentChanged && c.PaymentStatus == orderflow.PaymentAuthorized {
				return true
			}
		}
		return false
	})
	return id
}
