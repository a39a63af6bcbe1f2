// Package clock is the time of the local services: it never goes back.
//
// A machine's clock can be set back, by hand or by a time server. What waits for a point in time would then wait so much longer: an order for its
// carrier, a message for its visibility timeout, a retry for its turn. So the services live by a time that begins as the machine's and goes on with
// its monotonic clock, whatever becomes of the other one. After a restart it begins no earlier than it had come (NotBefore), because the points in time
// that the services have stored are its own.
package clock

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
)

// Source is where a Clock reads the time. Machine is the real one.
type Source interface {
	// Read gives the machine's clock, and how long the machine has been awake since some fixed point.
	Read() (wall time.Time, awake time.Duration)
	// Asleep is how long the machine has slept since some fixed point.
	Asleep() time.Duration
}

// Clock is a clockwork.Clock. Its timers are the real one's, which are monotonic anyway. Make it with New.
type Clock struct {
	clockwork.Clock
	source Source
	origin time.Time // when the machine had been awake for no time, by its clock at New
	moved  func(by time.Duration)

	extra atomic.Int64 // to add to origin and the time awake: what the machine has slept, and NotBefore; a time.Duration
	drift atomic.Int64 // how far the machine's clock was off origin and the time awake when it was last looked at; a time.Duration
	mu    sync.Mutex   // for look
	slept time.Duration
}

// New makes a clock. moved, if not nil, is told when the machine's clock was set, forward or back, by more than a second.
func New(source Source, moved func(by time.Duration)) *Clock {
	wall, awake := source.Read()
	return &Clock{Clock: clockwork.NewRealClock(), source: source, origin: wall.Round(0).Add(-awake), moved: moved, slept: source.Asleep()}
}

// NotBefore puts the clock forward to t, if that is later, and returns by how much.
func (c *Clock) NotBefore(t time.Time) time.Duration {
	late := max(t.Sub(c.Now()), 0)
	c.extra.Add(int64(late))
	return late
}

// Now implements clockwork.Clock. It has no monotonic reading: it is comparable with what was stored.
func (c *Clock) Now() time.Time {
	wall, awake := c.source.Read()
	drift := wall.Round(0).Sub(c.origin) - awake
	if (drift - time.Duration(c.drift.Load())).Abs() > time.Second {
		c.look(drift)
	}
	return c.origin.Add(awake + time.Duration(c.extra.Load()))
}

// look finds out why the machine's clock and its monotonic one disagree: the machine has slept, which is time that has passed, or its clock was set.
func (c *Clock) look(drift time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	by := drift - time.Duration(c.drift.Load())
	if by.Abs() <= time.Second {
		return // another goroutine has just looked
	}
	asleep := c.source.Asleep()
	slept := asleep - c.slept
	c.slept = asleep
	c.extra.Add(int64(slept))
	c.drift.Store(int64(drift))
	if by -= slept; by.Abs() > time.Second && c.moved != nil {
		c.moved(by)
	}
}

// Since implements clockwork.Clock.
func (c *Clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Until implements clockwork.Clock.
func (c *Clock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }
