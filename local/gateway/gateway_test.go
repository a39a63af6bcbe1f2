package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/gateway/issuer"
	"github.com/orderflow-dev/orderflow/local/store"
)

var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// keyStore keeps one issuer's key for all tests: making one takes a while.
var keyStore = sync.OnceValues(func() (*store.Store, error) { return store.Open("", store.Options{InMemory: true}) })

type setup struct {
	Config
	clock  *clockwork.FakeClock
	issuer *issuer.Issuer
	last   events.APIGatewayV2HTTPRequest
}

// newGateway makes a gateway whose function answers with reply and whose authorizer "jwt" trusts
// its own issuer.
func newGateway(t *testing.T, reply string, change func(*setup)) (*Gateway, *setup) {
	t.Helper()
	st, err := keyStore()
	if err != nil {
		t.Fatal(err)
	}
	s := &setup{clock: clockwork.NewFakeClockAt(epoch)}
	if s.issuer, err = issuer.New(st, s.clock, issuer.Options{URL: "http://issuer.test/"}); err != nil {
		t.Fatal(err)
	}
	s.Config = Config{
		Clock: s.clock, NewID: func() string { return "JKJaXmPLvHcESHA=" },
		Authorizers: map[string]*Authorizer{"jwt": {Issuer: "http://issuer.test", Audience: []string{"storefront"},
			Keys: JWKS(s.issuer.JWKS, s.clock)}},
		Invoke: func(_ context.Context, _ string, event []byte) ([]byte, bool, error) {
			d := json.NewDecoder(bytes.NewReader(event))
			d.DisallowUnknownFields() // aws-lambda-go knows every member of a real event
			s.last = events.APIGatewayV2HTTPRequest{}
			if err := d.Decode(&s.last); err != nil {
				return nil, false, err
			}
			return []byte(reply), false, nil
		},
	}
	if change != nil {
		change(s)
	}
	g, err := New(s.Config)
	if err != nil {
		t.Fatal(err)
	}
	return g, s
}

func send(t *testing.T, g http.Handler, method, target, body string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w.Result()
}

func read(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestGateway_Routes(t *testing.T) {
	t.Parallel()
	g, s := newGateway(t, `{}`, func(s *setup) {
		for _, key := range []string{"$default", "ANY /{proxy+}", "GET /pets/{proxy+}", "GET /pets/dog/{id}",
			"GET /pets/dog/1", "ANY /pets/dog/{id}",
			"POST /orders", "GET /orders/{orderId}", "POST /orders/{orderId}/cancel", "ANY /pets/{a}/x"} {
			s.Routes = append(s.Routes, Route{Key: key, Function: "f"})
		}
	})
	for _, tt := range []struct{ method, path, route, params string }{
		{"GET", "/pets/dog/1", "GET /pets/dog/1", `null`},
		{"GET", "/pets/dog/2", "GET /pets/dog/{id}", `{"id":"2"}`},
		{"PUT", "/pets/dog/2", "ANY /pets/dog/{id}", `{"id":"2"}`},
		{"GET", "/pets/cat/1", "GET /pets/{proxy+}", `{"proxy":"cat/1"}`},
		{"GET", "/pets/cat/x", "ANY /pets/{a}/x", `{"a":"cat"}`},
		{"POST", "/test/5", "ANY /{proxy+}", `{"proxy":"test/5"}`},
		{"GET", "/", "$default", `null`},
		{"POST", "/orders", "POST /orders", `null`},
		{"GET", "/orders/a%20b", "GET /orders/{orderId}", `{"orderId":"a b"}`},
		{"GET", "/orders/", "ANY /{proxy+}", `{"proxy":"orders/"}`},
		{"POST", "/orders/7/cancel", "POST /orders/{orderId}/cancel", `{"orderId":"7"}`},
	} {
		t.Run(tt.method+tt.path, func(t *testing.T) {
			if r := send(t, g, tt.method, tt.path, ""); r.StatusCode != 200 {
				t.Fatalf("status %d: %s", r.StatusCode, read(t, r))
			}
			params, err := json.Marshal(s.last.PathParameters)
			if err != nil {
				t.Fatal(err)
			}
			if s.last.RouteKey != tt.route || string(params) != tt.params {
				t.Errorf("route %s %s, want %s %s", s.last.RouteKey, params, tt.route, tt.params)
			}
		})
	}
}

func TestNew_RefusesBadRoutes(t *testing.T) {
	t.Parallel()
	ok := func(context.Context, string, []byte) ([]byte, bool, error) { return nil, false, nil }
	for _, routes := range [][]Route{
		{{Key: "GET", Function: "f"}}, {{Key: "GET /a"}}, {{Key: "GET /{a+}/b", Function: "f"}},
		{{Key: "GET /{}", Function: "f"}},
		{{Key: "GET /a", Function: "f", Authorizer: "none"}}, {{Key: "GET /a", Function: "f", Timeout: time.Minute}},
		{{Key: "GET /{a}", Function: "f"}, {Key: "GET /{b}", Function: "g"}},
	} {
		if _, err := New(Config{Routes: routes, Invoke: ok, Clock: clockwork.NewRealClock()}); err == nil {
			t.Errorf("New accepted %+v", routes)
		}
	}
}

func TestGateway_NoRoute(t *testing.T) {
	t.Parallel()
	g, _ := newGateway(t, `{}`, func(s *setup) { s.Routes = []Route{{Key: "GET /a", Function: "f"}} })
	r := send(t, g, "POST", "/a", "")
	body := read(t, r)
	if r.StatusCode != 404 || !strings.Contains(body, `"message":"Not Found"`) ||
		r.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("got %d %s", r.StatusCode, body)
	}
}

