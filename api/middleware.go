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

// WithRequestID returns a context for a request with the id that the edge gave it. Without one, the
// API makes an id.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

func requestID(ctx context.Context) string {
	if id, ok := ctx.Value(requestIDKey{}).(string); ok && id != "" {
		return id
	}
	return rand.Text()
}

// logged logs one line for every request. To hold no personal data, the line has the route instead
// of the path, and a digest of the caller's id.
func (s *server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, id := s.Now(), requestID(r.Context())
		r = r.WithContext(WithRequestID(r.Context(), id))
		w.Header().Set("X-Request-Id", id)
		seen := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		caller, _ := callerOf(r.Context())
		s.Logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("method", r.Method), slog.String("route", r.Pattern), slog.Int("status", seen.status),
			slog.Duration("duration", s.Now().Sub(start)), slog.String("requestId", id),
			slog.String("caller", digest(caller.Subject)))
	})
}

// secured sets the headers that stop a browser from sniffing content types, framing answers, or
// using plain HTTP.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}

// recovered answers a request whose handler panics. No part of an answer has been sent by then: a
// reply is written whole, after its handler.
func (s *server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil {
				s.logPanic(r, v)
				failure().write(w, r)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// logPanic logs a panic. The value may hold personal data, so only the text of a runtime error is
// logged.
func (s *server) logPanic(r *http.Request, v any) {
	what := fmt.Sprintf("%T", v)
	if e, ok := v.(runtime.Error); ok {
		what = e.Error()
	}
	s.Logger.LogAttrs(r.Context(), slog.LevelError, "panic",
		slog.String("requestId", requestID(r.Context())), slog.String("route", r.Pattern), slog.String("panic", what),
		slog.String("stack", string(debug.Stack())))
}

func (s *server) logFailure(r *http.Request, err error) {
	s.Logger.LogAttrs(r.Context(), slog.LevelError, "failure", slog.String("requestId", requestID(r.Context())),
		slog.String("error", err.Error()))
}

// digest returns a text that distinguishes callers without naming them.
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
