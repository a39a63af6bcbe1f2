package store

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// flushPause is how long a commit that no one waits for may stay unflushed.
const flushPause = 20 * time.Millisecond

// flusher makes durable what has been committed. A flush covers everything before it, because there is one write-ahead log: Pebble appends to it in the
// order of the commits, flushes it as far as it was appended, and flushes and closes a full one before it begins the next. So what a crash leaves is a
// prefix of the commits.
//
// One flush runs at a time. Whoever asks meanwhile shares the next one, which begins when that has ended: it covers what they have seen.
type flusher struct {
	db    *pebble.DB
	c     *condition
	mark  *mark
	begun atomic.Int64  // commits that may be visible
	ended atomic.Int64  // commits that are in the log
	last  atomic.Uint64 // the sequence number after the last commit in the log
	done  atomic.Int64  // a flush covers everything if so many commits had begun
	waits atomic.Int64  // how often Flush had to wait

	mu      sync.Mutex
	next    chan struct{} // closed when the flush has ended that has not begun yet
	asked   chan struct{} // has room for one: next is waited for
	dirty   chan struct{} // has room for one: something was committed
	stop    chan struct{}
	stopped chan struct{}
}

func startFlusher(db *pebble.DB, c *condition, m *mark) *flusher {
	f := &flusher{
		db: db, c: c, mark: m, next: make(chan struct{}), asked: make(chan struct{}, 1), dirty: make(chan struct{}, 1),
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go f.run()
	return f
}

// wait returns when everything is durable that was visible when it was called, or with the failure of the store.
//
// It need not wait if the last flush began when no commit was under way, and none has begun since.
func (f *flusher) wait() error {
	if f.done.Load() >= f.begun.Load() {
		return f.c.err()
	}
	f.waits.Add(1)
	f.mu.Lock()
	next := f.next
	f.mu.Unlock()
	poke(f.asked)
	select {
	case <-next:
	case <-f.c.failed:
	}
	return f.c.err()
}

// committed is called when a batch is in the log, next is the sequence number after it.
func (f *flusher) committed(next uint64) {
	raise(&f.last, next)
	f.ended.Add(1)
	poke(f.dirty)
}

// run flushes when it is asked to, and soon after a commit.
func (f *flusher) run() {
	defer close(f.stopped)
	pause := time.NewTimer(flushPause)
	defer pause.Stop()
	for {
		select {
		case <-f.asked:
		case <-f.dirty:
			pause.Reset(flushPause)
			select {
			case <-f.asked:
			case <-pause.C:
			case <-f.stop:
				return
			}
		case <-f.stop:
			return
		}
		if !f.flush() {
			return
		}
	}
}

// flush flushes the log once. It reports whether there can be another: if not, the store has failed, and all who wait learn that.
func (f *flusher) flush() bool {
	f.mu.Lock()
	next := f.next
	f.next = make(chan struct{})
	f.mu.Unlock()
	ended, last := f.ended.Load(), f.last.Load()
	if ended > f.done.Load() || f.begun.Load() > ended {
		if err := f.c.committing(func() error { return f.db.LogData(nil, pebble.Sync) }); err != nil {
			f.c.fail(err)
			return false
		}
		f.mark.reach(last)
		f.done.Store(max(ended, f.done.Load()))
	}
	close(next)
	return true
}

// close flushes a last time. If the store fails meanwhile, a flush may never return.
func (f *flusher) close() error {
	err := f.wait()
	close(f.stop)
	select {
	case <-f.stopped:
	case <-f.c.failed:
	}
	return err
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