func TestGateway_Event(t *testing.T) {
	t.Parallel()
	var raw []byte
	g, _ := newGateway(t, ``, func(s *setup) {
		s.Routes = []Route{{Key: "POST /orders/{id}", Function: "f"}}
		s.Invoke = func(_ context.Context, function string, event []byte) ([]byte, bool, error) {
			raw = event
			return []byte(`{"statusCode":202}`), false, nil
		}
	})
	r := httptest.NewRequest("POST", "http://api.example.test/orders/%C3%A9?a=1&a=2&b=x%20y", strings.NewReader(`{"n":1}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Add("X-Two", "1")
	r.Header.Add("X-Two", "2")
	r.Header.Set("Cookie", "a=b; c=d")
	r.Header.Set("User-Agent", "test/1")
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	if w.Code != 202 || w.Header().Get("Apigw-Requestid") != "JKJaXmPLvHcESHA=" {
		t.Errorf("answer %d %v", w.Code, w.Header())
	}
	want := `{"version":"2.0","routeKey":"POST /orders/{id}","rawPath":"/orders/é",` +
		`"rawQueryString":"a=1\u0026a=2\u0026b=x%20y","cookies":["a=b","c=d"],` +
		`"headers":{"content-length":"7","content-type":"application/json","host":"api.example.test","user-agent":"test/1",` +
		`"x-amzn-trace-id":"Root=1-6921a540-` + traceID("JKJaXmPLvHcESHA=") +
		`","x-forwarded-for":"192.0.2.1","x-forwarded-port":"80","x-forwarded-proto":"http","x-two":"1,2"},` +
		`"queryStringParameters":{"a":"1,2","b":"x y"},` +
		`"requestContext":{"accountId":"000000000000","apiId":"local","domainName":"api.example.test","domainPrefix":"api",` +
		`"http":{"method":"POST","path":"/orders/é","protocol":"HTTP/1.1","sourceIp":"192.0.2.1","userAgent":"test/1"},` +
		`"requestId":"JKJaXmPLvHcESHA=","routeKey":"POST /orders/{id}","stage":"$default",` +
		`"time":"22/Nov/2026:12:00:00 +0000","timeEpoch":1795348800000},` +
		`"pathParameters":{"id":"é"},"body":"{\"n\":1}","isBase64Encoded":false}`
	want = strings.Replace(want, "6921a540", traceTime(), 1)
	if string(raw) != want {
		t.Errorf("event\n%s\nwant\n%s", raw, want)
	}
}

func traceTime() string {
	const digits = "0123456789abcdef"
	n, out := epoch.Unix(), ""
	for range 8 {
		out, n = string(digits[n%16])+out, n/16
	}
	return out
}

func TestGateway_BinaryBody(t *testing.T) {
	t.Parallel()
	g, s := newGateway(t, `{}`, func(s *setup) { s.Routes = []Route{{Key: "$default", Function: "f"}} })
	for _, tt := range []struct {
		contentType, body, want string
		encoded                 bool
	}{
		{"application/json; charset=utf-8", `{}`, `{}`, false},
		{"application/merge-patch+json", `{}`, `{}`, false},
		{"text/plain", "a", "a", false},
		{"text/plain", "\xff", "/w==", true},
		{"application/x-www-form-urlencoded", "a=b", "YT1i", true},
		{"application/octet-stream", "a", "YQ==", true},
		{"", "a", "YQ==", true},
	} {
		send(t, g, "POST", "/", tt.body, "Content-Type", tt.contentType)
		if s.last.Body != tt.want || s.last.IsBase64Encoded != tt.encoded {
			t.Errorf("%s: body %q, base64 %v", tt.contentType, s.last.Body, s.last.IsBase64Encoded)
		}
	}
}

func TestGateway_Replies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, reply string
		status      int
		body, typ   string
	}{
		{"full", `{"statusCode":201,"headers":{"Content-Type":"application/json","X-N":7},"cookies":["a=1","b=2"],` +
			`"body":"{}"}`, 201, `{}`, "application/json"},
		{"base64", `{"statusCode":200,"headers":{"content-type":"image/png"},"body":"AAE=","isBase64Encoded":true}`,
			200, "\x00\x01", "image/png"},
		{"no type", `{"statusCode":200,"body":"hi"}`, 200, "hi", "text/plain;charset=UTF-8"},
		{"status as text", `{"statusCode":"204"}`, 204, "", ""},
		{"inferred object", `{"message":"hi"}`, 200, `{"message":"hi"}`, "application/json"},
		{"inferred string", `"hi"`, 200, `hi`, "application/json"},
		{"not JSON", `hello`, 500, `"message":"Internal Server Error"`, "application/problem+json"},
		{"bad status", `{"statusCode":"x"}`, 500, `"message":"Internal Server Error"`, "application/problem+json"},
		{"status out of range", `{"statusCode":42}`, 500, `"code":"Internal"`, "application/problem+json"},
		{"body not text", `{"statusCode":200,"body":{}}`, 500, `"code":"Internal"`, "application/problem+json"},
		{"bad base64", `{"statusCode":200,"body":"*","isBase64Encoded":true}`, 500, `"code":"Internal"`,
			"application/problem+json"},
		{"header not text", `{"statusCode":200,"headers":{"a":[]}}`, 500, `"code":"Internal"`, "application/problem+json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g, _ := newGateway(t, tt.reply, func(s *setup) { s.Routes = []Route{{Key: "$default", Function: "f"}} })
			r := send(t, g, "GET", "/", "")
			body := read(t, r)
			match := body == tt.body
			if tt.status == 500 {
				match = strings.Contains(body, tt.body)
			}
			if r.StatusCode != tt.status || !match || r.Header.Get("Content-Type") != tt.typ {
				t.Errorf("got %d %q %s", r.StatusCode, body, r.Header.Get("Content-Type"))
			}
			if tt.name == "full" && (strings.Join(r.Header["Set-Cookie"], ",") != "a=1,b=2" || r.Header.Get("X-N") != "7") {
				t.Errorf("headers %v", r.Header)
			}
		})
	}
}

func TestGateway_FailedIntegrations(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		failed  bool
		err     error
		status  int
		message string
	}{
		{"function error", true, nil, 500, "Internal Server Error"},
		{"throttled", false, ErrThrottled, 503, "Service Unavailable"},
		{"event too large", false, ErrTooLarge, 413, "Request Entity Too Large"},
		{"broken", false, errors.New("x"), 503, "Service Unavailable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var access Access
			g, _ := newGateway(t, ``, func(s *setup) {
				s.Routes = []Route{{Key: "$default", Function: "f"}}
				s.AccessLog = func(a Access) { access = a }
				s.Invoke = func(context.Context, string, []byte) ([]byte, bool, error) {
					return []byte(`{"errorMessage":"secret","errorType":"x"}`), tt.failed, tt.err
				}
			})
			r := send(t, g, "GET", "/", "")
			body := read(t, r)
			if r.StatusCode != tt.status || !strings.Contains(body, `"message":"`+tt.message+`"`) ||
				strings.Contains(body, "secret") {
				t.Errorf("got %d %s", r.StatusCode, body)
			}
			if retry := r.Header.Get("Retry-After"); (retry == "1") != (tt.status == 503) {
				t.Errorf("Retry-After %q", retry)
			}
			if access.Status != tt.status || access.Route != "$default" || access.RequestID == "" {
				t.Errorf("access log %+v", access)
			}
		})
	}
}

