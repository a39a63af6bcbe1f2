package lambda

import (
	"context"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// withDeadline is context.WithDeadline by the clock. (clockwork's own contexts of a fake clock block in Err until they have ended.)
func withDeadline(parent context.Context, clock clockwork.Clock, at time.Time) (context.Context, context.CancelFunc) {
	if _, fake := clock.(interface{ Advance(time.Duration) }); !fake {
		return context.WithDeadline(parent, at)
	}
	c := &deadlineContext{Context: parent, at: at, done: make(chan struct{})}
	timer := clock.AfterFunc(at.Sub(clock.Now()), func() { c.end(context.DeadlineExceeded) })
	stop := context.AfterFunc(parent, func() { c.end(parent.Err()) })
	return c, func() {
		timer.Stop()
		stop()
		c.end(context.Canceled)
	}
}

type deadlineContext struct {
	context.Context // values only
	at              time.Time
	done            chan struct{}

	mu  sync.Mutex
	err error
}

func (c *deadlineContext) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
		close(c.done)
	}
}

func (c *deadlineContext) Deadline() (time.Time, bool) { return c.at, true }

func (c *deadlineContext) Done() <-chan struct{} { return c.done }

func (c *deadlineContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
