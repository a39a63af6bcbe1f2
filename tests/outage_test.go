package tests

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// TestOutage: orders wait while the payment provider is down, and are charged when it is back. No
// operator acts, and one alert tells of all of them. A cancel does not wait for the provider.
func TestOutage(t *testing.T) { inEachMode(t, testWaitForProvider) }

func testWaitForProvider(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--param", "OutageSeconds=600")...)
	events := s.listen()
	ada, olga := s.as("ada"), s.as("olga", "operators")
	var waiting []string
	for range 3 {
		waiting = append(waiting, ada.accepted(order("pm_sandbox_outage", item{"clock-wall-oak", 1})))
	}
	for _, id := range waiting {
		olga.marked(id, "WaitingForPaymentProvider")
	}
	if v := ada.ended(ada.accepted(order("pm_card_visa", item{"lamp-brass-desk", 1}))); v.Status != orderflow.Fulfilled {
		t.Errorf("an order that the provider does settle ended %s", v.Status)
	}
	for range 2 {
		var out struct{ Waiting, Marked int }
		if err := json.Unmarshal(s.invoke("ReconcileFunction", struct{}{}), &out); err != nil || out.Waiting != 3 || out.Marked != 0 {
			t.Errorf("reconciled %+v, %v", out, err)
		}
	}
	if alerts := s.alerts(); strings.Count(alerts, "WaitingForPaymentProvider") != 1 ||
		!strings.Contains(alerts, "3 orders worth ") {
		t.Errorf("alerts:\n%s", alerts)
	}
	ada.request(http.MethodPost, "/orders/"+waiting[2]+"/cancel", nil, nil).expect(http.StatusAccepted)
	if v := ada.ended(waiting[2]); v.Status != orderflow.Cancelled {
		t.Errorf("the cancelled order ended %s", v.Status)
	}
	s.outage(false)
	for _, id := range waiting[:2] {
		ada.ended(id)
		var v view
		olga.get("/ops/orders/" + id).expect(http.StatusOK).into(&v)
		if v.Status != orderflow.Fulfilled || v.Execution.RedriveCount != 0 || string(v.Attention) != "null" && v.Attention != nil {
			t.Errorf("order %s: %s, execution %+v, attention %s", id, v.Status, v.Execution.Execution, v.Attention)
		}
	}
	s.checkInvariants(events)
}

// alerts returns what was sent to operators.
func (s *system) alerts() string {
	s.t.Helper()
	return s.ok(s.t, []string{"notifications", "--topic", "alerts"}, "")
}
