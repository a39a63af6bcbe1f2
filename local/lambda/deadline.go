package lambda

import (
	"context"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// withTimeout is context.WithTimeout by the clock. (clockwork's own contexts of a fake clock block
// in Err until they have ended.) The deadline of a real one is in the machine's time, because
// functions compare it with that.
func withTimeout(parent context.Context, clock clockwork.Clock, d time.Duration) (context.Context, context.CancelFunc) {
	if _, fake := clock.(interface{ Advance(time.Duration) }); !fake {
		return context.WithTimeout(parent, d)
	}
	c := &deadlineContext{Context: parent, at: clock.Now().Add(d), done: make(chan struct{})}
	timer := clock.AfterFunc(d, func() { c.end(context.DeadlineExceeded) })
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
