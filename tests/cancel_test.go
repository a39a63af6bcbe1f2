package tests

import (
	"net/http"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// TestCancelFailed cancels orders whose executions have failed: no operator redrives them, and they
// end.
func TestCancelFailed(t *testing.T) { inEachMode(t, testCancelFailed) }

func testCancelFailed(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir())...)
	events := s.listen()
	cancelFailed(t, s)
	s.checkInvariants(events)
}

// cancelFailed has two executions fail by an outage of the provider. Customer and operator cancel
// the orders once the provider is back.
func cancelFailed(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	s.outage(true)
	byCustomer := ada.accepted(order("pm_sandbox_outage", item{"clock-wall-oak", 1}))
	byOperator := ada.accepted(order("pm_sandbox_outage", item{"clock-wall-oak", 1}))
	for _, id := range []string{byCustomer, byOperator} {
		eventually(t, "order "+id+" needs attention", func() bool { return olga.attends(id) })
	}
	s.outage(false)
	ada.request(http.MethodPost, "/orders/"+byCustomer+"/cancel", nil, nil).expect(http.StatusAccepted)
	reason := []byte(`{"reason":"the customer called"}`)
	for range 2 { // the second is a no-op
		olga.request(http.MethodPost, "/ops/orders/"+byOperator+"/cancel", nil, reason).expect(http.StatusAccepted)
	}
	ada.request(http.MethodPost, "/ops/orders/"+byOperator+"/cancel", nil, reason).problem(http.StatusForbidden, "OperatorsOnly")
	for _, id := range []string{byCustomer, byOperator} {
		if v := ada.ended(id); v.Status != orderflow.Cancelled || v.PaymentStatus != orderflow.PaymentNone {
			t.Errorf("order %s ended %s, payment %s", id, v.Status, v.PaymentStatus)
		}
	}
	if body := string(ada.get("/orders/" + byOperator).expect(http.StatusOK).Body); strings.Contains(body, "called") {
		t.Errorf("the customer sees the operator's reason: %s", body)
	}
	if body := string(olga.get("/ops/orders/" + byOperator).expect(http.StatusOK).Body); !strings.Contains(body, "the customer called") {
		t.Errorf("the timeline does not have the operator's reason: %s", body)
	}
	late := ada.accepted(order("pm_card_visa", item{"clock-wall-oak", 1}))
	ada.ended(late)
	olga.request(http.MethodPost, "/ops/orders/"+late+"/cancel", nil, reason).problem(http.StatusConflict, "TooLateToCancel")
}
