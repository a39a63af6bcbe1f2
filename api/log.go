package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
)

type requestIDKey struct{}

// WithRequestID returns a context whose request is known by the id: the edge's own. Without it one is made.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

type noteKey struct{}

// note is what is learnt of a request while it is served.
type note struct {
	id, route string
}

func noteRoute(ctx context.Context, pattern string) {
	if n, ok := ctx.Value(noteKey{}).(*note); ok {
		n.route = pattern
	}
}

func requestID(ctx context.Context) string {
	if id, ok := ctx.Value(requestIDKey{}).(string); ok && id != "" {
		return id
	}
	return rand.Text()
}

// logged serves a request and writes one line about it. The line holds the route, never the path, and a digest of the caller's id, so that
// it says nothing about a person.
func (s *server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.Now()
		n := &note{id: requestID(r.Context())}
		r = r.WithContext(context.WithValue(r.Context(), noteKey{}, n))
		header := w.Header()
		header.Set("X-Request-Id", n.id)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("Strict-Transport-Security", "max-age=31536000")
		seen := &statusWriter{ResponseWriter: w}
		defer func() {
			if v := recover(); v != nil {
				s.recovered(seen, r, n, v)
			}
			caller, _ := callerOf(r.Context())
			s.Logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("method", r.Method), slog.String("route", n.route), slog.Int("status", seen.status),
				slog.Duration("duration", s.Now().Sub(start)), slog.String("requestId", n.id), slog.String("caller", digest(caller.Subject)))
		}()
		next.ServeHTTP(seen, r)
	})
}

// recovered answers a request whose handler panicked. The value may hold anything, so only a runtime error is logged in words.
func (s *server) recovered(w *statusWriter, r *http.Request, n *note, v any) {
	what := fmt.Sprintf("%T", v)
	if e, ok := v.(runtime.Error); ok {
		what = e.Error()
	}
	s.Logger.LogAttrs(r.Context(), slog.LevelError, "panic",
		slog.String("requestId", n.id), slog.String("route", n.route), slog.String("panic", what), slog.String("stack", string(debug.Stack())))
	if w.status != 0 {
		return
	}
	answer := problem(http.StatusInternalServerError, &refusal{code: codeInternal, detail: "the service failed"})
	for name, values := range answer.header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body)
}

func (s *server) logFailure(r *http.Request, err error) {
	id := ""
	if n, ok := r.Context().Value(noteKey{}).(*note); ok {
		id = n.id
	}
	s.Logger.LogAttrs(r.Context(), slog.LevelError, "failure", slog.String("requestId", id), slog.String("error", err.Error()))
}

// digest tells callers apart without naming them.
func digest(subject string) string {
	if subject == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(subject))
	return hex.EncodeToString(sum[:6])
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
