package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func TestStore_FlushSurvivesCrash(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s, err := Open("db", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			b := s.NewBatch()
			b.Set(NewKey("t").Uint(uint64(i)), fmt.Appendf(nil, "v%d", i))
			if err := errors.Join(b.Commit(), s.Flush()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0, RNG: rand.New(rand.NewPCG(1, 2))})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s, err = Open("db", Options{FS: crashed})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	for p, err := range s.Scan(NewKey("t"), NewKey("t").End()) {
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("v%d", n); string(p.Value) != want {
			t.Errorf("value %d = %s, want %s", n, p.Value, want)
		}
		n++
	}
	if n != 50 {
		t.Errorf("%d of 50 flushed values survived", n)
	}
}

func TestStore_GetAndScan(t *testing.T) {
	t.Parallel()
	s, err := Open("", Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Get([]byte("absent")); !errors.Is(err, ErrNotFound) {
		t.Errorf("Get of an absent key: %v, want ErrNotFound", err)
	}
	b := s.NewBatch()
	for _, e := range []string{"a", "b", "c"} {
		b.Set(NewKey("x", e), []byte(e))
	}
	b.Set(NewKey("y", "other"), nil)
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for p, err := range s.ScanReverse(NewKey("x"), NewKey("x").End()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(p.Value))
	}
	if !slices.Equal(got, []string{"c", "b", "a"}) {
		t.Errorf("reverse scan = %v", got)
	}
}

func TestKey_OrderIsTupleOrder(t *testing.T) {
	t.Parallel()
	ordered := []Key{
		NewKey("a"), NewKey("a", ""), NewKey("a", "\x00"), NewKey("a", "\x00b"), NewKey("a", "b"), NewKey("a", "b", "c"),
		NewKey("a", "b\x00"), NewKey("a", "bb"), NewKey("ab"), NewKey("b").Uint(1), NewKey("b").Uint(256),
	}
	if !slices.IsSortedFunc(ordered, func(a, b Key) int { return bytes.Compare(a, b) }) {
		t.Error("keys are not in the order of their tuples")
	}
	for _, s := range []string{"", "x", "\x00", "a\x00\x01b", "\xff\x00\xff"} {
		got, rest, err := CutString(NewKey(s).Uint(7))
		if err != nil || got != s {
			t.Errorf("CutString(%q) = %q, %v", s, got, err)
		}
		if n, _, err := CutUint(rest); err != nil || n != 7 {
			t.Errorf("CutUint after %q = %d, %v", s, n, err)
		}
	}
}
