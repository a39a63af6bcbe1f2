package stripe

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

func errorBody(kind, code, decline, param string) string {
	return fmt.Sprintf(`{"error":{"type":%q,"code":%q,"decline_code":%q,"param":%q,"message":"what ada@example.com typed"}}`, kind, code, decline, param)
}

// Replies that Stripe's mock cannot produce: https://docs.stripe.com/api/errors.
func TestGateway_Charge_errors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   orderflow.Code
		reason string
	}{
		{
			"declined", 402, errorBody("card_error", "card_declined", "insufficient_funds", ""),
			orderflow.CodePaymentDeclined, "insufficient_funds",
		},
		{
			"expired card", 402, errorBody("card_error", "expired_card", "", ""), orderflow.CodePaymentDeclined,
			"expired_card",
		},
		{
			"asks for authentication", 402, errorBody("card_error", "authentication_required", "", ""),
			orderflow.CodePaymentDeclined, "authentication_required",
		},
		{
			"no such card", 400, errorBody("invalid_request_error", "resource_missing", "", "payment_method"),
			orderflow.CodePaymentDeclined, "resource_missing",
		},
		{
			"too small", 400, errorBody("invalid_request_error", "amount_too_small", "", "amount"),
			orderflow.CodePaymentDeclined, "amount_too_small",
		},
		{
			"too large", 400, errorBody("invalid_request_error", "amount_too_large", "", ""),
			orderflow.CodePaymentDeclined, "amount_too_large",
		},
		{
			"unknown, of the amount", 400, errorBody("invalid_request_error", "", "", "amount"),
			orderflow.CodePaymentDeclined, "invalid_request_error",
		},
		{
			"unsupported currency", 400, errorBody("invalid_request_error", "", "", "currency"),
			orderflow.CodePaymentDeclined, "invalid_request_error",
		},
		{
			"a decline code as the code", 400, errorBody("invalid_request_error", "currency_not_supported", "", ""),
			orderflow.CodePaymentDeclined, "currency_not_supported",
		},
		{
			"test and live mixed up", 400,
			errorBody("invalid_request_error", "livemode_mismatch", "", "payment_method"),
			orderflow.CodePaymentUnavailable, "livemode_mismatch",
		},
		{
			"nested part", 400, errorBody("invalid_request_error", "new_code", "", "payment_method_data[card]"),
			orderflow.CodePaymentDeclined, "new_code",
		},
		{
			"no part of the order's", 400, errorBody("invalid_request_error", "parameter_unknown", "", "confirm"),
			orderflow.CodePaymentUnavailable, "parameter_unknown",
		},
		{
			"no such thing of ours", 404, errorBody("invalid_request_error", "resource_missing", "", "intent"),
			orderflow.CodePaymentUnavailable, "resource_missing",
		},
		{"valid, and refused", 402, errorBody("invalid_request_error", "", "", ""), orderflow.CodePaymentDeclined, ""},
		{
			"a new decline code", 402, errorBody("card_error", "card_declined", "moon_phase", ""),
			orderflow.CodePaymentDeclined, "moon_phase",
		},
		{
			"a new code of a card", 402, errorBody("card_error", "moon_phase", "", ""), orderflow.CodePaymentDeclined,
			"moon_phase",
		},
		{
			"declined for now", 402, errorBody("card_error", "card_declined", "try_again_later", ""),
			orderflow.CodePaymentUnavailable, "try_again_later",
		},
		{
			"processing error", 402, errorBody("card_error", "processing_error", "", ""),
			orderflow.CodePaymentUnavailable, "processing_error",
		},
		{
			"account not activated", 400, errorBody("invalid_request_error", "testmode_charges_only", "", ""),
			orderflow.CodePaymentUnavailable, "testmode_charges_only",
		},
		{
			"no permission", 403, errorBody("invalid_request_error", "", "", "amount"),
			orderflow.CodePaymentUnavailable, "403",
		},
		{
			"old name of a wrong key", 400, errorBody("authentication_error", "", "", ""),
			orderflow.CodePaymentUnavailable, "authentication_error",
		},
		{
			"declined too often", 429, errorBody("card_error", "card_decline_rate_limit_exceeded", "", ""),
			orderflow.CodePaymentDeclined, "card_decline_rate_limit_exceeded",
		},
		{
			"locked", 429, errorBody("invalid_request_error", "lock_timeout", "", ""),
			orderflow.CodePaymentUnavailable, "lock_timeout",
		},
		{"too slow", 408, errorBody("invalid_request_error", "", "", "amount"), orderflow.CodePaymentUncertain, "408"},
		{
			"dependency failed", 424, errorBody("invalid_request_error", "", "", "amount"),
			orderflow.CodePaymentUncertain, "424",
		},
		{
			"server error that names the amount", 503, errorBody("api_error", "amount_too_small", "", "amount"),
			orderflow.CodePaymentUncertain, "503",
		},
		{
			"unexpected state", 400, errorBody("invalid_request_error", "payment_intent_unexpected_state", "", ""),
			orderflow.CodePaymentUncertain, "unexpected_state",
		},
		{"refused without a word", 400, "{}", orderflow.CodePaymentUncertain, ""},
		{"wrong key", 401, errorBody("invalid_request_error", "", "", ""), orderflow.CodePaymentUnavailable, "401"},
		{
			"too many requests", 429, errorBody("invalid_request_error", "rate_limit", "", ""),
			orderflow.CodePaymentUnavailable, "rate_limit",
		},
		{
			"key in use", 409, errorBody("idempotency_error", "idempotency_key_in_use", "", ""),
			orderflow.CodePaymentUncertain, "409",
		},
		{
			"key used otherwise", 400, errorBody("idempotency_error", "", "", ""), orderflow.CodePaymentUncertain,
			"idempotency_error",
		},
		{"server error", 500, errorBody("api_error", "", "", ""), orderflow.CodePaymentUncertain, "500"},
		{"not JSON", 502, "<html>Bad Gateway for ada@example.com</html>", orderflow.CodePaymentUncertain, ""},
		{"cut off", 200, `{"id":"pi_1","status":"succe`, orderflow.CodePaymentUncertain, ""},
		{"processing", 200, `{"id":"pi_1","status":"processing"}`, orderflow.CodePaymentUncertain, "processing"},
		{
			"an authorisation that has lapsed", 200,
			`{"id":"pi_1","status":"canceled","cancellation_reason":"automatic"}`, orderflow.CodePaymentUnavailable,
			"automatic",
		},
		{"a new status", 200, `{"id":"pi_1","status":"moon_phase"}`, orderflow.CodePaymentUncertain, "moon_phase"},
		{
			"requires action", 200, `{"id":"pi_1","client_secret":"pi_1_secret","status":"requires_action"}`,
			orderflow.CodePaymentActionRequired, "pi_1",
		},
		{"declined for now, in the intent", 200, `{"id":"pi_1","status":"requires_payment_method","last_payment_error":{"type":"card_error","code":"card_declined","decline_code":"try_again_later"}}`,
			orderflow.CodePaymentUnavailable, "try_again_later"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			s := stripeAt(t, func(w http.ResponseWriter, _ *http.Request) {
				calls++
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			})
			_, err := s.Charge(t.Context(), charge)
			if got := orderflow.CodeOf(err); got != tt.want || !strings.Contains(err.Error(), tt.reason) {
				t.Fatalf("got %v, want %s of %q", err, tt.want, tt.reason)
			}
			if strings.Contains(err.Error(), "ada@example.com") {
				t.Errorf("the error quotes the customer: %v", err)
			}
			if calls != 1 {
				t.Errorf("called %d times", calls)
			}
		})
	}
}