func TestGateway_IntegrationTimeout(t *testing.T) {
	t.Parallel()
	entered, ended := make(chan struct{}), make(chan error, 1)
	g, s := newGateway(t, ``, func(s *setup) {
		s.Routes = []Route{{Key: "$default", Function: "f"}}
		s.Invoke = func(ctx context.Context, _ string, _ []byte) ([]byte, bool, error) {
			close(entered)
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, false, ctx.Err()
		}
	})
	done := make(chan *http.Response, 1)
	go func() { done <- send(t, g, "GET", "/", "") }()
	<-entered
	s.clock.Advance(30 * time.Second)
	if r := <-done; r.StatusCode != 503 {
		t.Errorf("status %d, want 503", r.StatusCode)
	}
	if err := <-ended; err == nil {
		t.Error("the invocation's context did not end")
	}
}

func TestGateway_BodyLimit(t *testing.T) {
	t.Parallel()
	g, _ := newGateway(t, `{}`, func(s *setup) { s.Routes = []Route{{Key: "$default", Function: "f"}} })
	if r := send(t, g, "POST", "/", strings.Repeat("x", MaxBody+1)); r.StatusCode != 413 {
		t.Errorf("status %d, want 413", r.StatusCode)
	}
}

// slowBody is a body whose client stops sending.
type slowBody struct{ err error }

