package system

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow/local/store"
)

// How a process uses its file descriptors. With few descriptors there are fewer connections at the
// same time, and further requests wait: slower, but nothing fails. (Go has already raised the soft
// limit to the hard one.)
const (
	ownDescriptors  = 32   // the process itself: listeners, the log, the manifest, the files of a compaction
	fewDescriptors  = 256  // with fewer, a warning is logged
	minDescriptors  = 64   // with fewer the system does not start
	minIsolated     = 512  // the same if each function is a process, with its own listener and pipes
	mostConnections = 8192 // of customers
)

// connections is the limit of connections at the same time: to the API, to the AWS endpoint, and
// from the functions to other services.
type connections struct{ api, aws, out int }

// share divides n descriptors. The tables of the store take a quarter of them.
func share(n int) connections {
	free := n - ownDescriptors - store.OpenTables(n)
	return connections{api: min(free/2, mostConnections), aws: min(free/4, mostConnections), out: max(min(free/4, 100), 2)}
}

// checkDescriptors returns an error if there are fewer descriptors than the system needs, and logs
// a warning if there are few.
func checkDescriptors(n int, isolated bool, log *slog.Logger) error {
	need := minDescriptors
	if isolated {
		need = minIsolated
	}
	switch {
	case n < need:
		return TooFewDescriptors{n, need}
	case n < fewDescriptors:
		log.Warn("few file descriptors: requests wait for each other; raise the limit, for example with ulimit -n 1024",
			"limit", n)
	}
	return nil
}

// TooFewDescriptors is the error for exit code 6.
type TooFewDescriptors struct{ have, need int }

func (e TooFewDescriptors) Error() string {
	return fmt.Sprintf("the limit of open files is %d, and the system needs at least %d: raise it, for example with ulimit -n 1024", e.have, e.need)
}

// outgoingTime limits each HTTP request of the functions in this process.
const outgoingTime = 10 * time.Second

// outgoing returns the HTTP transport of all functions in this process.
func outgoing(most int) http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxConnsPerHost, t.MaxIdleConnsPerHost = most, most
	t.IdleConnTimeout = 10 * time.Second
	return t
}

// limitedListener is a listener that limits the number of connections. To accept one more, it
// closes an idle connection.
type limitedListener struct {
	net.Listener
	slots chan struct{}

	mu      sync.Mutex
	waiting bool
	idle    []net.Conn // the longest idle one first
}

func newLimitedListener(l net.Listener, most int) *limitedListener {
	return &limitedListener{Listener: l, slots: make(chan struct{}, most)}
}

// Accept implements net.Listener.
func (c *limitedListener) Accept() (net.Conn, error) {
	select {
	case c.slots <- struct{}{}:
	default:
		c.closeIdle()
		c.slots <- struct{}{}
		c.mu.Lock()
		c.waiting = false
		c.mu.Unlock()
	}
	conn, err := c.Listener.Accept()
	if err != nil {
		<-c.slots
		return nil, err
	}
	return &limitedConn{Conn: conn, leave: sync.OnceFunc(func() { <-c.slots })}, nil
}

// closeIdle closes the connection that has been idle for the longest time, or else the next one
// that becomes idle.
func (c *limitedListener) closeIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = len(c.idle) == 0
	if !c.waiting {
		_ = c.idle[0].Close() // the client connects again
		c.idle = c.idle[1:]
	}
}

// watch is the ConnState hook of the server.
func (c *limitedListener) watch(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.idle, conn); i >= 0 {
		c.idle = slices.Delete(c.idle, i, i+1)
	}
	switch {
	case state != http.StateIdle:
	case c.waiting:
		c.waiting = false
		_ = conn.Close()
	default:
		c.idle = append(c.idle, conn)
	}
}

// limitedConn is a connection that frees its place when it is closed.
type limitedConn struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (g *limitedConn) Close() error {
	defer g.leave()
	return g.Conn.Close()
}
