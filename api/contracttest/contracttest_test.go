package contracttest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func newChecker(t *testing.T) *Checker {
	t.Helper()
	document, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(document)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const noOrder = `{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no such order","code":"NotFound"}`

func TestChecker_Check(t *testing.T) {
	t.Parallel()
	c := newChecker(t)
	order := "/orders/ord_000sksmeyf00rq2d2yxq4fhqgr"
	for _, tt := range []struct {
		name, method, path string
		status             int
		header, body       string // "name: value|name: value"
		want               string // part of the error, "" for success
	}{
		{"an answer", "GET", "/healthz", 200, "Content-Type: application/json", `{"status":"ok"}`, ""},
		{"another body", "GET", "/healthz", 200, "Content-Type: application/json", `{"status":"fine"}`, "status"},
		{"a member more", "GET", "/healthz", 200, "Content-Type: application/json", `{"status":"ok","since":1}`, "since"},
		{"another type", "GET", "/healthz", 200, "Content-Type: text/plain", `ok`, "text/plain"},
		{"a page", "GET", "/docs", 200, "Content-Type: text/html; charset=utf-8", `<html>`, ""},
		{"a page where there is none", "GET", "/healthz", 200, "Content-Type: text/html", `<html>`, "text/html"},
		{"a status that is not listed", "GET", "/healthz", 201, "Content-Type: application/json", `{"status":"ok"}`,
			"Health lists"},
		{"a redirection", "GET", "//orders", 301, "Location: /orders", ``, "no such operation"},
		{"a problem", "GET", order, 404, "Content-Type: application/problem+json", noOrder, ""},
		{"a problem of another status", "GET", order, 403, "Content-Type: application/problem+json", noOrder,
			"the problem's status is 404"},
		{"a problem without a code", "GET", order, 404, "Content-Type: application/problem+json",
			strings.Replace(noOrder, "code", "kind", 1), "kind"},
		{"the gateway's own words", "GET", order, 401, "Content-Type: application/json|WWW-Authenticate: Bearer",
			`{"message":"Unauthorized"}`, ""},
		{"no challenge", "GET", order, 401, "Content-Type: application/json", `{"message":"Unauthorized"}`,
			"header WWW-Authenticate is missing"},
		{"no Retry-After", "GET", order, 429, "Content-Type: application/json", `{"message":"Too Many Requests"}`,
			"header Retry-After is missing"},
		{"no Allow", "DELETE", "/orders", 405, "Content-Type: application/problem+json",
			strings.Replace(noOrder, "404", "405", 1), "header Allow is missing"},
		{"HTML", "GET", "/nothing", 404, "Content-Type: text/html", `<h1>404</h1>`,
			"the media type of a failure is text/html"},
		{"text", "GET", "/nothing", 400, "Content-Type: text/plain; charset=utf-8", `400 Bad Request`,
			"the media type of a failure is text/plain"},
		{"OPTIONS", "OPTIONS", "/orders", 204, "Allow: GET", ``, ""},
		{"HEAD", "HEAD", "/healthz", 200, "Content-Type: application/json", ``, ""},
		{"HEAD with a body", "HEAD", "/healthz", 200, "Content-Type: application/json", `{}`,
			"the answer to HEAD has a body"},
		{"HEAD that is not listed", "HEAD", "/healthz", 302, "Location: /", ``, "Health lists"},
		{"a success for nothing", "POST", "/nothing", 200, "Content-Type: application/json", `{}`, "no such operation"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			for line := range strings.SplitSeq(tt.header, "|") {
				name, value, _ := strings.Cut(line, ": ")
				header.Set(name, value)
			}
			err := c.Check(httptest.NewRequest(tt.method, tt.path, nil), tt.status, header, []byte(tt.body))
			if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestChecker_Transport(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":"fine"}`)
	}))
	defer server.Close()
	var reported []string
	concerns := func(r *http.Request) bool { return r.URL.Path == "/healthz" }
	client := http.Client{Transport: newChecker(t).Transport(server.Client().Transport, concerns,
		func(err error) { reported = append(reported, err.Error()) })}
	for _, path := range []string{"/healthz", "/other"} {
		res, err := client.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil || string(body) != `{"status":"fine"}` {
			t.Errorf("the body is %s, %v", body, err)
		}
		_ = res.Body.Close()
	}
	if len(reported) != 1 || !strings.Contains(reported[0], "status") || !strings.Contains(reported[0], "/healthz") {
		t.Errorf("reported %q", reported)
	}
}
