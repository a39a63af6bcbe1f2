package stripe

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/payment/decline"
)

// A call whose reply Stripe saves under a key must not be repeated with that key; other calls may.
func TestGateway_Charge_keySpent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		status        int
		body          string
		replayed      bool
		spent, proven bool
	}{
		{
			"declined for now", 402, errorBody("card_error", "card_declined", "issuer_not_available", ""), false,
			true, true,
		},
		{"saved server error", 500, errorBody("api_error", "", "", ""), false, true, false},
		{"saved server error again", 500, errorBody("api_error", "", "", ""), true, true, false},
		{"account", 400, errorBody("invalid_request_error", "account_invalid", "", ""), false, true, false},
		{"account again", 400, errorBody("invalid_request_error", "account_invalid", "", ""), true, true, true},
		{"key used otherwise", 400, errorBody("idempotency_error", "", "", ""), false, true, false},
		{"key in use", 409, errorBody("idempotency_error", "idempotency_key_in_use", "", ""), false, false, false},
		{"wrong key", 401, errorBody("invalid_request_error", "", "", ""), false, false, false},
		{"too many", 429, errorBody("invalid_request_error", "rate_limit", "", ""), false, false, false},
		{"no answer of Stripe's", 502, "<html>", false, false, false},
		{"processing", 200, `{"id":"pi_1","status":"processing"}`, false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := stripeAt(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.replayed {
					w.Header().Set("Idempotent-Replayed", "true")
				}
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			})
			_, err := s.Charge(t.Context(), charge)
			spent, ok := errors.AsType[*orderflow.KeySpent](err)
			if err == nil || ok != tt.spent || ok && spent.Proven != tt.proven {
				t.Errorf("got %v, key spent %v: %+v", err, ok, spent)
			}
		})
	}
}

func TestGateway_Charge_reasons(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ body, want string }{
		{errorBody("invalid_request_error", "amount_too_small", "", "amount"), decline.TooSmall},
		{errorBody("invalid_request_error", "", "", "currency"), decline.WrongCurrency},
		{errorBody("card_error", "card_declined", "fraudulent", ""), decline.BankDeclined},
		{errorBody("card_error", "card_declined", "stolen_card", ""), decline.BankDeclined},
		{errorBody("card_error", "authentication_required", "authentication_required", ""), decline.WantsTheHolder},
		{errorBody("card_error", "moon_phase", "", ""), decline.WasDeclined},
	} {
		s := stripeAt(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusPaymentRequired)
			fmt.Fprint(w, tt.body)
		})
		_, err := s.Charge(t.Context(), charge)
		if e, ok := errors.AsType[*orderflow.Error](err); !ok || e.Public != tt.want {
			t.Errorf("%s: got %v, public %q", tt.body, err, e.Public)
		}
	}
}

// A failed lookup reveals nothing about the charge and never declines it.
func TestGateway_Lookup_errors(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]orderflow.Code{
		400: orderflow.CodePaymentUnavailable, 401: orderflow.CodePaymentUnavailable,
		402: orderflow.CodePaymentUnavailable,
		404: orderflow.CodePaymentUnavailable, 429: orderflow.CodePaymentUnavailable, 500: orderflow.CodePaymentUncertain,
	} {
		s := stripeAt(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, errorBody("card_error", "card_declined", "try_again_later", "payment_method"))
		})
		_, err := s.Lookup(t.Context(), entry)
		_, spent := errors.AsType[*orderflow.KeySpent](err)
		if got := orderflow.CodeOf(err); got != want || spent {
			t.Errorf("%d: got %v, want %s", status, err, want)
		}
	}
}

// TestGateway_Lookup_attempts: any attempt may have captured the money, but only the last one can
// be declined.
func TestGateway_Lookup_attempts(t *testing.T) {
	t.Parallel()
	const (
		declinedNow = `"status":"requires_payment_method","last_payment_error":{"type":"card_error","decline_code":"try_again_later"}`
		noFundsLeft = `"status":"requires_payment_method","last_payment_error":{"type":"card_error","decline_code":"insufficient_funds"}`
		succeeded   = `"status":"succeeded","amount_received":1250,"currency":"usd"`
		processing  = `"status":"processing"`
	)
	for _, tt := range []struct {
		name          string
		first, second string
		want          orderflow.Code
		id            string
	}{
		{"the first captured after all", succeeded, declinedNow, "", "pi_1"},
		{"the second captured", declinedNow, succeeded, "", "pi_2"},
		{"the first may yet", processing, noFundsLeft, orderflow.CodePaymentUncertain, ""},
		{"the second is over for now", declinedNow, declinedNow, orderflow.CodePaymentUnavailable, ""},
		{"the second is declined", declinedNow, noFundsLeft, orderflow.CodePaymentDeclined, ""},
		{"the second never arrived", declinedNow, "", orderflow.CodeNotFound, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := stripeAt(t, func(w http.ResponseWriter, r *http.Request) {
				intents := []string{fmt.Sprintf(`{"id":"pi_1","metadata":{"orderflow_key":"ord_1/charge"},%s}`, tt.first)}
				if tt.second != "" {
					intents = slices.Insert(intents, 0, fmt.Sprintf(`{"id":"pi_2","metadata":{"orderflow_key":"ord_1/charge/2"},%s}`, tt.second))
				}
				fmt.Fprintf(w, `{"object":"list","has_more":false,"data":[%s]}`, strings.Join(intents, ","))
			})
			p := entry
			p.Attempt = 2
			got, err := s.Lookup(t.Context(), p)
			if orderflow.CodeOf(err) != tt.want || got.ProviderID != tt.id {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
