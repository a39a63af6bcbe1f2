package outbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

func open(t *testing.T, fs vfs.FS, clock clockwork.Clock, d Deliver) (*store.Store, *Outbox) {
	t.Helper()
	st, err := store.Open("db", store.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	o, err := New(st, clock, "test", 4, d)
	if err != nil {
		t.Fatal(err)
	}
	return st, o
}

func add(t *testing.T, st *store.Store, o *Outbox, payloads ...string) {
	t.Helper()
	b := st.NewBatch()
	var tickets []Ticket
	for _, p := range payloads {
		tickets = append(tickets, o.Add(b, []byte(p)))
	}
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	o.Release(tickets...)
}

// run starts o and returns what stops it.
func run(t *testing.T, o *Outbox) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error, 1)
	go func() { end <- o.Run(ctx) }()
	return func() {
		cancel()
		if err := <-end; err != nil {
			t.Error(err)
		}
	}
}

func TestOutbox_RetriesByTheClock(t *testing.T) {
	t.Parallel()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	attempts := make(chan string, 10)
	st, o := open(t, vfs.NewMem(), clock, func(_ context.Context, d Delivery) Result {
		attempts <- fmt.Sprintf("%s %d %q %s", d.Payload, d.Attempt, d.Note, clock.Since(d.Created))
		return Result{Done: d.Attempt == 3, After: time.Duration(d.Attempt) * time.Minute, Note: fmt.Appendf(nil, "n%d", d.Attempt)}
	})
	defer st.Close()
	stop := run(t, o)
	defer stop()
	add(t, st, o, "x")
	for i, want := range []string{`x 1 "" 0s`, `x 2 "n1" 1m0s`, `x 3 "n2" 3m0s`} {
		if i > 0 {
			if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			clock.Advance(time.Duration(i) * time.Minute)
		}
		if got := <-attempts; got != want {
			t.Errorf("attempt %s, want %s", got, want)
		}
	}
}

func TestOutbox_CrashLosesNothing(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	clock := clockwork.NewFakeClock()
	never := func(ctx context.Context, _ Delivery) Result { <-ctx.Done(); return Result{} }
	st, o := open(t, fs, clock, never)
	stop := run(t, o)
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprint(i))
	}
	add(t, st, o, want...)
	if err := st.Flush(); err != nil {
		t.Fatal(err)
	}
	crashed := fs.CrashClone(vfs.CrashCloneCfg{RNG: rand.New(rand.NewPCG(1, 2))})
	stop()
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}

	var mu sync.Mutex
	got := map[string]int{}
	all := make(chan struct{})
	st, o = open(t, crashed, clock, func(_ context.Context, d Delivery) Result {
		mu.Lock()
		defer mu.Unlock()
		if got[string(d.Payload)]++; len(got) == len(want) {
			close(all)
		}
		return Result{Done: true}
	})
	stop = run(t, o)
	<-all
	stop()
	for p, err := range st.Scan(store.NewKey("test", "delivery"), store.NewKey("test", "due").End()) {
		t.Errorf("left in the store: %q %v", p.Key, err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	for _, p := range want {
		if got[p] != 1 {
			t.Errorf("%s delivered %d times", p, got[p])
		}
	}
}