func (b slowBody) Read([]byte) (int, error) { return 0, b.err }

func TestGateway_UnreadableBody(t *testing.T) {
	t.Parallel()
	g, _ := newGateway(t, `{}`, func(s *setup) { s.Routes = []Route{{Key: "$default", Function: "f"}} })
	for err, want := range map[error]int{os.ErrDeadlineExceeded: 408, io.ErrUnexpectedEOF: 400} {
		r := httptest.NewRequest("POST", "/", slowBody{fmt.Errorf("read: %w", err)})
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != want || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%v: got %d %s", err, w.Code, w.Body)
		}
	}
}

func TestGateway_Throttle(t *testing.T) {
	t.Parallel()
	g, s := newGateway(t, `{}`, func(s *setup) {
		s.Routes = []Route{{Key: "GET /a", Function: "f"},
			{Key: "GET /b", Function: "f", Throttle: Throttle{Rate: 100, Burst: 3}}}
		s.Throttle = Throttle{Rate: 1, Burst: 2}
	})
	statuses := func(path string, n int) (out []int) {
		for range n {
			out = append(out, send(t, g, "GET", path, "").StatusCode)
		}
		return out
	}
	if got := statuses("/a", 3); got[1] != 200 || got[2] != 429 {
		t.Errorf("/a: %v, want 2 accepted", got)
	}
	if r := send(t, g, "GET", "/a", ""); r.StatusCode != 429 || r.Header.Get("Retry-After") != "1" {
		t.Errorf("got %d %v", r.StatusCode, r.Header)
	}
	if got := statuses("/b", 4); got[2] != 200 || got[3] != 429 {
		t.Errorf("/b: %v, want 3 accepted", got)
	}
	s.clock.Advance(time.Second)
	if got := statuses("/a", 2); got[0] != 200 || got[1] != 429 {
		t.Errorf("/a a second later: %v, want 1 accepted", got)
	}
}

func TestGateway_CORS(t *testing.T) {
	t.Parallel()
	g, _ := newGateway(t, `{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"*"}}`, func(s *setup) {
		s.Routes = []Route{{Key: "GET /a", Function: "f"}}
		s.CORS = &CORS{Origins: []string{"https://shop.example"}, Methods: []string{"GET", "POST"},
			Headers: []string{"authorization"}, Expose: []string{"etag"}, MaxAge: 600}
	})
	r := send(t, g, "OPTIONS", "/a", "", "Origin", "https://shop.example", "Access-Control-Request-Method", "POST")
	if h := r.Header; r.StatusCode != 204 || h.Get("Access-Control-Allow-Origin") != "https://shop.example" ||
		h.Get("Access-Control-Allow-Methods") != "GET,POST" ||
		h.Get("Access-Control-Allow-Headers") != "authorization" || h.Get("Access-Control-Max-Age") != "600" {
		t.Errorf("preflight: %d %v", r.StatusCode, r.Header)
	}
	if r := send(t, g, "GET", "/a", "", "Origin",
		"https://shop.example"); r.Header.Get("Access-Control-Allow-Origin") != "https://shop.example" ||
		r.Header.Get("Access-Control-Expose-Headers") != "etag" {
		t.Errorf("allowed origin: %v", r.Header)
	}
	if r := send(t, g, "GET", "/a", "", "Origin", "https://evil.example"); r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("foreign origin: %v", r.Header)
	}
	if r := send(t, g, "GET", "/none", "", "Origin", "https://shop.example"); r.StatusCode != 404 ||
		r.Header.Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("a refusal must be readable too: %d %v", r.StatusCode, r.Header)
	}
}
