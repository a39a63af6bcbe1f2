package tests

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// TestPaymentAction: an order whose payment the customer must confirm waits for that, goes on when the
// provider tells of it, and ends when it fails, comes too late, or the order is cancelled. Nothing can be
// confirmed afterwards.
func TestPaymentAction(t *testing.T) { inEachMode(t, testPaymentAction) }

func testPaymentAction(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--param", "PaymentMethodSeconds=20")...)
	events := s.listen()
	ada, ben, olga := s.as("ada"), s.as("ben"), s.as("olga", "operators")
	var ids []string
	for range 5 {
		ids = append(ids, ada.accepted(order("pm_card_authenticationRequired", item{"clock-wall-oak", 1})))
	}
	secrets := map[string]string{}
	for _, id := range ids {
		v := ada.until(id, "waits for the customer's confirmation", func(v view) bool {
			return v.MethodRequest != nil && v.MethodRequest.Deadline != ""
		})
		if v.Status != orderflow.Confirmed || v.PaymentStatus != orderflow.PaymentNone || v.MethodRequest.ClientSecret == "" {
			t.Errorf("order %s waits as %s, %s, %+v", id, v.Status, v.PaymentStatus, v.MethodRequest)
		}
		secrets[id] = v.MethodRequest.ClientSecret
	}
	confirmed, failed, late, cancelled, another := ids[0], ids[1], ids[2], ids[3], ids[4]
	ben.get("/orders/"+confirmed).problem(http.StatusNotFound, "NotFound")
	if shown := olga.get("/ops/orders/" + confirmed).expect(http.StatusOK); strings.Contains(string(shown.Body), secrets[confirmed]) {
		t.Error("an operator sees the client secret")
	}
	s.confirm(secrets[confirmed], true, http.StatusNoContent)
	s.confirm(secrets[confirmed], true, http.StatusNoContent) // the provider tells of it again
	s.confirm(secrets[failed], false, http.StatusNoContent)
	s.confirm("pi_sandbox_1_secret_1", true, http.StatusNotFound)
	ada.request(http.MethodPost, "/orders/"+cancelled+"/cancel", nil, nil).expect(http.StatusAccepted)
	ada.request(http.MethodPost, "/orders/"+another+"/payment-method", nil, []byte(`{"paymentMethod":"pm_card_visa"}`)).expect(http.StatusAccepted)
	for id, want := range map[string]orderflow.Status{
		confirmed: orderflow.Fulfilled, failed: orderflow.Rejected, late: orderflow.Rejected, cancelled: orderflow.Cancelled, another: orderflow.Fulfilled,
	} {
		v := ada.ended(id)
		if v.Status != want || want == orderflow.Rejected && v.reason() != "PaymentDeclined" || v.MethodRequest != nil {
			t.Errorf("order %s ended %s (%s), want %s", id, v.Status, v.reason(), want)
		}
		if last := v.Timeline[len(v.Timeline)-1].Message; id == late && last != "The payment was not confirmed in time." {
			t.Errorf("the customer reads %q", last)
		}
		if id != confirmed && id != failed {
			s.confirm(secrets[id], true, http.StatusConflict)
		}
	}
	s.checkInvariants(events)
}

// confirm confirms a payment on the sandbox provider's page, or fails to.
func (s *system) confirm(clientSecret string, succeeds bool, want int) {
	s.t.Helper()
	body := fmt.Appendf(nil, `{"clientSecret":%q,"succeeds":%t}`, clientSecret, succeeds)
	(&caller{s: s}).request(http.MethodPost, "/_local/confirmation", http.Header{"Orderflow-Local": {"1"}}, body).expect(want)
}
