package lambda

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// turnBench lets requests queue for turns, and logs who gets one.
type turnBench struct {
	t *testing.T
	*turns
	order chan string
	ends  chan func() // what ends the turns that were given, the oldest first
}

func newTurnBench(t *testing.T, limit int) *turnBench {
	b := &turnBench{t: t, order: make(chan string, 100), ends: make(chan func(), 100)}
	b.turns = newTurns()
	b.free = limit
	t.Cleanup(func() { time.Sleep(2 * longest) }) // turns end
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

// A request that waits for another service must not delay the others.
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
