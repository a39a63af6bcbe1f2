package guard

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// request makes a request from lines "Name: value"; Host may be one of them.
func request(t *testing.T, method string, header ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:8080/", nil)
	for _, line := range header {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			t.Fatalf("%q is no header", line)
		}
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	return r
}

func shop(origin string) bool { return origin == "http://localhost:3000" }

func TestGuard_Check_host(t *testing.T) {
	t.Parallel()
	g := Guard{Hosts: []string{"build-host", "10.1.2.3"}}
	for host, served := range map[string]bool{
		"127.0.0.1:8080": true, "127.0.0.1": true, "127.8.9.10:80": true, "[::1]:8080": true, "[::1]": true,
		"localhost": true, "LocalHost:8080": true,
		"localhost.:8080": true, "sqs.us-east-1.localhost:4566": true, "abc123.execute-api.localhost": true,
		"sync-localhost:4566": true,
		"sync-127.0.0.1:4566": true, "build-host:8080": true, "BUILD-HOST": true, "10.1.2.3:8080": true,
		"[::ffff:127.0.0.1]:8080": true,

		"": false, ":8080": false, "rebound.example": false, "rebound.example:8080": false,
		"127.0.0.1.rebound.example": false,
		"localhost.rebound.example": false, "evil-localhost": false, "notlocalhost:8080": false,
		"sync-rebound.example": false, "sync-sync-localhost": false,
		"0.0.0.0:8080": false, "[::]:8080": false, "10.1.2.4:8080": false, "build-host.example": false,
		"127.0.0.1:8080:90":         false,
		"rebound.example@127.0.0.1": false, "127.0.0.1:80@rebound.example": false,
		"rebound.example#.localhost": false, "rebound.example/.localhost": false,
		"rebound.example?.localhost": false, "localhost:http": false, "localhost..": false, "::1": false,
		"2130706433": false, "0x7f.1": false,
	} {
		if err := g.Check(request(t, "GET", "Host: "+host)); (err == nil) != served {
			t.Errorf("Host %q: %v", host, err)
		}
	}
}

// TestGuard_Check_arrival: on a server that listens on every interface, the address at which a
// request arrived is a name of the server; others are not.
func TestGuard_Check_arrival(t *testing.T) {
	t.Parallel()
	at := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8080}
	for host, served := range map[string]bool{"192.0.2.7:8080": true, "192.0.2.7": true, "192.0.2.8:8080": false,
		"rebound.example": false} {
		r := request(t, "GET", "Host: "+host)
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, at))
		if err := (Guard{}).Check(r); (err == nil) != served {
			t.Errorf("Host %q: %v", host, err)
		}
	}
}

func TestGuard_Check_source(t *testing.T) {
	t.Parallel()
	programs, pages := Guard{}, Guard{Origins: shop, Pages: true}
	navigation := []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}
	for _, c := range []struct {
		name            string
		method          string
		header          []string
		toAPI, toSystem bool // accepted by a server with pages, by one for programs
	}{
		{"a program", "POST", nil, true, true},
		{"a program that signs", "POST", []string{"Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e"}, true, true},
		{"its own page", "POST", []string{"Origin: http://127.0.0.1:8080", "Sec-Fetch-Site: same-origin"}, true, true},
		{"its own page's GET", "GET", []string{"Sec-Fetch-Site: same-origin", "Referer: http://127.0.0.1:8080/docs"},
			true, true},
		{"its own page behind a proxy", "POST", []string{"Host: shop.localhost", "Origin: https://shop.localhost"},
			true, true},
		{"a typed address", "GET",
			[]string{"Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, true, true},
		{"a link", "GET", append(navigation, "Referer: https://code.example/"), true, false},
		{"a form that navigates", "POST", append(navigation, "Origin: http://evil.example"), false, false},
		{"a form that hides its origin", "POST", append(navigation, "Origin: null"), false, false},
		{"a frame", "GET", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate",
			"Sec-Fetch-Dest: iframe"}, false, false},
		{"an allowed origin", "POST", []string{"Origin: http://localhost:3000", "Sec-Fetch-Site: cross-site"}, true, false},
		{"its preflight", "OPTIONS", []string{"Origin: http://localhost:3000", "Access-Control-Request-Method: PUT"},
			true, false},
		{"a foreign preflight", "OPTIONS",
			[]string{"Origin: http://evil.example", "Access-Control-Request-Method: PUT"}, false, false},
		{"an allowed origin's neighbour", "POST", []string{"Origin: http://localhost:3001"}, false, false},
		{"an allowed origin's namesake", "POST", []string{"Origin: http://localhost:3000.evil.example"}, false, false},
		{"a foreign page", "POST", []string{"Origin: http://evil.example"}, false, false},
		{"a foreign page that says it is not", "GET",
			[]string{"Origin: http://evil.example", "Sec-Fetch-Site: same-origin"}, false, false},
		{"two origins", "POST", []string{"Origin: http://localhost:3000", "Origin: http://evil.example"}, false, false},
		{"an empty origin", "POST", []string{"Origin: "}, false, false},
		{"a file", "POST", []string{"Origin: null"}, false, false},
		{"another port of this machine", "POST",
			[]string{"Origin: http://127.0.0.1:9999", "Sec-Fetch-Site: same-site"}, false, false},
		{"the other name of this machine", "POST", []string{"Origin: http://localhost:8080"}, false, false},
		{"an image", "GET", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors",
			"Sec-Fetch-Dest: image"}, false, false},
		{"an image of this machine", "GET",
			[]string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, false, false},
		{"an old browser's image", "GET", []string{"Referer: http://evil.example/page"}, false, false},
		{"a Referer that is no address", "GET", []string{"Referer: %zz"}, false, false},
		{"a foreign HEAD", "HEAD", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, false, false},
	} {
		r := request(t, c.method, c.header...)
		if err := pages.Check(r); (err == nil) != c.toAPI {
			t.Errorf("%s, to the API: %v", c.name, err)
		}
		if err := programs.Check(r); (err == nil) != c.toSystem {
			t.Errorf("%s, to the system: %v", c.name, err)
		}
	}
}

