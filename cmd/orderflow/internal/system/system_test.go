package system

import (
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
)

// TestStart checks that the API answers after Start, through the handler around it too, and does
// not after Close.
func TestStart(t *testing.T) {
	t.Parallel()
	const refused = http.StatusTeapot
	s, err := Start(t.Context(), Options{
		Addr: AnyPort, AWSAddr: AnyPort, Log: slog.New(slog.DiscardHandler),
		Around: func(api http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/refused" {
					w.WriteHeader(refused)
					return
				}
				api.ServeHTTP(w, r)
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	cl := client.New(s.API, "")
	if err := cl.Get(t.Context(), "/healthz", new(any)); err != nil {
		t.Error(err)
	}
	if token, err := cl.Mint(t.Context(), client.TokenRequest{Subject: "ada"}); err != nil || token == "" {
		t.Errorf("token %q, %v", token, err)
	}
	if p, ok := errors.AsType[*client.Problem](cl.Get(t.Context(), "/refused", new(any))); !ok || p.Status != refused {
		t.Errorf("the handler around the API was not called: %v", p)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := cl.Get(t.Context(), "/healthz", new(any)); err == nil {
		t.Error("the API answers after Close")
	}
}
