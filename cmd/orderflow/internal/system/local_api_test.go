package system

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
)

// TestLocalAPI_routes checks that every refusal is a problem, and that no path is redirected.
func TestLocalAPI_routes(t *testing.T) {
	t.Parallel()
	handler := (&localAPI{}).handler()
	for _, tt := range []struct {
		method, path, allow string
		status              int
		code                string
	}{
		{"POST", "/_local/token", "", 400, "InvalidRequest"},
		{"PUT", "/_local/outage", "", 400, "InvalidRequest"},
		{"GET", "/_local/notifications?after=x", "", 400, "InvalidRequest"},
		{"HEAD", "/_local/notifications?after=x", "", 400, "InvalidRequest"},
		{"GET", "/_local/", "", 404, "NotFound"},
		{"GET", "/_local/nope", "", 404, "NotFound"},
		{"GET", "/_local//token", "", 404, "NotFound"},
		{"POST", "/_local//token", "", 404, "NotFound"},
		{"POST", "/_local/token/", "", 404, "NotFound"},
		{"POST", "/_local/token%2F", "", 404, "NotFound"},
		{"POST", "/_local/./token", "", 404, "NotFound"},
		{"POST", "/_local/x/../token", "", 404, "NotFound"},
		{"POST", "/_local/Token", "", 404, "NotFound"},
		{"GET", "/_local/token", "POST", 405, "MethodNotAllowed"},
		{"HEAD", "/_local/token", "POST", 405, "MethodNotAllowed"},
		{"OPTIONS", "/_local/token", "POST", 405, "MethodNotAllowed"},
		{"post", "/_local/token", "POST", 405, "MethodNotAllowed"},
		{"POST", "/_local/outage", "PUT", 405, "MethodNotAllowed"},
		{"DELETE", "/_local/iam", "GET, HEAD", 405, "MethodNotAllowed"},
		{"POST", "/_local/notifications", "GET, HEAD", 405, "MethodNotAllowed"},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), tt.method, "http://127.0.0.1"+tt.path, http.NoBody)
			r.RemoteAddr = "127.0.0.1:1234"
			r.Header.Set(client.LocalHeader, "1")
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			var p client.Problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != tt.status || p.Status != tt.status ||
				p.Code != tt.code {
				t.Fatalf("got %d %s, %v", w.Code, w.Body, err)
			}
			if h := w.Header(); h.Get("Content-Type") != "application/problem+json" || h.Get("Allow") != tt.allow ||
				h.Get("Location") != "" {
				t.Errorf("got %v", h)
			}
		})
	}
}
