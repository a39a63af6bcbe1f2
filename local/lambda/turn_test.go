package lambda

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// turnBench lets requests queue for turns, and logs who gets one.
type turnBench struct {
	t *testing.T
	*turns
	crowd atomic.Int32 // goroutines that wait for a processor
	order chan string
	ends  chan func() // what ends the turns that were given, the oldest first
}

func newTurnBench(t *testing.T, limit int) *turnBench {
	b := &turnBench{t: t, order: make(chan string, 100), ends: make(chan func(), 100)}
	b.turns = newTurns(func() int { return int(b.crowd.Load()) })
	b.limit = limit
	t.Cleanup(func() { time.Sleep(2 * longest) }) // turns end, and whoever keeps the pace
	return b
}

// give ends the oldest turn.
func (b *turnBench) give() { (<-b.ends)() }

func (b *turnBench) queue(ctx context.Context, name string, c class) {
	go func() {
		give, err := b.take(ctx, c)
		if err != nil {
			name += " " + err.Error()
		} else {
			b.ends <- give
		}
		b.order <- name
	}()
	synctest.Wait()
}

// expect checks who has got a turn since the last look.
func (b *turnBench) expect(want ...string) {
	b.t.Helper()
	synctest.Wait()
	var got []string
	for len(b.order) > 0 {
		got = append(got, <-b.order)
	}
	if !slices.Equal(got, want) {
		b.t.Errorf("got turns %q, want %q", got, want)
	}
}

func TestTurns_Limit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newTurnBench(t, 2)
		b.queue(t.Context(), "a", ofSource)
		b.queue(t.Context(), "b", ofSource)
		b.queue(t.Context(), "c", ofSource)
		b.expect("a", "b")
		time.Sleep(longest / 2)
		b.expect()
		b.give()
		b.expect("c")
	})
}

func TestTurns_Crowded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newTurnBench(t, 8)
		b.crowd.Store(1000)
		b.queue(t.Context(), "first", ofSource)
		b.queue(t.Context(), "second", ofSource)
		b.queue(t.Context(), "third", ofSource)
		b.expect("first")
		b.give()
		b.expect("second")
		time.Sleep(longest / 2)
		b.expect()
		b.crowd.Store(0)
		time.Sleep(pace)
		b.expect("third")
	})
}

func TestTurns_BesideOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newTurnBench(t, 8)
		b.processors = 4
		b.notice()
		b.queue(t.Context(), "first", ofSource)
		b.queue(t.Context(), "second", ofSource)
		b.queue(t.Context(), "third", ofSource)
		b.expect("first", "second")
		time.Sleep(lull - pace)
		b.notice()
		time.Sleep(lull - pace)
		b.expect()
		time.Sleep(2 * pace)
		b.expect("third")
	})
}

func TestTurns_TasksFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newTurnBench(t, 1)
		b.queue(t.Context(), "source 1", ofSource)
		b.queue(t.Context(), "source 2", ofSource)
		b.queue(t.Context(), "source 3", ofSource)
		for _, name := range []string{"task 1", "task 2", "task 3", "task 4"} {
			b.queue(t.Context(), name, ofTask)
		}
		b.expect("source 1")
		for _, want := range []string{"task 1", "task 2", "source 2", "task 3", "task 4", "source 3"} {
			b.give()
			b.expect(want)
		}
	})
}

// A request that waits for somebody else must not keep the others waiting.
func TestTurns_Longest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newTurnBench(t, 1)
		b.queue(t.Context(), "slow", ofTask)
		b.queue(t.Context(), "second", ofTask)
		b.queue(t.Context(), "third", ofTask)
		b.expect("slow")
		time.Sleep(longest)
		b.expect("second")
		b.give() // the slow one's, which has ended already
		b.expect()
		b.give()
		b.expect("third")
	})
}

func TestTurns_GivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newTurnBench(t, 1)
		ctx, cancel := context.WithCancelCause(t.Context())
		b.queue(t.Context(), "a", ofTask)
		b.queue(ctx, "b", ofTask)
		b.queue(t.Context(), "c", ofTask)
		b.expect("a")
		cancel(errors.New("no matter"))
		b.expect("b context canceled")
		b.give()
		b.expect("c")
		b.give()
		b.queue(t.Context(), "d", ofTask)
		b.expect("d")
	})
}
