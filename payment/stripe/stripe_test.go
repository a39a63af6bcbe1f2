package stripe

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"

	"github.com/orderflow-dev/orderflow"
)

// mock is Stripe's own mock server. It checks requests against Stripe's OpenAPI description and
// answers with fixtures that echo the request.
var mock = sync.OnceValues(func() (*server.StubServer, error) {
	fixtures, err := server.LoadFixtures(embedded.OpenAPIFixtures, "")
	if err != nil {
		return nil, err
	}
	spec, err := server.LoadSpec(embedded.OpenAPISpec, "")
	if err != nil {
		return nil, err
	}
	return server.NewStubServer(fixtures, spec, false, false)
})

// seen is a request that the server received.
type seen struct{ method, path, key, body string }

// mockStripe returns a gateway to Stripe's mock. edit sets members of each returned object, because
// the mock only knows its fixtures.
func mockStripe(t *testing.T, edit map[string]any) (*Gateway, *[]seen) {
	t.Helper()
	stub, err := mock()
	if err != nil {
		t.Fatal(err)
	}
	var requests []seen
	return stripeAt(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		body := r.PostForm.Encode() + r.URL.RawQuery
		requests = append(requests, seen{
			method: r.Method, path: r.URL.Path, key: r.Header.Get("Idempotency-Key"), body: body,
		})
		if r.Method == http.MethodPost { // the mock reads the body itself
			r.Body = io.NopCloser(strings.NewReader(r.PostForm.Encode()))
		}
		answer := httptest.NewRecorder()
		stub.HandleRequest(answer, r)
		var object map[string]any
		if err := json.Unmarshal(answer.Body.Bytes(), &object); err != nil {
			t.Error(err)
		}
		if answer.Code == http.StatusOK {
			editObject(object, edit)
		}
		w.WriteHeader(answer.Code)
		if err := json.NewEncoder(w).Encode(object); err != nil {
			t.Error(err)
		}
	}), &requests
}

// editObject edits an object, or each object of a list.
func editObject(object, edit map[string]any) {
	list, ok := object["data"].([]any)
	if !ok {
		maps.Copy(object, edit)
		return
	}
	for _, o := range list {
		maps.Copy(o.(map[string]any), edit)
	}
}

// stripeAt returns a gateway to a test server.
func stripeAt(t *testing.T, h http.HandlerFunc) *Gateway {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return New(Options{Key: "sk_test_123", URL: srv.URL, HTTPClient: srv.Client(), Now: func() time.Time { return now }})
}

var (
	now    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	amount = orderflow.Money{Amount: 1250, Currency: "USD"}
	charge = orderflow.Charge{Key: "ord_1/charge", OrderID: "ord_1", Amount: amount, PaymentMethod: "pm_card_visa"}
	entry  = orderflow.Payment{OrderID: "ord_1", Step: "charge", Amount: amount, StartedAt: now.Add(-time.Second)}
	refund = orderflow.Refund{Key: "ord_1/refund", OrderID: "ord_1", ProviderID: "pi_1", Amount: amount}
)

func TestGateway_Charge_mock(t *testing.T) {
	t.Parallel()
	s, requests := mockStripe(t, map[string]any{"status": "succeeded", "amount_received": 1250})
	r, err := s.Charge(t.Context(), charge)
	if err != nil || r.Amount != amount || !strings.HasPrefix(r.ProviderID, "pi_") {
		t.Fatalf("got %+v, %v", r, err)
	}
	got := (*requests)[0]
	if got.method != "POST" || got.path != "/v1/payment_intents" || got.key != "ord_1/charge" {
		t.Errorf("request %+v", got)
	}
	for _, want := range []string{"amount=1250", "currency=usd", "confirm=true", "off_session=true",
		"payment_method=pm_card_visa", "metadata%5Borderflow_key%5D=ord_1%2Fcharge"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("%s is missing in %s", want, got.body)
		}
	}
}

// A charge on session may need the customer: it is looked up by its id from then on.
func TestGateway_onSession_mock(t *testing.T) {
	t.Parallel()
	s, requests := mockStripe(t, map[string]any{"id": "pi_7", "status": "requires_action", "client_secret": "pi_7_secret_1"})
	onSession := charge
	onSession.OnSession = true
	_, err := s.Charge(t.Context(), onSession)
	action, ok := errors.AsType[*orderflow.ActionRequired](err)
	if !ok || action.ProviderID != "pi_7" || action.ClientSecret != "pi_7_secret_1" {
		t.Fatalf("got %v", err)
	}
	if got := (*requests)[0]; !strings.Contains(got.body, "off_session=false") {
		t.Errorf("request %+v", got)
	}
	pending := entry
	pending.State = orderflow.PaymentStarted
	if err := pending.NoteAction(action); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Lookup(t.Context(), pending); orderflow.CodeOf(err) != orderflow.CodePaymentActionRequired {
		t.Errorf("looked up: %v", err)
	}
	if got := (*requests)[1]; got.path != "/v1/payment_intents/pi_7" {
		t.Errorf("looked up by %+v", got)
	}
}

func TestGateway_Lookup_mock(t *testing.T) {
	t.Parallel()
	mine := map[string]any{"orderflow_key": "ord_1/charge"}
	for _, tt := range []struct {
		name     string
		edit     map[string]any
		want     orderflow.Code
		requests int
	}{
		{
			"captured",
			map[string]any{"status": "succeeded", "amount_received": 1250, "currency": "usd", "metadata": mine}, "",
			1,
		},
		{
			"declined", map[string]any{"status": "requires_payment_method", "metadata": mine},
			orderflow.CodePaymentDeclined, 1,
		},
		{"processing", map[string]any{"status": "processing", "metadata": mine}, orderflow.CodePaymentUncertain, 1},
		{
			"somebody else's", map[string]any{"status": "succeeded", "metadata": map[string]any{}},
			orderflow.CodeNotFound, 2,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, requests := mockStripe(t, tt.edit)
			r, err := s.Lookup(t.Context(), entry)
			if got := orderflow.CodeOf(err); got != tt.want || (err == nil && r.Amount != amount) {
				t.Fatalf("got %+v, %v, want %q", r, err, tt.want)
			}
			if (*requests)[0].path != "/v1/payment_intents/search" || len(*requests) != tt.requests {
				t.Errorf("looked up by %+v", *requests)
			}
		})
	}
}

func TestGateway_Refund_mock(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		edit     map[string]any
		want     orderflow.Code
		requests int
	}{
		{"exists already", map[string]any{"status": "succeeded", "amount": 1250, "currency": "usd"}, "", 1},
		{
			"on its way", map[string]any{"status": "pending", "amount": 1250, "currency": "usd"},
			orderflow.CodeRefundPending, 1,
		},
		{"failed", map[string]any{"status": "failed", "amount": 1250, "currency": "usd"}, orderflow.CodeRefundFailed, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, requests := mockStripe(t, tt.edit)
			r, err := s.Refund(t.Context(), refund)
			if got := orderflow.CodeOf(err); got != tt.want || (err == nil && r.Amount != amount) {
				t.Fatalf("got %+v, %v, want %q", r, err, tt.want)
			}
			if len(*requests) != tt.requests {
				t.Errorf("requests %+v", *requests)
			}
			if last := (*requests)[len(*requests)-1]; tt.requests == 2 && last.key != "ord_1/refund" {
				t.Errorf("created by %+v", last)
			}
		})
	}
}
