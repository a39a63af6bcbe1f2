package functions

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
)

// stripeServer is a fake Stripe for charges and refunds. It repeats its first answer to an
// idempotency key and records what it did. It is the transport of an HTTP client. script lists its
// answers to calls with new keys, in order; after the end of the script all calls succeed.
type stripeServer struct {
	mu      sync.Mutex
	script  []string
	saved   map[string]*httptest.ResponseRecorder
	intents []string // as JSON, latest first
	refunds []string
	keys    []string // keys of captures and refunds
}

func newStripeServer(script ...string) *stripeServer {
	return &stripeServer{script: script, saved: map[string]*httptest.ResponseRecorder{}}
}

func (s *stripeServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodGet {
		return s.list(r).Result(), nil
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, err
	}
	key := r.Header.Get("Idempotency-Key")
	if answer := s.saved[key]; answer != nil {
		again := answer.Result()
		again.Header.Set("Idempotent-Replayed", "true")
		again.Body = io.NopCloser(strings.NewReader(answer.Body.String()))
		return again, nil
	}
	do := "succeed"
	if len(s.script) > 0 {
		do, s.script = s.script[0], s.script[1:]
	}
	return s.answer(r.URL.Path, do, key, form)
}

func (s *stripeServer) list(r *http.Request) *httptest.ResponseRecorder {
	objects := s.intents
	if r.URL.Path == "/v1/refunds" {
		objects = s.refunds
	}
	w := httptest.NewRecorder()
	fmt.Fprintf(w, `{"object":"list","has_more":false,"data":[%s]}`, strings.Join(objects, ","))
	return w
}

// answer performs one line of the script: a Stripe error as "STATUS TYPE CODE DECLINE_CODE PARAM"
// ("-" is empty), "succeed", the status of an intent or a refund, "lose", or "lose after" the
// effect.
func (s *stripeServer) answer(path, do, key string, form url.Values) (*http.Response, error) {
	w := httptest.NewRecorder()
	switch {
	case do == "lose":
		return nil, errors.New("connection reset")
	case do[0] >= '0' && do[0] <= '9':
		var status int
		var kind, code, decline, param string
		if _, err := fmt.Sscan(do, &status, &kind, &code, &decline, &param); err != nil {
			return nil, err
		}
		w.WriteHeader(status)
		body := fmt.Sprintf(`{"error":{"type":%q,"code":%q,"decline_code":%q,"param":%q}}`, kind, code, decline, param)
		fmt.Fprint(w, strings.ReplaceAll(body, `"-"`, `""`))
		if status == http.StatusTooManyRequests || status == http.StatusUnauthorized {
			return w.Result(), nil // answered before the key is checked
		}
	default:
		fmt.Fprint(w, s.effect(path, do, key, form))
	}
	s.saved[key] = w
	if do == "lose after" {
		return nil, errors.New("connection reset")
	}
	return w.Result(), nil
}

func (s *stripeServer) effect(path, do, key string, form url.Values) string {
	status := do
	if do == "succeed" || do == "lose after" {
		status = "succeeded"
	}
	if status == "succeeded" || status == "pending" {
		s.keys = append(s.keys, key)
	}
	object := fmt.Sprintf(`{"id":"%%s_%d","status":%q,"amount":%[3]s,"amount_received":%[3]s,"currency":"usd","metadata":{"orderflow_key":%[4]q}}`,
		len(s.intents)+len(s.refunds)+1, status, form.Get("amount"), key)
	if path == "/v1/refunds" {
		object = fmt.Sprintf(object, "re")
		s.refunds = append([]string{object}, s.refunds...)
		return object
	}
	object = fmt.Sprintf(object, "pi")
	s.intents = append([]string{object}, s.intents...)
	return object
}

// settle completes everything that is pending, with the given status.
func (s *stripeServer) settle(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, objects := range [][]string{s.intents, s.refunds} {
		for i := range objects {
			for _, open := range []string{"pending", "processing"} {
				objects[i] = strings.Replace(objects[i], fmt.Sprintf(`"status":%q`, open),
					fmt.Sprintf(`"status":%q`, status), 1)
			}
		}
	}
}
