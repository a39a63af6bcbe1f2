package gateway

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"time"
)

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

// write sends the answer and returns how many bytes of its body were written.
func (a answer) write(w http.ResponseWriter) int {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	n, _ := w.Write(a.body) // the client may have gone
	return n
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
		return refuse(http.StatusTooManyRequests, "Too Many Requests", "TooManyRequests",
			"the rate limit of this route is exceeded")
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
	if err != nil {
		return unreadable(err)
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
	ctx, cancel := context.WithCancelCause(x.r.Context())
	defer cancel(nil)
	defer x.g.cfg.Clock.AfterFunc(route.Timeout, func() { cancel(errTimeout) }).Stop()
	began := x.g.cfg.Clock.Now()
	reply, failed, err := x.g.cfg.Invoke(ctx, route.Function, event)
	x.access.IntegrationLatency = x.g.cfg.Clock.Since(began)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	switch {
	case errors.Is(err, ErrTooLarge):
		return tooLarge()
	case err != nil:
		x.fail(route, err.Error())
		return refuse(http.StatusServiceUnavailable, "Service Unavailable", "Unavailable",
			"the service did not answer; try again")
	case failed:
		x.fail(route, string(reply))
		return internalError()
	}
	a, err := decodeReply(reply)
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
