package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

// life is one run of a service on a file system that crashes: whatever the store had not flushed
// when crash is called may be gone.
type life struct {
	fs *vfs.MemFS
	st *store.Store
	*Service
	stop func()
}

func begin(t *testing.T, fs *vfs.MemFS, handler Handler, configure func(*Service)) *life {
	t.Helper()
	st, err := store.Open("db", store.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(st, clockwork.NewRealClock(), Options{Factory: func(Function) (Handler, error) { return handler, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Register(Function{Name: "f"}); err != nil {
		t.Fatal(err)
	}
	configure(s)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return &life{fs: fs, st: st, Service: s, stop: func() {
		s.Close()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}}
}

// crash returns the file system as a crash at this moment leaves it.
func (l *life) crash(seed uint64) *vfs.MemFS {
	after := l.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rand.New(rand.NewPCG(seed, 1))})
	l.stop()
	return after
}

func TestStreamMapping_CrashesLoseNothing(t *testing.T) {
	t.Parallel()
	const items, count = 5, 300
	src := newStreamSource(time.Now())
	src.add(items, count)
	var mu sync.Mutex
	var runs [][]int // the records that the function has done, per life
	// A handler that the crash leaves behind in this process still writes to its own life.
	handler := func(life int) Handler {
		return handlerFunc(func(_ context.Context, payload []byte) ([]byte, error) {
			var e events.DynamoDBEvent
			if err := json.Unmarshal(payload, &e); err != nil {
				return nil, err
			}
			mu.Lock()
			defer mu.Unlock()
			for _, r := range e.Records {
				n, err := strconv.Atoi(r.EventID[1:])
				if err != nil {
					return nil, err
				}
				runs[life] = append(runs[life], n)
			}
			return []byte("null"), nil
		})
	}
	rng := rand.New(rand.NewPCG(7, 7))
	fs := vfs.NewCrashableMem()
	for round := range 5 {
		mu.Lock()
		runs = append(runs, nil)
		mu.Unlock()
		l := begin(t, fs, handler(round), func(s *Service) {
			if err := s.MapStream(StreamMapping{Function: "f", StreamARN: testStream, BatchSize: 3, ParallelizationFactor: 3}, src); err != nil {
				t.Fatal(err)
			}
		})
		target := 1 + rng.IntN(60)
		until(t, "the run has made some progress", func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(runs[round]) >= target || distinct(runs) == count // a quick life may do all of it
		})
		if round == 4 {
			until(t, "every record is done", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return distinct(runs) == count
			})
		}
		fs = l.crash(uint64(round))
	}
	checkOrder(t, runs, items)
}

func distinct(runs [][]int) int {
	seen := map[int]bool{}
	for _, run := range runs {
		for _, n := range run {
			seen[n] = true
		}
	}
	return len(seen)
}

// checkOrder: within a life an item's records come in order without gaps, and no life begins beyond
// what the lives before have done.
func checkOrder(t *testing.T, runs [][]int, items int) {
	t.Helper()
	done := make([]int, items) // the last record of each item that any life has done
	for life, run := range runs {
		last := make([]int, items)
		for _, n := range run {
			item := n % items
			before := n - items
			if last[item] != 0 && before != last[item] || last[item] == 0 && before > 0 && before > done[item] {
				t.Errorf("life %d: record %d after %d (before the crash: %d)", life, n, last[item], done[item])
			}
			last[item] = n
		}
		for i := range done {
			done[i] = max(done[i], last[i])
		}
	}
}

func TestService_InvokeAsyncCrashesLoseNothing(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	done := map[string]int{}
	handler := handlerFunc(func(_ context.Context, payload []byte) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		done[string(payload)]++
		return nil, nil
	})
	fs := vfs.NewCrashableMem()
	var accepted []string
	for round := range 5 {
		l := begin(t, fs, handler, func(*Service) {})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 25 {
					mu.Lock()
					payload := fmt.Sprintf(`{"n":%d}`, len(accepted))
					accepted = append(accepted, payload)
					mu.Unlock()
					if _, err := l.InvokeAsync("f", []byte(payload)); err != nil {
						t.Errorf("accept %s: %v", payload, err)
					}
					if err := l.st.Outlet().Wait(); err != nil {
						t.Errorf("accept %s: %v", payload, err)
					}
				}
			})
		}
		wg.Wait()
		if round == 4 {
			until(t, "every invocation is done", func() bool { return pendingInvocations(t, l.Service) == 0 })
		}
		fs = l.crash(uint64(round))
	}
	for _, payload := range accepted {
		if done[payload] == 0 {
			t.Errorf("%s was accepted and lost", payload)
		}
	}
	if len(accepted) != 500 || slices.Contains(accepted, "") {
		t.Errorf("%d invocations", len(accepted))
	}
}

func TestService_RunEndsWithAFailedStore(t *testing.T) {
	t.Parallel()
	st := memStore(t)
	s, err := New(st, clockwork.NewRealClock(), Options{Factory: func(Function) (Handler, error) { return nil, errors.New("unused") }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Register(Function{Name: "f"}); err != nil {
		t.Fatal(err)
	}
	b := st.NewBatch()
	b.Set(store.NewKey("lambda", "async", "f").Uint(1).String("x"), []byte("damaged"))
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil {
		t.Error("Run goes on with a damaged queue")
	}
}

// What a crash interrupts is no attempt: more crashes than attempts are allowed, each with the work
// in the function's hands, discard nothing.
func TestService_CrashesAreNoAttempts(t *testing.T) {
	t.Parallel()
	const crashes = 4
	src := newStreamSource(time.Now())
	src.add(1, 1)
	none := 0
	fs := vfs.NewCrashableMem()
	for round := range crashes + 1 {
		begun, finish := make(chan string, 2), round == crashes
		handler := handlerFunc(func(ctx context.Context, payload []byte) ([]byte, error) {
			begun <- string(payload)
			if finish {
				return []byte("null"), nil
			}
			<-ctx.Done() // the crash
			return nil, ctx.Err()
		})
		l := begin(t, fs, handler, func(s *Service) {
			s.functions["f"].Async.MaximumRetryAttempts = &none
			if err := s.MapStream(StreamMapping{Function: "f", StreamARN: testStream, MaximumRetryAttempts: &none}, src); err != nil {
				t.Fatal(err)
			}
		})
		if round == 0 {
			if _, err := l.InvokeAsync("f", []byte(`{"async":true}`)); err != nil {
				t.Fatal(err)
			}
			if err := l.st.Outlet().Wait(); err != nil { // it is accepted
				t.Fatal(err)
			}
		}
		if a, b := <-begun, <-begun; strings.Contains(a, "async") == strings.Contains(b, "async") {
			t.Fatalf("round %d: begun %s and %s, want the invocation and the record", round, a, b)
		}
		if finish {
			until(t, "the invocation is done", func() bool { return pendingInvocations(t, l.Service) == 0 })
		}
		fs = l.crash(uint64(round))
	}
}