// TestGuard_Handler checks that a refused request does not reach the server behind it.
func TestGuard_Handler(t *testing.T) {
	t.Parallel()
	reached := 0
	h := Guard{}.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }),
		func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusForbidden)
		})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request(t, "POST", "Origin: http://evil.example"))
	if reached != 0 || w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "evil.example") {
		t.Errorf("the server was reached %d times: %d %s", reached, w.Code, w.Body)
	}
	h.ServeHTTP(httptest.NewRecorder(), request(t, "POST"))
	if reached != 1 {
		t.Errorf("a program's request reached the server %d times", reached)
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, url, exposed, narrowed, host string }{
		{"127.0.0.1:0", "http://127.0.0.1:", "", "", "127.0.0.1"},
		{"localhost:0", "http://127.0.0.1:", "", "", "localhost"},
		{":0", "http://127.0.0.1:", "", "for this machine alone", ""},
		{"0.0.0.0:0", "http://127.0.0.1:", "every network interface", "", ""},
	} {
		l, err := Listen(c.address)
		if err != nil {
			t.Fatal(err)
		}
		if hosts := strings.Join(l.Hosts(), " "); !strings.HasPrefix(l.URL(), c.url) || hosts != c.host {
			t.Errorf("%s: at %s, called %q", c.address, l.URL(), hosts)
		}
		if got := l.Exposed(); (got == "") != (c.exposed == "") || !strings.Contains(got, c.exposed) {
			t.Errorf("%s: exposed %q", c.address, got)
		}
		if got := l.Narrowed(); (got == "") != (c.narrowed == "") || !strings.Contains(got, c.narrowed) {
			t.Errorf("%s: narrowed %q", c.address, got)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, address := range []string{"8080", "127.0.0.1", "127.0.0.1:0:0"} {
		if _, err := Listen(address); err == nil || !strings.Contains(err.Error(), address) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// noOutlet is an outlet that delays nothing.
type noOutlet struct{}

func (noOutlet) Listener(l net.Listener) net.Listener { return l }

// TestListen_reachesGuard checks that a server that listens on every interface answers at the
// machine's own addresses.
func TestListen_reachesGuard(t *testing.T) {
	t.Parallel()
	l, err := Listen("0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: Guard{}.Handler(http.NotFoundHandler(),
		func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(403) })}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l.Through(noOutlet{})) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-served); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		ip, ok := a.(*net.IPNet)
		if !ok || ip.IP.To4() == nil {
			continue
		}
		res, err := http.Get(strings.Replace(l.URL(), "127.0.0.1", ip.IP.String(), 1))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		if res.Body.Close(); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", ip.IP, res.StatusCode)
		}
	}
}
