package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

func TestDispatch_methodsAndPaths(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, path := range []string{"/", "/order", "/orders/", "//orders", "/orders/x/y", "/orders/../me", "/ops",
		"/docs/", "/%2e%2e/orders", "//", "/orders//", "//evil.example/orders", "/orders;x=1", "/healthz/"} {
		f.get(&operator, path).expect(404, "NotFound")
	}
	f.do(call{method: "OPTIONS", path: "*"}).expect(404, "NotFound")
	if log := f.log.String(); strings.Contains(log, `"route":"/`) {
		t.Errorf("a path that does not exist is logged as a route: %s", log)
	}
	for path, allow := range map[string]string{
		"/orders": "GET, HEAD, OPTIONS, POST", "/orders/ord_1": "GET, HEAD, OPTIONS",
		"/orders/ord_1/cancel": "OPTIONS, POST",
		"/me":                  "GET, HEAD, OPTIONS, PUT", "/webhooks/shipments": "OPTIONS, POST",
	} {
		for _, method := range []string{"DELETE", "PATCH", "TRACE"} {
			if got := f.do(call{method: method, path: path}).expect(405,
				"MethodNotAllowed").header.Get("Allow"); got != allow {
				t.Errorf("%s %s: got %q, want %q", method, path, got, allow)
			}
		}
		if res := f.do(call{method: "OPTIONS", path: path}).expect(204, ""); res.header.Get("Allow") != allow ||
			len(res.body) != 0 {
			t.Errorf("OPTIONS %s: got %v %s", path, res.header, res.body)
		}
	}
	id, job := f.placedBy(&operator), f.job()
	for _, r := range routes {
		if r.method == "GET" {
			path := strings.NewReplacer("{orderId}", id, "{sku}", "MUG-BLUE", "{jobId}", job, "{mail}", "confirmed", "{queue}", "start-dead-letters", "{messageId}", "m-1").Replace(r.path)
			get, head := f.get(&operator, path), f.do(call{by: &operator, method: "HEAD", path: path})
			if head.status != 200 || head.status != get.status ||
				head.header.Get("Content-Type") != get.header.Get("Content-Type") {
				t.Errorf("HEAD %s: got %d %v", path, head.status, head.header)
			}
		}
	}
	f.do(call{method: "HEAD", path: "/orders"}).expect(401, "")
	get := f.get(nil, "/products/MUG-BLUE").expect(200, "")
	head := f.do(call{method: "HEAD", path: "/products/MUG-BLUE"}).expect(200, "")
	if len(head.body) != 0 || head.header.Get("ETag") != get.header.Get("ETag") ||
		head.header.Get("Content-Length") != fmt.Sprint(len(get.body)) {
		t.Errorf("got %v %s", head.header, head.body)
	}
}

// TestDispatch_services: a function serves the operations of its service alone, and answers for what
// is not in the contract.
func TestDispatch_services(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	options := f.options()
	options.Service = "products"
	f.handler = New(options)
	f.get(nil, "/products").expect(200, "")
	f.get(&operator, "/ops/orders").expect(500, "Internal")
	f.get(nil, "/nowhere").expect(404, "NotFound")
	f.do(call{method: "DELETE", path: "/orders"}).expect(405, "MethodNotAllowed")
}

