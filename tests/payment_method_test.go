package tests

import (
	"net/http"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

const declinedCard = "pm_card_chargeDeclinedInsufficientFunds"

// TestPaymentMethod: after a decline the customer may give another payment method, more than once,
// until the time is over or the order is cancelled. Nothing is charged twice.
func TestPaymentMethod(t *testing.T) { inEachMode(t, testPaymentMethod) }

func testPaymentMethod(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--param", "DeclinedPayment=ask", "--param", "PaymentMethodSeconds=20")...)
	events := s.listen()
	ada, ben := s.as("ada"), s.as("ben")
	pay := func(c *caller, id, method string) *answer {
		t.Helper()
		return c.request(http.MethodPost, "/orders/"+id+"/payment-method", nil, []byte(`{"paymentMethod":"`+method+`"}`))
	}
	place := func(method string) string {
		t.Helper()
		return ada.accepted(order(method, item{"clock-wall-oak", 1}))
	}
	asked := func(id string) {
		t.Helper()
		v := ada.until(id, "waits for another payment method", func(v view) bool {
			return v.MethodRequest != nil && v.MethodRequest.Deadline != ""
		})
		if v.Status != orderflow.Confirmed || v.PaymentStatus != orderflow.PaymentDeclined {
			t.Errorf("order %s waits as %s, %s", id, v.Status, v.PaymentStatus)
		}
	}
	late, paid, cancelled, good := place(declinedCard), place(declinedCard), place(declinedCard), place("pm_card_visa")
	for _, id := range []string{late, paid, cancelled} {
		asked(id)
	}
	pay(ben, paid, "pm_card_visa").problem(http.StatusNotFound, "NotFound")
	pay(ada, paid, "4242424242424242").problem(http.StatusUnprocessableEntity, "InvalidRequest")
	pay(ada, good, "pm_card_visa").problem(http.StatusConflict, "InvalidState")
	pay(ada, paid, "pm_card_chargeDeclined").expect(http.StatusAccepted)
	ada.until(paid, "is declined again", func(v view) bool {
		declines := 0
		for _, c := range v.Timeline {
			if c.Type == orderflow.OrderPaymentChanged && c.PaymentStatus == orderflow.PaymentDeclined {
				declines++
			}
		}
		return declines == 2
	})
	asked(paid)
	pay(ada, paid, "pm_card_visa").expect(http.StatusAccepted)
	pay(ada, paid, "pm_card_visa") // again: accepted, or refused because the charge is done
	if v := ada.ended(paid); v.Status != orderflow.Fulfilled || v.PaymentMethod != "pm_card_visa" || v.MethodRequest != nil {
		t.Errorf("paid at last: %s, by %s, %+v", v.Status, v.PaymentMethod, v.MethodRequest)
	}
	ada.request(http.MethodPost, "/orders/"+cancelled+"/cancel", nil, nil).expect(http.StatusAccepted)
	pay(ada, cancelled, "pm_card_visa").problem(http.StatusConflict, "OrderCancelled")
	if v := ada.ended(cancelled); v.Status != orderflow.Cancelled {
		t.Errorf("cancelled: %s", v.Status)
	}
	if v := ada.ended(late); v.Status != orderflow.Rejected || v.reason() != "PaymentDeclined" || v.PaymentStatus != orderflow.PaymentDeclined {
		t.Errorf("in vain: %s (%s), %s", v.Status, v.reason(), v.PaymentStatus)
	}
	pay(ada, late, "pm_card_visa").problem(http.StatusConflict, "InvalidState")
	s.checkInvariants(events)
}
