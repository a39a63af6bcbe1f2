// Package gateway is an API Gateway HTTP API in front of functions: routes, JWT authorizers,
// throttling, CORS, and the conversion between HTTP and events of payload format 2.0.
//
// Requests that the gateway itself refuses are answered with application/problem+json (RFC 9457).
// The answer also has API Gateway's own member "message", so that clients of either format can read
// it.
package gateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/time/rate"
)

// Quotas of HTTP APIs: "Quotas for configuring and running an HTTP API" in the developer guide.
const (
	MaxBody            = 10 << 20
	MaxIntegrationTime = 30 * time.Second
	accountRate        = 10_000
	accountBurst       = 5_000
)

// ErrTooLarge and ErrThrottled are what Invoke returns (wrapped or not) for a refused event.
var (
	ErrTooLarge  = errors.New("event too large")
	ErrThrottled = errors.New("function throttled")
)

// Invoke calls a function with an event. failed reports that the function failed: its reply is then
// an error. Invoke must return when ctx ends.
type Invoke func(ctx context.Context, function string, event []byte) (reply []byte, failed bool, err error)

// Config of an HTTP API.
type Config struct {
	ID          string // API id, in events and in the default domain
	Stage       string // "$default" by default. It has no path of its own here.
	Routes      []Route
	Authorizers map[string]*Authorizer
	Throttle    Throttle // of routes without their own
	CORS        *CORS
	Invoke      Invoke
	Clock       clockwork.Clock
	AccessLog   func(Access) // called after each request; nil for none
	Logger      *slog.Logger
	NewID       func() string // request ids; random by default
}

// Route sends requests to a function.
type Route struct {
	Key        string // "GET /orders/{orderId}", "ANY /{proxy+}" or "$default"
	Function   string
	Authorizer string        // a name of Config.Authorizers; empty: open to all
	Scopes     []string      // one of them must be in the token, if there are any
	Throttle   Throttle      // zero: Config.Throttle
	Timeout    time.Duration // 50 ms to 30 s; 30 s by default
}

// Throttle is a token bucket: Rate requests per second, Burst at once. Zero leaves the account's
// limit.
type Throttle struct {
	Rate  float64
	Burst int
}

// Access is a line of the access log.
type Access struct {
	Time                             time.Time
	RequestID, Route, Method, Path   string
	SourceIP, UserAgent, Protocol    string
	Status, ResponseBytes            int
	Latency, IntegrationLatency      time.Duration
	AuthorizerError, IntegrationFail string
}

// Gateway is an http.Handler.
type Gateway struct {
	cfg    Config
	routes table
	log    *slog.Logger
}

// New checks the configuration and makes the handler.
func New(cfg Config) (*Gateway, error) {
	if cfg.Invoke == nil || cfg.Clock == nil {
		return nil, errors.New("new gateway: Invoke and Clock are required")
	}
	setDefaults(&cfg)
	g := &Gateway{cfg: cfg, log: cfg.Logger}
	for name, a := range cfg.Authorizers {
		if err := a.prepare(cfg.Clock); err != nil {
			return nil, fmt.Errorf("new gateway: authorizer %s: %w", name, err)
		}
	}
	for _, r := range cfg.Routes {
		if err := g.add(r); err != nil {
			return nil, fmt.Errorf("new gateway: route %q: %w", r.Key, err)
		}
	}
	return g, nil
}

func setDefaults(cfg *Config) {
	if cfg.ID == "" {
		cfg.ID = "local"
	}
	if cfg.Stage == "" {
		cfg.Stage = "$default"
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.NewID == nil {
		cfg.NewID = requestID
	}
}

// requestID looks like API Gateway's extended request ids.
func requestID() string {
	b := make([]byte, 11)
	_, _ = rand.Read(b) // never fails
	return base64.StdEncoding.EncodeToString(b)
}

func (g *Gateway) add(r Route) error {
	compiled, err := compile(r)
	if err != nil {
		return err
	}
	if r.Authorizer != "" {
		if compiled.authorizer = g.cfg.Authorizers[r.Authorizer]; compiled.authorizer == nil {
			return fmt.Errorf("no authorizer is called %q", r.Authorizer)
		}
	}
	limit := r.Throttle
	if limit == (Throttle{}) {
		limit = g.cfg.Throttle
	}
	compiled.limiter = limit.limiter()
	return g.routes.add(compiled)
}

func (t Throttle) limiter() *rate.Limiter {
	if t.Rate == 0 {
		t.Rate = accountRate
	}
	if t.Burst == 0 {
		t.Burst = min(accountBurst, max(1, int(t.Rate)))
	}
	return rate.NewLimiter(rate.Limit(t.Rate), t.Burst)
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := g.cfg.Clock.Now()
	x := &exchange{
		g: g, r: r, start: start, id: g.cfg.NewID(),
		access: Access{Time: start, Method: r.Method, Path: r.URL.Path, SourceIP: sourceIP(r),
			UserAgent: r.UserAgent(), Protocol: r.Proto},
	}
	a := x.answer()
	g.cors(r, a.header)
	a.header.Set("Apigw-Requestid", x.id)
	n := a.write(w)
	if g.cfg.AccessLog != nil {
		x.access.RequestID, x.access.Status, x.access.ResponseBytes = x.id, a.status, n
		x.access.Latency = g.cfg.Clock.Since(start)
		g.cfg.AccessLog(x.access)
	}
}
