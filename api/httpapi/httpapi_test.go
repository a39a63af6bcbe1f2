package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/api"
)

// event reads a fixture: a request event as API Gateway sends it.
func event(t *testing.T, name string) events.APIGatewayV2HTTPRequest {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestRequest(t *testing.T) {
	t.Parallel()
	r, err := Request(t.Context(), event(t, "get-order"))
	if err != nil {
		t.Fatal(err)
	}
	if r.Method != "GET" || r.URL.Path != "/orders/ord_000sksmeyf00rq2d2yxq4fhqgr" ||
		r.Host != "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com" || r.RemoteAddr != "203.0.113.7" {
		t.Errorf("got %s %s of %s from %s", r.Method, r.URL, r.Host, r.RemoteAddr)
	}
	if got := r.URL.Query(); got.Get("limit") != "10" || !slices.Equal(got["tag"], []string{"a&b", "c"}) {
		t.Errorf("got %v", got)
	}
	if session, err := r.Cookie("theme"); err != nil || session.Value != "dark" {
		t.Errorf("got %v, %v", session, err)
	}
	if r.Header.Get("If-None-Match") != `"1","2"` || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
		t.Errorf("got %v", r.Header)
	}
}

func TestRequest_bodyAndStage(t *testing.T) {
	t.Parallel()
	r, err := Request(t.Context(), event(t, "post-webhook"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || string(body) != `{"shipmentId":"shp"}` || r.URL.Path != "/webhooks/shipments" ||
		r.Host != "api.example.com" {
		t.Errorf("got %s, %v at %s of %s", body, err, r.URL, r.Host)
	}
}

func TestRequest_paths(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ stage, raw, want string }{
		{"$default", "", "/"}, {"$default", "/prod/orders", "/prod/orders"}, {"prod", "/prod", "/"},
		{"prod", "/production/orders", "/production/orders"},
		{"", "/products/a%20b", "/products/a b"}, {"", "/products/a b", "/products/a b"},
		{"", "/products/100%", "/products/100%"}, {"", "/products/a%2Fb", "/products/a/b"},
	} {
		e := event(t, "get-order")
		e.RawPath, e.RequestContext.Stage = tt.raw, tt.stage
		if r, err := Request(t.Context(), e); err != nil || r.URL.Path != tt.want {
			t.Errorf("%s%s: got %v, %v", tt.stage, tt.raw, r, err)
		}
	}
}

// TestRequest_oddities checks that any path, query and host reach the API, which refuses them.
func TestRequest_oddities(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ path, query, host string }{
		{"//orders", "", "api.example"}, {"//", "", "api.example"}, {"/orders", "limit=%zz", "api.example"},
		{"/orders", "a;b", "api.example"}, {"/orders", "a#b?c", "api.example"},
		{"/orders?x#y", "", "api.example"}, {"/orders", "", "[::1"}, {"/orders", "", "a%zz"},
		{"/orders", "", "user@host:99999"}, {"/orders", "", "a b/c"}, {"/orders", "", ""}, {"/a\nb", "", ":"},
	} {
		e := event(t, "get-order")
		e.RawPath, e.RawQueryString, e.Headers = tt.path, tt.query, map[string]string{"host": tt.host}
		r, err := Request(t.Context(), e)
		if err != nil || r.URL.Path != tt.path || r.URL.RawQuery != tt.query || r.Host != tt.host {
			t.Errorf("%+v: got %+v, %v", tt, r, err)
		}
	}
}

func TestRequest_refuses(t *testing.T) {
	t.Parallel()
	f := New(http.NotFoundHandler())
	if _, err := f(t.Context(), events.APIGatewayV2HTTPRequest{Version: "1.0"}); err == nil {
		t.Error("an event without a method was served")
	}
	e := event(t, "post-webhook")
	e.Body = "not base64!"
	if _, err := f(t.Context(), e); err == nil {
		t.Error("a body that is not base64 was served")
	}
}

func TestNew_answers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		serve http.HandlerFunc
		want  events.APIGatewayV2HTTPResponse
	}{
		"nothing": {func(http.ResponseWriter, *http.Request) {},
			events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{}}},
		"text": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "17")
			w.Header().Add("Vary", "A")
			w.Header().Add("Vary", "B")
			w.Header().Add("Set-Cookie", "a=1")
			w.Header().Add("Set-Cookie", "b=2; Path=/")
			w.WriteHeader(202)
			w.Header().Set("Too-Late", "1")
			_, _ = io.WriteString(w, `{"name":"Comté"}`)
			w.WriteHeader(500)
		}, events.APIGatewayV2HTTPResponse{
			StatusCode: 202, Body: `{"name":"Comté"}`, Cookies: []string{"a=1", "b=2; Path=/"},
			Headers: map[string]string{"Content-Type": "application/json", "Vary": "A, B"},
		}},
		"bytes": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0xff, 0xfe}) },
			events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: "//4=", IsBase64Encoded: true,
				Headers: map[string]string{}}},
		"compressed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("zip"))
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: "emlw", IsBase64Encoded: true,
			Headers: map[string]string{"Content-Encoding": "gzip"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := New(tt.serve)(t.Context(), event(t, "get-order"))
			if err != nil {
				t.Fatal(err)
			}
			mine, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			want, err := json.Marshal(tt.want)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(mine, want) {
				t.Errorf("got %s, want %s", mine, want)
			}
		})
	}
}

// TestNew_identifies sends events through the whole API. The caller is the one that the authorizer
// names.
func TestNew_identifies(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := New(api.New(api.Options{
		OrderLists: noOrders{}, WebhookSecret: "secret", Now: func() time.Time { return time.Unix(1795348800, 0) },
		Logger: slog.New(slog.NewJSONHandler(&log, nil)),
	}))
	e := event(t, "get-order")
	e.RawPath, e.RawQueryString = "/ops/orders", ""
	serve := func() events.APIGatewayV2HTTPResponse {
		res, err := f(context.Background(), e)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	if res := serve(); res.StatusCode != 200 || res.Body != `{"orders":[]}` ||
		res.Headers["X-Request-Id"] != "UoZ0qjHIIAMEJ9w=" {
		t.Errorf("got %+v", res)
	}
	e.RequestContext.Authorizer.JWT.Claims["cognito:groups"] = "[auditors]"
	if res := serve(); res.StatusCode != 403 {
		t.Errorf("got %+v", res)
	}
	e.RequestContext.Authorizer = nil
	if res := serve(); res.StatusCode != 401 || !strings.HasPrefix(res.Headers["Www-Authenticate"], "Bearer") {
		t.Errorf("got %+v", res)
	}
	e = event(t, "post-webhook")
	if res := serve(); res.StatusCode != 401 || !strings.Contains(res.Body, "InvalidSignature") {
		t.Errorf("got %+v", res)
	}
}

type noOrders struct{ api.OrderLists }

func (noOrders) FindOrders(context.Context, orderflow.OrderFilter, string, int) ([]*orderflow.Order, string, error) {
	return nil, "", nil
}
