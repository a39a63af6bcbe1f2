package tests

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestPages_refused sends, to each of the system's servers, requests that a web page can have a
// browser send: from a foreign origin, under a rebound name, and without an origin. Each is refused
// in the format of the server and changes nothing. tests/browser does the same in a browser.
func TestPages_refused(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory")
	topic := "arn:aws:sns:us-east-1:000000000000:orderflow-alerts"
	invoke := s.AWS + "/2015-03-31/functions/orderflow-ApiOrdersFunction/invocations"
	const problem, query = `"type":"about:blank"`, "<ErrorResponse"
	for _, c := range []struct{ name, method, url, header, body, shape string }{
		{"invoke a function", "POST", invoke, "Origin: http://evil.example\nContent-Type: text/plain", `{}`, `"message"`},
		{"invoke a function of a sandboxed frame", "POST", invoke, "Origin: null\nContent-Type: text/plain", `{}`, `"message"`},
		{"invoke a function by a rebound name", "POST", invoke, "Host: rebound.example", `{}`, `"message"`},
		{"publish", "POST", s.AWS, "Origin: http://evil.example\nContent-Type: application/x-www-form-urlencoded",
			"Action=Publish&Message=forged&TopicArn=" + topic, query},
		{"delete a topic by an image", "GET", s.AWS + "/?Action=DeleteTopic&TopicArn=" + topic,
			"Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: image", "", query},
		{"delete a topic by an old browser's image", "GET", s.AWS + "/?Action=DeleteTopic&TopicArn=" + topic, "", "", query},
		{"delete a topic by a link", "GET", s.AWS + "/?Action=DeleteTopic&TopicArn=" + topic,
			"Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document", "", query},
		{"scan by a rebound name", "POST", s.AWS, "Host: rebound.example\nX-Amz-Target: DynamoDB_20120810.Scan",
			`{"TableName":"orderflow-orders"}`, `"__type"`},
		{"an operator's token by a rebound name", "POST", s.API + "/_local/token", "Host: rebound.example\nOrderflow-Local: 1",
			`{"sub":"x","groups":["operators"]}`, problem},
		{"a token for a page that CORS allows", "POST", s.API + "/_local/token", "Origin: http://localhost:3000\nOrderflow-Local: 1",
			`{"sub":"x"}`, problem},
		{"the outage", "PUT", s.API + "/_local/outage", "Origin: http://evil.example\nOrderflow-Local: 1", `{"lifted":false}`, problem},
		{"the catalogue for a foreign page", "GET", s.API + "/products/kettle-gooseneck-1l",
			"Origin: http://evil.example", "", problem},
		{"the catalogue by a rebound name", "GET", s.API + "/products/kettle-gooseneck-1l", "Host: rebound.example:8080", "", problem},
		{"the keys by a rebound name", "GET", s.API + "/.well-known/jwks.json", "Host: rebound.example", "", problem},
	} {
		res, body := s.send(t, c.method, c.url, c.header, c.body)
		if res.StatusCode != http.StatusForbidden || !strings.Contains(body, c.shape) {
			t.Errorf("%s: %d %s", c.name, res.StatusCode, body)
		}
		if allowed := res.Header.Get("Access-Control-Allow-Origin"); allowed != "" {
			t.Errorf("%s: the answer may be read by %s", c.name, allowed)
		}
	}
	_, body := s.send(t, "POST", s.AWS, "Content-Type: application/x-www-form-urlencoded", "Action=ListTopics")
	if !strings.Contains(body, topic) {
		t.Errorf("the topic was deleted: %s", body)
	}
}

// TestPages_served: the API's own pages, links to them, the storefront in CorsOrigins, and programs
// under every name of this machine get answers.
func TestPages_served(t *testing.T) {
	t.Parallel()
	s := up(t, "--in-memory", "--allow-host", "build-host", "--param", "PublicUrl=https://tunnel.example")
	product := s.API + "/products/kettle-gooseneck-1l"
	for _, c := range []struct{ name, method, url, header string }{
		{"curl", "GET", product, ""},
		{"a link to the docs", "GET", s.API + "/docs",
			"Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document\nReferer: https://code.example/"},
		{"a page of the API's origin", "GET", product, "Sec-Fetch-Site: same-origin\nReferer: " + s.API + "/docs"},
		{"the storefront", "GET", product, "Origin: http://localhost:3000\nSec-Fetch-Site: same-site"},
		{"the storefront's preflight", "OPTIONS", s.API + "/orders",
			"Origin: http://localhost:3000\nAccess-Control-Request-Method: POST"},
		{"localhost", "GET", product, "Host: localhost:8080"},
		{"a name below localhost", "GET", product, "Host: api.localhost"},
		{"a name that was allowed", "GET", product, "Host: build-host:8080"},
		{"the carrier, by the public address", "GET", product, "Host: tunnel.example"},
	} {
		if res, body := s.send(t, c.method, c.url, c.header, ""); res.StatusCode/100 != 2 {
			t.Errorf("%s: %d %s", c.name, res.StatusCode, body)
		}
	}
}

// send sends one request. header has one header per line.
func (s *system) send(t *testing.T, method, url, header, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(header) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		r.Header.Set(name, value)
	}
	r.Host = r.Header.Get("Host")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(answer)
}