// TestDispatch_authorises calls every operation of the contract without a token, with a wrong
// token, and without the scope or group that it needs.
func TestDispatch_authorises(t *testing.T) {
	t.Parallel()
	for _, r := range routes {
		t.Run(r.operation, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			path := strings.ReplaceAll(r.path, "{orderId}", "ord_00000000000000000000000000")
			path = strings.ReplaceAll(path, "{sku}", "MUG-BLUE")
			ask := func(c *Caller) *response { return f.do(call{by: c, method: r.method, path: path, body: "{}"}) }
			if r.public {
				if res := ask(nil); res.status == 403 || res.status == 401 && r.service != "webhooks" {
					t.Errorf("a public operation answers %d", res.status)
				}
				return
			}
			if got := ask(nil).expect(401,
				"Unauthenticated").header.Get("WWW-Authenticate"); got != `Bearer realm="orderflow"` {
				t.Errorf("got %q", got)
			}
			ask(&Caller{Scopes: operator.Scopes, Groups: operator.Groups, TokenUse: "access"}).expect(401,
				"Unauthenticated")
			identity := operator
			identity.TokenUse = "id"
			if got := ask(&identity).expect(401,
				"Unauthenticated").header.Get("WWW-Authenticate"); !strings.Contains(got, `error="invalid_token"`) {
				t.Errorf("got %q", got)
			}
			for _, scope := range r.scopes {
				weak := operator
				weak.Scopes = strings.Fields(strings.ReplaceAll("orders:read orders:write", scope, ""))
				if got := ask(&weak).expect(403,
					"InsufficientScope").header.Get("WWW-Authenticate"); !strings.Contains(got, `scope="`+scope+`"`) {
					t.Errorf("got %q", got)
				}
			}
			res := ask(&ada)
			if operators := strings.HasPrefix(r.path, "/ops"); operators != (res.status == 403) {
				t.Errorf("a customer gets %d", res.status)
			} else if operators {
				res.expect(403, "OperatorsOnly")
			}
			if res := ask(&operator); res.status == 401 || res.status == 403 {
				t.Errorf("an operator gets %d", res.status)
			}
		})
	}
}

func TestDispatch_failures(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"unknown":      {errors.New("dial tcp 10.0.0.1: refused"), 500, "Internal"},
		"unknown code": {orderflow.Errorf("Strange", "x"), 500, "Internal"},
		"throttled": {fmt.Errorf("get order: %w", orderflow.Errorf(orderflow.CodeThrottled, "rate exceeded")), 503,
			"Throttled"},
		"too slow": {fmt.Errorf("get order: %w", context.DeadlineExceeded), 503, "Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			id := f.placedBy(&ada)
			f.fail = tt.err
			for _, path := range []string{"/orders/" + id, "/orders", "/products", "/products/MUG-BLUE", "/me",
				"/ops/orders", "/ops/orders/" + id} {
				if path == "/me" {
					f.customers["olga"] = orderflow.Customer{ID: "olga"}
				}
				res := f.get(&operator, path)
				if strings.HasPrefix(path, "/orders/") && res.status == 404 {
					t.Errorf("%s: got 404", path)
				}
				res.expect(tt.status, tt.code)
				if bytes.Contains(res.body, []byte("10.0.0.1")) ||
					(tt.status == 503 && res.header.Get("Retry-After") != "1") {
					t.Errorf("%s: got %s %v", path, res.body, res.header)
				}
			}
			f.place(&ada, "another", order()).expect(tt.status, tt.code)
			if !strings.Contains(f.log.String(), "requestId") || !strings.Contains(f.log.String(), tt.err.Error()) {
				t.Errorf("the failure is not logged: %s", f.log.String())
			}
		})
	}
}

func TestDispatch_panics(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.panics = "ada@example.com lives at 12 St James's Square"
	res := f.place(&ada, "key", order()).expect(500, "Internal")
	if bytes.Contains(res.body, []byte("goroutine")) || bytes.Contains(res.body, []byte(".go")) {
		t.Errorf("got %s", res.body)
	}
	if log := f.log.String(); !strings.Contains(log, `"msg":"panic"`) || !strings.Contains(log, `"status":500`) ||
		strings.Contains(log, "ada@") {
		t.Errorf("got %s", log)
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.do(call{by: &ada, method: "PUT", path: "/me", body: `{"email":"ada@example.com"}`}).expect(200, "")
	f.place(&ada, "2", order(`email="not an address of ada"`)).expect(422, "InvalidRequest")
	f.log.Reset()
	r, err := http.NewRequestWithContext(WithRequestID(WithCaller(t.Context(), ada), "gw-1"), "GET", "/orders/"+id,
		http.NoBody)
	must(t, err)
	w := &statusWriter{ResponseWriter: discard{http.Header{}}}
	f.handler.ServeHTTP(w, r)
	line := f.log.String()
	for _, want := range []string{`"msg":"request"`, `"method":"GET"`, `"route":"/orders/{orderId}"`, `"status":200`,
		`"duration":0`, `"requestId":"gw-1"`, `"caller":"` + digest("ada") + `"`} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is missing in %s", want, line)
		}
	}
	if strings.Count(line, "\n") != 1 || w.Header().Get("X-Request-Id") != "gw-1" {
		t.Errorf("got %s, %v", line, w.Header())
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) WriteHeader(int)             {}
func (discard) Write(p []byte) (int, error) { return len(p), nil }

