// Package clock is the time of the local services: it never goes back.
//
// A machine's clock can be set back, by hand or by a time server. A wait for a point in time would
// then take longer: an order's wait for its carrier, a message's visibility timeout, a retry's
// delay. So the services use a time that starts as the machine's and advances with its monotonic
// clock, whatever happens to the machine's clock. After a restart it starts no earlier than the
// time it had reached (NotBefore), because the services have stored points in time of this clock.
package clock

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
)

// Source is where a Clock reads the time. Machine is the real one.
type Source interface {
	// Read returns the machine's clock, and how long the machine has been awake since some fixed
	// point.
	Read() (wall time.Time, awake time.Duration)
	// Asleep returns how long the machine has slept since some fixed point.
	Asleep() time.Duration
}

// Clock is a clockwork.Clock. Its timers are those of the real clock, which are monotonic anyway.
// Make it with New.
type Clock struct {
	clockwork.Clock
	source Source
	origin time.Time // the machine's time at New, less the time that it had been awake
	moved  func(by time.Duration)

	// extra is added to origin and the time awake: the time that the machine has slept, and
	// NotBefore. It is a time.Duration.
	extra atomic.Int64
	// drift is how far the machine's clock was from origin plus the time awake at the last look. It
	// is a time.Duration.
	drift atomic.Int64
	mu    sync.Mutex // for look
	slept time.Duration
}

// New returns a clock. It calls moved, if not nil, when the machine's clock was set, forward or
// back, by more than a second.
func New(source Source, moved func(by time.Duration)) *Clock {
	wall, awake := source.Read()
	return &Clock{Clock: clockwork.NewRealClock(), source: source, origin: wall.Round(0).Add(-awake), moved: moved,
		slept: source.Asleep()}
}

// NotBefore puts the clock forward to t, if that is later, and returns by how much.
func (c *Clock) NotBefore(t time.Time) time.Duration {
	late := max(t.Sub(c.Now()), 0)
	c.extra.Add(int64(late))
	return late
}

// Now implements clockwork.Clock. Its result has no monotonic reading: it is comparable with stored
// times.
func (c *Clock) Now() time.Time {
	wall, awake := c.source.Read()
	drift := wall.Round(0).Sub(c.origin) - awake
	if (drift - time.Duration(c.drift.Load())).Abs() > time.Second {
		c.look(drift)
	}
	return c.origin.Add(awake + time.Duration(c.extra.Load()))
}

// look finds out why the machine's clock and its monotonic clock disagree: either the machine has
// slept, which is time that has passed, or its clock was set.
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
