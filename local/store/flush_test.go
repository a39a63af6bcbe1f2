package store

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// chain is commits one after the other, by many goroutines, and which of them were reported
// outside.
type chain struct {
	s       *Store
	mu      sync.Mutex
	n       uint64 // commits
	told    atomic.Uint64
	writers sync.WaitGroup
	allowed chan struct{} // one element each; closed at the end
}

func (c *chain) commit(size int) (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.s.NewBatch()
	b.Set(NewKey("t").Uint(c.n), make([]byte, size))
	c.n++
	return c.n, b.Commit()
}

// write commits, sometimes rotates the log, and sometimes tells.
func (c *chain) write(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 9))
	for range c.allowed {
		n, err := c.commit(rng.IntN(3000))
		if rng.IntN(3) == 0 {
			err = errors.Join(err, c.s.Outlet().Wait())
			raise(&c.told, n)
		}
		if rng.IntN(40) == 0 {
			_, ferr := c.s.db.AsyncFlush()
			err = errors.Join(err, ferr)
		}
		if err != nil {
			t.Error(err)
			return
		}
	}
}

// survivors opens what a crash left. It must be a prefix of the commits.
func survivors(t *testing.T, fs vfs.FS) (n uint64) {
	t.Helper()
	s, err := Open("db", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for p, err := range s.Scan(NewKey("t"), NewKey("t").End()) {
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := CutUint(p.Key[len(NewKey("t")):]); err != nil || got != n {
			t.Fatalf("commit %d is there without commit %d (%v)", got, n, err)
		}
		n++
	}
	return n
}

// If the process is killed (data that it has written stays) or the power fails (data that is not
// flushed may be lost, or parts of it), a prefix of the commits is left, with all that was reported
// outside.
func TestStore_CrashLeavesPrefix(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		percent func(*rand.Rand) int // of what is not flushed that stays
	}{
		{"killed", func(*rand.Rand) int { return 100 }},
		{"power failure", func(*rand.Rand) int { return 0 }},
		{"torn", func(r *rand.Rand) int { return r.IntN(101) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fs, rng := vfs.NewCrashableMem(), rand.New(rand.NewPCG(5, 6))
			s, err := Open("db", Options{FS: fs})
			if err != nil {
				t.Fatal(err)
			}
			c := &chain{s: s, allowed: make(chan struct{}, 20)}
			for i := range uint64(6) {
				c.writers.Go(func() { c.write(t, i) })
			}
			for range 40 {
				for range 20 {
					c.allowed <- struct{}{}
				}
				told := c.told.Load()
				if n := survivors(t, fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: tt.percent(rng), RNG: rng})); n < told {
					t.Fatalf("%d commits are left, and commit %d was told outside", n, told)
				}
			}
			close(c.allowed)
			c.writers.Wait()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if n := survivors(t, fs.CrashClone(vfs.CrashCloneCfg{RNG: rng})); n != c.n {
				t.Errorf("%d of %d commits are left after Close", n, c.n)
			}
		})
	}
}

// openCounted opens a store that counts the flushes of its log.
func openCounted(t *testing.T) (*Store, *atomic.Int64) {
	t.Helper()
	var flushes atomic.Int64
	fs := errorfs.Wrap(vfs.NewCrashableMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData {
			if _, ok := walNumber(vfs.Default.PathBase(op.Path)); ok {
				flushes.Add(1)
			}
		}
		return nil
	}))
	s, err := Open("db", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	flushes.Store(0)
	return s, &flushes
}

func set(t *testing.T, s *Store, n int) {
	t.Helper()
	b := s.NewBatch()
	b.Set(NewKey("t").Uint(uint64(n)), nil)
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
}

// Ten commits cost one flush, and nothing new costs none.
func TestStore_Flush(t *testing.T) {
	t.Parallel()
	s, flushes := openCounted(t)
	if err := s.Flush(); err != nil || flushes.Load() > 1 {
		t.Fatalf("%d flushes, %v", flushes.Load(), err)
	}
	before, waits := flushes.Load(), s.FlushesWaitedFor()
	for i := range 10 {
		set(t, s, i)
	}
	for range 3 {
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.FlushesWaitedFor() - waits; n > 1 {
		t.Errorf("waited for %d flushes", n)
	}
	if n := flushes.Load() - before; n < 1 || n > 2 { // the pause may have ended in between
		t.Errorf("%d flushes", n)
	}
}

// What no one waits for is flushed soon all the same.
func TestStore_flushesByItself(t *testing.T) {
	t.Parallel()
	s, flushes := openCounted(t)
	set(t, s, 1)
	for deadline := time.Now().Add(time.Minute); flushes.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing was flushed")
		}
	}
}

// A commit succeeds on a disk whose flushes fail, but nothing goes out, and the store ends.
func TestStore_flushFails(t *testing.T) {
	t.Parallel()
	var failing atomic.Bool
	s, err := Open("db", Options{FS: errorfs.Wrap(vfs.NewCrashableMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if failing.Load() && (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData) {
			return syscall.ENOSPC
		}
		return nil
	}))})
	if err != nil {
		t.Fatal(err)
	}
	failing.Store(true)
	set(t, s, 1)
	var waiters sync.WaitGroup
	for range 8 {
		waiters.Go(func() {
			if err := s.Outlet().Wait(); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("error %v", err)
			}
		})
	}
	waiters.Wait()
	<-s.Failed()
	wantFailure(t, s.Flush(), Full)
	wantFailure(t, s.Close(), Full)
}

// In memory nothing is waited for.
func TestStore_FlushInMemory(t *testing.T) {
	t.Parallel()
	s := openMemory(t)
	set(t, s, 1)
	if err := s.Flush(); err != nil || s.Durable() || s.FlushesWaitedFor() != 0 {
		t.Errorf("durable %t, %d waits, %v", s.Durable(), s.FlushesWaitedFor(), err)
	}
}
