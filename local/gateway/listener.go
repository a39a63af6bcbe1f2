package gateway

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strconv"
)

// Listener wraps the listener of an http.Server. net/http refuses some requests before a handler
// sees them (a malformed Host header, a path that is not a URL, headers that are too large) and
// answers in plain text; with Listener the answer is a problem like every other refusal.
func Listener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return conn{c}, nil
}

type conn struct{ net.Conn }

// plainError is how net/http writes its own refusals: all in one write, with these headers right
// after the status line. The answers of handlers have others, at least Date.
var plainError = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")

// unexpected begins the only refusal of net/http without a text: of an Expect header other than
// 100-continue.
var unexpected = []byte("HTTP/1.1 417 ")

// Write implements net.Conn.
func (c conn) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, unexpected) {
		return c.refuse(http.StatusExpectationFailed, "the only expectation that is met is 100-continue", len(p))
	}
	line, detail, ok := bytes.Cut(p, plainError)
	if !ok || bytes.ContainsRune(line, '\r') {
		return c.Conn.Write(p)
	}
	_, after, _ := bytes.Cut(line, []byte(" "))
	digits, _, _ := bytes.Cut(after, []byte(" "))
	status, err := strconv.Atoi(string(digits))
	if err != nil || status < http.StatusBadRequest {
		return c.Conn.Write(p)
	}
	return c.refuse(status, string(detail), len(p))
}

// refuse writes a problem in place of n bytes.
func (c conn) refuse(status int, detail string, n int) (int, error) {
	if _, err := c.Conn.Write(problemText(status, detail)); err != nil {
		return 0, err
	}
	return n, nil
}

func problemText(status int, detail string) []byte {
	a := refuse(status, http.StatusText(status), "MalformedRequest", detail)
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %d\r\n", status, http.StatusText(status),
		len(a.body))
	_ = a.header.Write(&b) // a buffer takes everything
	b.WriteString("\r\n")
	b.Write(a.body)
	return b.Bytes()
}
