package store

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// flushPause is how long a commit that no one waits for may stay unflushed.
const flushPause = 20 * time.Millisecond

// flusher makes commits durable. A flush covers everything before it, because there is one
// write-ahead log: Pebble appends to it in the order of the commits, flushes it as far as it was
// appended, and flushes and closes a full one before it begins the next. So a crash leaves a prefix
// of the commits. Pebble makes one flush of those that are requested at the same time.
type flusher struct {
	db    *pebble.DB
	c     *condition
	mark  *mark
	begun atomic.Uint64 // commits that may be visible
	ended atomic.Uint64 // commits that are in the log
	last  atomic.Uint64 // the sequence number after the last commit in the log
	done  atomic.Uint64 // the value of ended at the start of the last complete flush
	waits atomic.Int64  // how often Flush had to wait

	dirty   chan struct{} // has room for one: something was committed
	stop    chan struct{}
	stopped chan struct{}
}

func startFlusher(db *pebble.DB, c *condition, m *mark) *flusher {
	f := &flusher{db: db, c: c, mark: m,
		dirty: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{})}
	go f.run()
	return f
}

// clean reports whether everything that is visible is durable. It is if a flush began when all
// commits that have begun until now had ended.
func (f *flusher) clean() bool { return f.done.Load() >= f.begun.Load() }

// wait returns when everything is durable that was visible when it was called.
func (f *flusher) wait() error {
	if f.clean() {
		return f.c.err()
	}
	f.waits.Add(1)
	return f.flush()
}

// flush appends an empty record to the log, and flushes it: what is visible at the call is in the
// log before it.
func (f *flusher) flush() error {
	if err := f.c.err(); err != nil {
		return err
	}
	ended, last := f.ended.Load(), f.last.Load()
	if err := f.c.committing(func() error { return f.db.LogData(nil, pebble.Sync) }); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	f.mark.reach(last)
	raise(&f.done, ended)
	return f.c.err()
}

// committed is called when a batch is in the log, next is the sequence number after it.
func (f *flusher) committed(next uint64) {
	raise(&f.last, next)
	f.ended.Add(1)
	poke(f.dirty)
}

// run flushes soon after a commit, unless that was flushed meanwhile. A flush that fails has ended
// the store.
func (f *flusher) run() {
	defer close(f.stopped)
	pause := time.NewTimer(flushPause)
	defer pause.Stop()
	for {
		select {
		case <-f.dirty:
		case <-f.stop:
			return
		}
		pause.Reset(flushPause)
		select {
		case <-pause.C:
		case <-f.stop:
			return
		}
		if !f.clean() && f.flush() != nil {
			return
		}
	}
}

// close flushes a last time.
func (f *flusher) close() error {
	close(f.stop)
	select {
	case <-f.stopped:
	case <-f.c.failed: // a flush that has failed may never return
	}
	return f.wait()
}

func poke(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// raise sets a number to n unless it is more already. It reports whether it has changed.
func raise(number *atomic.Uint64, n uint64) bool {
	for {
		old := number.Load()
		if n <= old {
			return false
		}
		if number.CompareAndSwap(old, n) {
			return true
		}
	}
}
