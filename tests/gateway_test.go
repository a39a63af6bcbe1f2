package tests

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/gateway"
)

// failingBody is a request body whose Read fails, as for a slow or disconnected client.
type failingBody struct{ err error }

func (b failingBody) Read([]byte) (int, error) { return 0, b.err }

// TestGateway_refusals checks the gateway's own answers against the contract.
func TestGateway_refusals(t *testing.T) {
	t.Parallel()
	checker, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		status int
		body   io.Reader
		reply  string
		failed bool
		err    error
		config func(*gateway.Config)
	}{
		{"a function that fails", 500, http.NoBody, `{"errorMessage":"secret"}`, true, nil, nil},
		{"a function that answers nonsense", 500, http.NoBody, `nonsense`, false, nil, nil},
		{"a function that is busy", 503, http.NoBody, "", false, gateway.ErrThrottled, nil},
		{"a function that does not start", 503, http.NoBody, "", false, errors.New("broken"), nil},
		{"an event that is too large", 413, http.NoBody, "", false, gateway.ErrTooLarge, nil},
		{"a body that is too large", 413, strings.NewReader(strings.Repeat("x", gateway.MaxBody+1)), "{}", false, nil, nil},
		{"a slow body", 408, failingBody{fmt.Errorf("read: %w", os.ErrDeadlineExceeded)}, "{}", false, nil, nil},
		{"half a body", 400, failingBody{io.ErrUnexpectedEOF}, "{}", false, nil, nil},
		{"no route", 404, http.NoBody, "{}", false, nil, func(c *gateway.Config) { c.Routes = nil }},
		{"no token", 401, http.NoBody, "{}", false, nil, func(c *gateway.Config) {
			c.Authorizers = map[string]*gateway.Authorizer{"jwt": {Issuer: "http://issuer.test", Audience: []string{"shop"},
				Keys: gateway.JWKS(func(context.Context) ([]byte, error) { return []byte(`{"keys":[]}`), nil }, c.Clock)}}
			c.Routes[0].Authorizer = "jwt"
		}},
		{"too many requests", 429, http.NoBody, "{}", false, nil, func(c *gateway.Config) {
			c.Throttle = gateway.Throttle{Rate: 1e-9, Burst: 1}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := gateway.Config{
				Clock: clockwork.NewFakeClock(), Routes: []gateway.Route{{Key: "$default", Function: "f"}},
				Invoke: func(context.Context, string, []byte) ([]byte, bool, error) {
					return []byte(tt.reply), tt.failed, tt.err
				},
			}
			if tt.config != nil {
				tt.config(&cfg)
			}
			g, err := gateway.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if tt.status == http.StatusTooManyRequests { // the first takes the only token
				g.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/orders", nil))
			}
			r, w := httptest.NewRequest("POST", "/orders", tt.body), httptest.NewRecorder()
			g.ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Fatalf("got %d %s", w.Code, w.Body)
			}
			if err := checker.Check(r, w.Code, w.Header(), w.Body.Bytes()); err != nil {
				t.Error(err)
			}
		})
	}
}
