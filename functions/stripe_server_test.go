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
	"time"
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
	keys    []string // keys of charges and refunds, and "capture" and "cancel" of authorisations
	now     func() time.Time
}

func newStripeServer(now func() time.Time, script ...string) *stripeServer {
	return &stripeServer{now: now, script: script, saved: map[string]*httptest.ResponseRecorder{}}
}

func (s *stripeServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodGet {
		return s.list(r).Result(), nil
	}
	if id, do, ok := holdCall(r.URL.Path); ok {
		return s.end(id, do)
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

// holdCall returns the intent that a path captures or cancels.
func holdCall(path string) (id, do string, ok bool) {
	id, do, ok = strings.Cut(strings.TrimPrefix(path, "/v1/payment_intents/"), "/")
	return id, do, ok && strings.HasPrefix(path, "/v1/payment_intents/")
}

// end captures or cancels an authorised intent; "refuse", "lose" and "lose after" of the script
// apply.
func (s *stripeServer) end(id, do string) (*http.Response, error) {
	script := "succeed"
	if len(s.script) > 0 {
		script, s.script = s.script[0], s.script[1:]
	}
	if script == "lose" {
		return nil, errors.New("connection reset")
	}
	w := httptest.NewRecorder()
	for i, intent := range s.intents {
		if !strings.Contains(intent, `"id":"`+id+`"`) {
			continue
		}
		open := `"status":"requires_capture"`
		if do == "cancel" && strings.Contains(intent, `"status":"requires_action"`) {
			open = `"status":"requires_action"`
		}
		if !strings.Contains(intent, open) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":{"type":"invalid_request_error","code":"payment_intent_unexpected_state"}}`)
			break
		}
		status := map[string]string{"capture": "succeeded", "cancel": "canceled"}[do]
		s.intents[i] = strings.Replace(intent, open, fmt.Sprintf(`"status":%q`, status), 1)
		s.keys = append(s.keys, do)
		fmt.Fprint(w, s.intents[i])
	}
	if script == "lose after" {
		return nil, errors.New("connection reset")
	}
	return w.Result(), nil
}

func (s *stripeServer) list(r *http.Request) *httptest.ResponseRecorder {
	objects := s.intents
	if id, ok := strings.CutPrefix(r.URL.Path, "/v1/payment_intents/"); ok && id != "search" {
		w := httptest.NewRecorder()
		for _, intent := range s.intents {
			if strings.Contains(intent, `"id":"`+id+`"`) {
				fmt.Fprint(w, intent)
			}
		}
		return w
	}
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
	if status == "succeeded" && form.Get("capture_method") == "manual" {
		status = "requires_capture"
	}
	if status == "succeeded" || status == "pending" || status == "requires_capture" {
		s.keys = append(s.keys, key)
	}
	object := fmt.Sprintf(`{"id":"%%s_%[1]d","client_secret":"secret_%[1]d","status":%[2]q,"amount":%[3]s,"amount_received":%[3]s,"amount_capturable":%[3]s,"created":%[5]d,"currency":"usd","metadata":{"orderflow_key":%[4]q}}`,
		len(s.intents)+len(s.refunds)+1, status, form.Get("amount"), key, s.now().Unix())
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
			for _, open := range []string{"pending", "processing", "requires_action"} {
				objects[i] = strings.Replace(objects[i], fmt.Sprintf(`"status":%q`, open),
					fmt.Sprintf(`"status":%q`, status), 1)
			}
		}
	}
}
