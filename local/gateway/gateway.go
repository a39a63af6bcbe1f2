// Package gateway is an API Gateway HTTP API in front of functions: routes, JWT authorizers, throttling, CORS, and the conversion between
// HTTP and events of payload format 2.0.
//
// What the gateway itself refuses is answered as application/problem+json (RFC 9457) that also carries API Gateway's own member "message":
// a client of either reads its answer.
package gateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
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

// Invoke calls a function with an event. failed tells that the function failed: its reply is an error then. It must return when ctx ends.
type Invoke func(ctx context.Context, function string, event []byte) (reply []byte, failed bool, err error)

// Config of an HTTP API.
type Config struct {
	ID          string // API id, in events and in the default domain
	Account     string // "000000000000" by default
	Stage       string // "$default" by default. It has no path of its own here.
	Routes      []Route
	Authorizers map[string]*Authorizer
	Throttle    Throttle // of every route that has none of its own
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

// Throttle is a token bucket: Rate requests per second, Burst at once. Zero leaves the account's limit.
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
		return nil, errors.New("new gateway: Invoke and Clock are needed")
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
	if cfg.Account == "" {
		cfg.Account = "000000000000"
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
		access: Access{Time: start, Method: r.Method, Path: r.URL.Path, SourceIP: sourceIP(r), UserAgent: r.UserAgent(), Protocol: r.Proto},
	}
	a := x.answer()
	g.cors(r, a.header)
	a.header.Set("Apigw-Requestid", x.id)
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	n, _ := w.Write(a.body) // a client that has gone needs no answer
	if g.cfg.AccessLog != nil {
		x.access.RequestID, x.access.Status, x.access.ResponseBytes = x.id, a.status, n
		x.access.Latency = g.cfg.Clock.Since(start)
		g.cfg.AccessLog(x.access)
	}
}

// exchange is one request and its answer.
type exchange struct {
	g      *Gateway
	r      *http.Request
	start  time.Time
	id     string
	access Access
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (x *exchange) answer() answer {
	if a, ok := x.g.preflight(x.r); ok {
		return a
	}
	route, params := x.g.routes.match(x.r.Method, x.r.URL.Path)
	if route == nil {
		return refuse(http.StatusNotFound, "Not Found", "NotFound", "no route for "+x.r.Method+" "+x.r.URL.Path)
	}
	x.access.Route = route.Key
	if !route.limiter.AllowN(x.start, 1) {
		return refuse(http.StatusTooManyRequests, "Too Many Requests", "TooManyRequests", "the rate limit of this route is exceeded")
	}
	var auth *authorization
	if route.authorizer != nil {
		var denied *denial
		if auth, denied = route.authorizer.authorize(x.r, route.Scopes); denied != nil {
			x.access.AuthorizerError = denied.description
			return denied.answer()
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, x.r.Body, MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return tooLarge()
	} else if err != nil {
		return refuse(http.StatusBadRequest, "Bad Request", "MalformedRequest", "the body could not be read")
	}
	event, err := x.event(route, params, auth, body)
	if err != nil {
		x.g.log.Error("make event", "route", route.Key, "error", err)
		return internalError()
	}
	return x.integrate(route, event)
}

// integrate invokes the route's function within its time limit.
func (x *exchange) integrate(route *route, event []byte) answer {
	ctx, cancel := context.WithCancel(x.r.Context())
	defer cancel()
	type outcome struct {
		reply  []byte
		failed bool
		err    error
	}
	done := make(chan outcome, 1)
	began := x.g.cfg.Clock.Now()
	timer := x.g.cfg.Clock.NewTimer(route.Timeout)
	defer timer.Stop()
	go func() {
		reply, failed, err := x.g.cfg.Invoke(ctx, route.Function, event)
		done <- outcome{reply, failed, err}
	}()
	var o outcome
	select {
	case o = <-done:
	case <-timer.Chan():
		o.err = errTimeout
	}
	x.access.IntegrationLatency = x.g.cfg.Clock.Since(began)
	switch {
	case errors.Is(o.err, ErrTooLarge):
		return tooLarge()
	case o.err != nil:
		x.fail(route, o.err.Error())
		return refuse(http.StatusServiceUnavailable, "Service Unavailable", "Unavailable", "the service did not answer; try again")
	case o.failed:
		x.fail(route, string(o.reply))
		return internalError()
	}
	a, err := decodeReply(o.reply)
	if err != nil {
		x.fail(route, err.Error())
		return internalError()
	}
	return a
}

var errTimeout = errors.New("the function did not answer in time")

func (x *exchange) fail(route *route, why string) {
	x.access.IntegrationFail = why
	x.g.log.Error("integration failed", "route", route.Key, "function", route.Function, "requestId", x.id, "error", why)
}

// sourceIP is the address of the peer.
func sourceIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
