package stripe

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

var held = orderflow.Hold{OrderID: "ord_1", ProviderID: "pi_1", Amount: amount}

// A manual charge is authorised only, with the exact amount.
func TestGateway_Charge_manual_mock(t *testing.T) {
	t.Parallel()
	s, requests := mockStripe(t, map[string]any{
		"status": "requires_capture", "amount_capturable": 1250, "created": now.Unix(),
	})
	c := charge
	c.Manual = true
	r, err := s.Charge(t.Context(), c)
	if err != nil || r.Amount != amount || !r.HeldUntil.Equal(now.Add(shortestHold)) {
		t.Fatalf("got %+v, %v", r, err)
	}
	if got := (*requests)[0]; !strings.Contains(got.body, "capture_method=manual") {
		t.Errorf("request %+v", got)
	}
}

func TestGateway_holds_mock(t *testing.T) {
	t.Parallel()
	s, requests := mockStripe(t, map[string]any{"id": "pi_1", "status": "succeeded", "amount_received": 1250})
	if r, err := s.Capture(t.Context(), held); err != nil || r.Amount != amount || !r.HeldUntil.IsZero() {
		t.Errorf("captured %+v, %v", r, err)
	}
	if got := (*requests)[0]; got.path != "/v1/payment_intents/pi_1/capture" ||
		!strings.Contains(got.body, "amount_to_capture=1250") {
		t.Errorf("request %+v", got)
	}
	s, requests = mockStripe(t, map[string]any{"id": "pi_1", "status": "canceled"})
	if err := s.Void(t.Context(), held); err != nil || (*requests)[0].path != "/v1/payment_intents/pi_1/cancel" {
		t.Errorf("voided by %+v, %v", *requests, err)
	}
}

// After a refusal, the PaymentIntent tells what has happened.
func TestGateway_holds_refused(t *testing.T) {
	t.Parallel()
	const lapsed, state, unsure = orderflow.CodeAuthorizationLapsed, orderflow.CodeInvalidState,
		orderflow.CodePaymentUncertain
	for _, tt := range []struct {
		name          string
		status        int
		intent        string // as the PaymentIntent is read after the refusal
		capture, void orderflow.Code
	}{
		{"captured already", 400, `"status":"succeeded","amount_received":1250`, "", state},
		{"voided already", 400, `"status":"canceled","cancellation_reason":"requested_by_customer"`, lapsed, ""},
		{"lapsed", 400, `"status":"canceled","cancellation_reason":"automatic"`, lapsed, ""},
		{"still authorised", 400, `"status":"requires_capture"`, orderflow.CodePaymentUnavailable,
			orderflow.CodePaymentUnavailable},
		{"server error", 500, `"status":"succeeded"`, unsure, unsure},
		{"in use", 409, `"status":"requires_capture"`, unsure, unsure},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := stripeAt(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					fmt.Fprintf(w, `{"id":"pi_1","currency":"usd",%s}`, tt.intent)
					return
				}
				w.WriteHeader(tt.status)
				fmt.Fprint(w, errorBody("invalid_request_error", "", "", ""))
			})
			if r, err := s.Capture(t.Context(), held); orderflow.CodeOf(err) != tt.capture || err == nil && r.Amount != amount {
				t.Errorf("capture: %+v, %v, want %q", r, err, tt.capture)
			}
			if err := s.Void(t.Context(), held); orderflow.CodeOf(err) != tt.void {
				t.Errorf("void: %v, want %q", err, tt.void)
			}
		})
	}
}

// Of two authorisations, Lookup returns the latest attempt's; a capture comes first.
func TestGateway_Lookup_holds(t *testing.T) {
	t.Parallel()
	p := entry
	p.Attempt = 2
	until := now.Add(6 * 24 * time.Hour)
	for _, tt := range []struct{ name, first, second, want string }{
		{"both authorised", "requires_capture", "requires_capture", "pi_2"},
		{"the first captured", "succeeded", "requires_capture", "pi_1"},
		{"the second declined", "requires_capture", "requires_payment_method", "pi_1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := stripeAt(t, func(w http.ResponseWriter, _ *http.Request) {
				intent := `{"id":%q,"status":%q,"amount_received":1250,"amount_capturable":1250,"currency":"usd","metadata":{"orderflow_key":%q},
					"latest_charge":{"id":"ch_1","payment_method_details":{"card":{"capture_before":%d}}}}`
				fmt.Fprintf(w, `{"object":"list","data":[`+intent+`,`+intent+`]}`, "pi_1", tt.first, "ord_1/charge",
					until.Unix(), "pi_2", tt.second, "ord_1/charge/2", until.Unix())
			})
			r, err := s.Lookup(t.Context(), p)
			if err != nil || r.ProviderID != tt.want || r.HeldUntil.IsZero() == (tt.name != "the first captured") ||
				!r.HeldUntil.IsZero() && !r.HeldUntil.Equal(until) {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
}
