package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestProblem_Error(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"status":400,"code":"InvalidParameter","detail":"the request has a fault","errors":[{"parameter":"limit","detail":"must be a whole number from 1 to 100"}]}`: "400 InvalidParameter: the request has a fault\n  limit: must be a whole number from 1 to 100",
		`{"status":422,"code":"InvalidRequest","errors":[{"pointer":"/items/0/sku","detail":"is missing"},{"detail":"is no order"}]}`:                                  "422 InvalidRequest\n  /items/0/sku: is missing\n  body: is no order",
		`{"status":503,"title":"Service Unavailable"}`: "503 Service Unavailable",
	} {
		var p Problem
		if err := json.Unmarshal([]byte(body), &p); err != nil || p.Error() != want {
			t.Errorf("%s: %q, %v", body, p.Error(), err)
		}
	}
}

// answers is a system that returns its answers in turn, and then none.
type answers chan string

// RoundTrip implements http.RoundTripper.
func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case body := <-a:
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))}, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// TestFollow_timeout checks that a timeout is reported of the order, not of the system.
func TestFollow_timeout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		answers []string
		want    string
	}{
		{"no answer", nil, "the API has not returned order ord_1 in time"},
		{"one answer", []string{`{"status":"PAID"}`}, "order ord_1 is still PAID"},
		{"the last answer counts", []string{`{"status":"CONFIRMED"}`, `{"status":"PAID"}`}, "order ord_1 is still PAID"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := make(answers, len(c.answers))
				for _, a := range c.answers {
					api <- a
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				cl := &Client{base: "http://orders.test", http: &http.Client{Transport: api}}
				if _, err := cl.Follow(ctx, "ord_1", 50*time.Millisecond,
					func(Order) bool { return false }); err == nil || err.Error() != c.want {
					t.Errorf("got %v, want %s", err, c.want)
				}
			})
		})
	}
}
