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

// Where the file descriptors of a process go. Whoever has few gets fewer connections at the same time, and the others wait for their turn: that is
// slower, but nothing fails. (Go has raised the soft limit to the hard one already.)
const (
	ownDescriptors  = 32   // the process itself: listeners, the log, the manifest, what a compaction writes
	fewDescriptors  = 256  // with fewer it is said
	minDescriptors  = 64   // with fewer the system does not start
	minIsolated     = 512  // the same, when each function is a process, with its own listener and pipes
	mostConnections = 8192 // of customers
)

// connections is how many connections there may be at the same time: to the API, to the AWS endpoint, and from the functions to others.
type connections struct{ api, aws, out int }

// share gives each its part of n descriptors, of which tables of the store take a quarter.
func share(n int) connections {
	free := n - ownDescriptors - store.OpenTables(n)
	return connections{api: min(free/2, mostConnections), aws: min(free/4, mostConnections), out: max(min(free/4, 100), 2)}
}

// checkDescriptors refuses to start with fewer descriptors than the system needs, and says so if they are few.
func checkDescriptors(n int, isolated bool, log *slog.Logger) error {
	need := minDescriptors
	if isolated {
		need = minIsolated
	}
	switch {
	case n < need:
		return TooFewDescriptors{n, need}
	case n < fewDescriptors:
		log.Warn("few file descriptors: requests wait for each other; raise the limit, e.g. ulimit -n 1024", "limit", n)
	}
	return nil
}

// TooFewDescriptors is exit code 6.
type TooFewDescriptors struct{ have, need int }

func (e TooFewDescriptors) Error() string {
	return fmt.Sprintf("the limit of open files is %d, and at least %d are needed: raise it, e.g. ulimit -n 1024", e.have, e.need)
}

// outgoing is the HTTP client of all functions in this process.
func outgoing(most int) *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxConnsPerHost, t.MaxIdleConnsPerHost = most, most
	t.IdleConnTimeout = 10 * time.Second
	return &http.Client{Timeout: 10 * time.Second, Transport: t}
}

// crowd is a listener that accepts at most so many connections. When one more wants in, those that are idle are closed.
type crowd struct {
	net.Listener
	slots chan struct{}

	mu      sync.Mutex
	waiting bool
	idle    []net.Conn // the longest idle first
}

func newCrowd(l net.Listener, most int) *crowd {
	return &crowd{Listener: l, slots: make(chan struct{}, most)}
}

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	select {
	case c.slots <- struct{}{}:
	default:
		c.makeRoom()
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
	return &guest{Conn: conn, leave: sync.OnceFunc(func() { <-c.slots })}, nil
}

// makeRoom closes the connection that has been idle for longest, or else the next one that becomes idle.
func (c *crowd) makeRoom() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = len(c.idle) == 0
	if !c.waiting {
		_ = c.idle[0].Close() // the client connects again
		c.idle = c.idle[1:]
	}
}

// watch is the ConnState of the server.
func (c *crowd) watch(conn net.Conn, state http.ConnState) {
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

// guest is a connection that gives its place back.
type guest struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (g *guest) Close() error {
	defer g.leave()
	return g.Conn.Close()
}
