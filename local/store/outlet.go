package store

import (
	"errors"
	"net"
	"net/http"
)

// Outlet is the only way for data to leave the process. Sending through it waits until everything
// that was visible is durable. After a failure of the store, and with the zero Outlet, sending
// fails.
type Outlet struct{ s *Store }

var errNoStore = errors.New("nothing may leave the process: the outlet belongs to no store")

// Outlet returns the way out for everything that depends on this store.
func (s *Store) Outlet() Outlet { return Outlet{s} }

// Wait returns when the caller may send something itself, for example a line on standard output.
// Its error is the store's *Failure.
func (o Outlet) Wait() error {
	if o.s == nil {
		return errNoStore
	}
	return o.s.Flush()
}

// Listener wraps the listener of a server: its replies wait.
func (o Outlet) Listener(l net.Listener) net.Listener { return outListener{l, o} }

// RoundTripper wraps the transport of a client: its requests wait.
func (o Outlet) RoundTripper(next http.RoundTripper) http.RoundTripper { return outTripper{next, o} }

type outListener struct {
	net.Listener
	out Outlet
}

// Accept implements net.Listener.
func (l outListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return outConn{c, l.out}, nil
}

// outConn is a connection of a server. It hides the connection's own ways to send a file.
type outConn struct {
	net.Conn
	out Outlet
}

// Write implements net.Conn.
func (c outConn) Write(p []byte) (int, error) {
	if err := c.out.Wait(); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

type outTripper struct {
	next http.RoundTripper
	out  Outlet
}

// RoundTrip implements http.RoundTripper.
func (t outTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.out.Wait(); err != nil {
		if r.Body != nil {
			err = errors.Join(err, r.Body.Close())
		}
		return nil, err
	}
	return t.next.RoundTrip(r)
}

// CloseIdleConnections is used by the method of http.Client with this name.
func (t outTripper) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