func TestGateway_Charge_lostReply(t *testing.T) {
	t.Parallel()
	s := stripeAt(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err := s.Charge(t.Context(), charge)
	if orderflow.CodeOf(err) != orderflow.CodePaymentUncertain {
		t.Errorf("got %v", err)
	}
}

func TestGateway_Charge_timeout(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(srv.Close)
	t.Cleanup(func() { close(release) })
	client := srv.Client()
	client.Timeout = 20 * time.Millisecond
	s := New(Options{Key: "sk_test_123", URL: srv.URL, HTTPClient: client, Now: time.Now})
	_, err := s.Charge(t.Context(), charge)
	if orderflow.CodeOf(err) != orderflow.CodePaymentUncertain {
		t.Errorf("got %v", err)
	}
}

func TestGateway_Charge_unreachable(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	url := srv.URL
	srv.Close()
	s := New(Options{Key: "sk_test_123", URL: url, HTTPClient: &http.Client{}, Now: time.Now})
	_, err := s.Charge(t.Context(), charge)
	if orderflow.CodeOf(err) != orderflow.CodePaymentUnavailable {
		t.Errorf("got %v", err)
	}
}

// A very recent charge is not searchable yet, but it is in the list.
func TestGateway_Lookup_beforeSearch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		start time.Duration // before now
		since time.Duration
	}{
		{"just now", time.Second, time.Second + clockSkew},
		{"two weeks ago", 14 * 24 * time.Hour, searchLag + clockSkew},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := stripeAt(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/v1/payment_intents/search" {
					fmt.Fprint(w, `{"object":"search_result","data":[],"has_more":false}`)
					return
				}
				if got, want := r.URL.Query().Get("created[gte]"), fmt.Sprint(now.Add(-tt.since).Unix()); got != want {
					t.Errorf("listed since %s, want %s", got, want)
				}
				fmt.Fprint(w, `{"object":"list","has_more":false,"data":[
					{"id":"pi_9","status":"succeeded","amount_received":99,"currency":"usd","metadata":{"orderflow_key":"ord_9/charge"}},
					{"id":"pi_0","status":"requires_payment_method","metadata":{"orderflow_key":"ord_1/charge"}},
					{"id":"pi_1","status":"succeeded","amount_received":1250,"currency":"usd","metadata":{"orderflow_key":"ord_1/charge"}}]}`)
			})
			p := entry
			p.StartedAt = now.Add(-tt.start)
			r, err := s.Lookup(t.Context(), p)
			if err != nil || r.ProviderID != "pi_1" || r.Amount != amount {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
}