// TestLog_holdsNoPersonalData searches the log for data that customers send.
func TestLog_holdsNoPersonalData(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	person := Caller{Subject: "grace-hopper", Scopes: ada.Scopes, TokenUse: "access"}
	id := decoded[placedView](f.place(&person, "k-grace", order(`email="grace@example.com"`)).expect(202, "")).OrderID
	f.get(&person, "/orders/"+id+"?name=grace")
	f.get(&person, "/orders/grace")
	f.place(&person, "k-grace", order(`email="grace"`)).expect(422, "IdempotencyKeyReused")
	f.fail = errors.New("broken")
	f.get(&person, "/orders/"+id).expect(500, "Internal")
	if log := strings.ToLower(f.log.String()); strings.Contains(log, "grace") || strings.Contains(log, "lovelace") ||
		strings.Contains(log, "pm_card") {
		t.Errorf("got %s", log)
	}
}

// TestDispatch_noBody checks that an operation without a body refuses one, and changes nothing.
func TestDispatch_noBody(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id, job := f.placedBy(&operator), f.job()
	tried := 0
	for _, r := range routes {
		if r.body != nil {
			continue
		}
		tried++
		path := strings.NewReplacer("{orderId}", id, "{sku}", "MUG-BLUE", "{jobId}", job, "{mail}", "confirmed", "{queue}", "start-dead-letters", "{messageId}", "m-1").Replace(r.path)
		for _, body := range []string{`{"x":1}`, `{}`, " ", strings.Repeat("x", maxBody+1)} {
			f.do(call{by: &operator, method: r.method, path: path, body: body}).expect(400, "MalformedRequest")
			for _, header := range []string{"Content-Type: application/x-www-form-urlencoded",
				"Content-Type: text/plain", "Content-Encoding: gzip"} {
				f.do(call{by: &operator, method: r.method, path: path, body: body,
					headers: []string{header}}).expect(400, "MalformedRequest")
			}
		}
		for _, encoding := range []string{"gzip", "identity"} {
			f.do(call{by: &operator, method: r.method, path: path,
				headers: []string{"Content-Encoding: " + encoding}}).expect(400, "MalformedRequest")
		}
	}
	if tried < 10 {
		t.Errorf("only %d operations take no body", tried)
	}
	if o, err := f.load(id); err != nil || o.Cancel != nil {
		t.Errorf("it is cancelled: %+v, %v", o, err)
	}
	for _, media := range []string{"application/json", "application/x-www-form-urlencoded"} {
		f.do(call{by: &operator, method: "POST", path: "/orders/" + id + "/cancel",
			headers: []string{"Content-Type: " + media}}).expect(202, "")
	}
}

// TestDispatch_bodyKinds checks that a body that is not a JSON document is malformed, and that a
// document that is not an object breaks the schema.
func TestDispatch_bodyKinds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for body, want := range map[string]int{"{": 400, "": 400, "{} {}": 400, "[]": 422, "null": 422, "1": 422, `"x"`: 422} {
		f.do(call{by: &ada, method: "PUT", path: "/me", body: body,
			headers: []string{"Content-Type: application/json"}}).expect(want,
			map[int]string{400: "MalformedRequest", 422: "InvalidRequest"}[want])
	}
}
