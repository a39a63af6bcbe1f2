package gateway

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestListener sends requests that net/http refuses itself, and requests that it passes on.
func TestListener(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		http.Error(w, "a handler's own", http.StatusTeapot)
	}))
	server.Listener = Listener(server.Listener)
	server.Config.MaxHeaderBytes = 1 << 10
	server.Start()
	defer server.Close()
	for name, tt := range map[string]struct {
		request string
		status  int
	}{
		"served":              {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 418},
		"a host with a blank": {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
		"a host in brackets":  {"GET / HTTP/1.1\r\nHost: <a>\r\n\r\n", 400},
		"two hosts":           {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
		"no host":             {"GET / HTTP/1.1\r\n\r\n", 400},
		"a bad escape":        {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"not HTTP":            {"hello\r\n\r\n", 400},
		"large headers":       {"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 10<<10) + "\r\n\r\n", 431},
		"another encoding":    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: zip\r\n\r\n", 501},
		"an expectation":      {"GET / HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\n\r\n", 417},
		"another version":     {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, tt.request); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != tt.status {
				t.Fatalf("got %d %s, %v", res.StatusCode, body, err)
			}
			var p problem
			if tt.status == http.StatusTeapot {
				if string(body) != "a handler's own\n" {
					t.Errorf("got %s", body)
				}
			} else if err := json.Unmarshal(body, &p); err != nil || p.Status != tt.status ||
				p.Code != "MalformedRequest" || res.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("got %v %s, %v", res.Header, body, err)
			}
		})
	}
}
