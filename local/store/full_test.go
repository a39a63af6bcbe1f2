package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// failsFrom gives a file system on which the k-th write and all after it fail.
func failsFrom(fs vfs.FS, k int, err error) vfs.FS {
	var writes atomic.Int64
	return errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() != errorfs.OpIsWrite || op.Kind == errorfs.OpRemove || writes.Add(1) <= int64(k) {
			return nil
		}
		return err
	}))
}

// fill commits and flushes until the store fails, at most n batches. It returns how many it was
// told are flushed.
func fill(s *Store, n int) (int, error) {
	for i := range n {
		b := s.NewBatch()
		b.Set(NewKey("t").Uint(uint64(i)), []byte(strings.Repeat("x", 2000)))
		if err := s.state.guard(b.Commit); err != nil {
			return i, err
		}
		if err := s.Flush(); err != nil {
			return i, err
		}
		if i%10 == 9 {
			if err := s.state.guard(s.db.Flush); err != nil {
				return i + 1, err
			}
		}
	}
	return n, nil
}

func count(t *testing.T, s *Store) int {
	t.Helper()
	n := 0
	for _, err := range s.Scan(NewKey("t"), NewKey("t").End()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func wantFailure(t *testing.T, err error, kind Kind, words ...string) {
	t.Helper()
	f, ok := errors.AsType[*Failure](err)
	if !ok || f.Kind != kind {
		t.Fatalf("error %v, want a failure of kind %d", err, kind)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error of several lines: %q", err)
	}
}

// Wherever the disk fills up, the store ends with one sentence, and has everything that it said was
// flushed when there is room again.
func TestStore_fullDisk(t *testing.T) {
	t.Parallel()
	for k := range 120 {
		t.Run(fmt.Sprint("write ", k), func(t *testing.T) {
			t.Parallel()
			mem := vfs.NewCrashableMem()
			committed := 0
			s, err := Open("db", Options{FS: failsFrom(mem, k, syscall.ENOSPC)})
			if err == nil {
				committed, err = fill(s, 100)
				if err == nil {
					t.Fatal("the disk was never full")
				}
				if !errors.Is(s.Close(), s.Err()) {
					t.Error("Close does not return the failure")
				}
				<-s.Failed()
				b := s.NewBatch()
				b.Set(NewKey("t", "late"), nil)
				wantFailure(t, b.Commit(), Full)
			}
			wantFailure(t, err, Full, "the disk is full", "data folder db")
			s, err = Open("db", Options{FS: mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rand.New(rand.NewPCG(uint64(k), 2))})})
			if err != nil {
				t.Fatalf("there is room again: %v", err)
			}
			if got := count(t, s); got < committed {
				t.Errorf("%d of %d flushed values are there", got, committed)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A start on a full disk neither hangs nor changes what is there.
func TestOpen_fullDisk(t *testing.T) {
	t.Parallel()
	mem := vfs.NewCrashableMem()
	s, err := Open("db", Options{FS: mem})
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []int{0, 15} { // in tables and the log, then in the log alone
		b := s.NewBatch()
		for i := range 15 {
			b.Set(NewKey("t").Uint(uint64(from+i)), []byte("x"))
		}
		if err := errors.Join(b.Commit(), s.db.Flush()); from == 0 && err != nil {
			t.Fatal(err)
		}
	}
	for k := range 30 {
		clone := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 2))})
		if _, err := Open("db", Options{FS: failsFrom(clone, k, syscall.ENOSPC)}); err != nil {
			wantFailure(t, err, Full)
		}
		again, err := Open("db", Options{FS: clone.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0, RNG: rand.New(rand.NewPCG(1, 2))})})
		if err != nil {
			t.Fatalf("after write %d failed: %v", k, err)
		}
		if got := count(t, again); got != 30 {
			t.Errorf("after write %d failed: %d of 30 values are there", k, got)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpen_brokenDisk(t *testing.T) {
	t.Parallel()
	for _, err := range []error{syscall.EIO, syscall.EROFS, syscall.EACCES, syscall.EMFILE} {
		_, got := Open("db", Options{FS: failsFrom(vfs.NewMem(), 3, err)})
		wantFailure(t, got, Unusable, "cannot be used", err.Error())
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	for want, err := range map[int]error{
		0: nil, 1: errors.New("other"), 3: fmt.Errorf("open stack: %w", &Failure{Kind: Full, Dir: "d", Err: syscall.ENOSPC}),
		4: &Failure{Kind: Damaged, Dir: "d", Err: errors.New("cut")}, 5: errors.Join(errors.New("x"), &Failure{Kind: Unusable, Dir: "d", Err: syscall.EIO}),
	} {
		if got := ExitCode(err); got != want {
			t.Errorf("exit code of %v is %d, want %d", err, got, want)
		}
	}
}

// What could not be logged is not shown, though Pebble has it in memory: an answer made of it would
// be believed.
func TestStore_readsNothingAfterAFailure(t *testing.T) {
	t.Parallel()
	s, err := Open("db", Options{FS: failsFrom(vfs.NewCrashableMem(), 60, syscall.ENOSPC)})
	if err != nil {
		t.Fatal(err)
	}
	n, err := fill(s, 1000)
	wantFailure(t, err, Full)
	for _, i := range []int{0, n} {
		_, err = s.Get(NewKey("t").Uint(uint64(i)))
		wantFailure(t, err, Full)
	}
	for p, err := range s.Scan(NewKey("t"), NewKey("t").End()) {
		if err == nil {
			t.Fatalf("the scan gives %s", p.Key)
		}
		wantFailure(t, err, Full)
	}
}
