package lambda

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// class is the kind of caller of a request in the background.
type class int

const (
	ofTask   class = iota // a task of an execution: what has begun is finished before more begins
	ofSource              // a queue, a stream, or the queue of asynchronous invocations
	classes
)

// turns bounds how many requests in the background run at the same time. On AWS each has a
// processor of its own. Here all share the processors with the requests that a client waits for
// (Invoke). Those take no turn, and find few others before them, however long the backlog is.
//
// Tasks go before sources, except at every fourth turn; within a class the oldest goes first. A
// turn ends with its request, or after a while: a longer request waits for something else, such as
// a payment provider, and needs no processor meanwhile.
type turns struct {
	mu      sync.Mutex
	free    int
	given   int // counts the turns
	waiting [classes][]chan struct{}
}

// longest is the maximum duration of a turn.
const longest = 50 * time.Millisecond

// newTurns returns one turn for each processor. With two, whole orders are slower by a seventh, and
// the API's slowest answers take twice as long (docs/performance.md); with one less, fulfilment
// does not keep up with the API.
func newTurns() *turns { return &turns{free: runtime.GOMAXPROCS(0)} }

// take waits for a turn. Without an error, give must be called when the request has ended.
func (t *turns) take(ctx context.Context, c class) (give func(), err error) {
	turn := make(chan struct{})
	t.mu.Lock()
	t.waiting[c] = append(t.waiting[c], turn)
	t.next()
	t.mu.Unlock()
	select {
	case <-turn:
		return t.lend(), nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting[c], turn); i >= 0 {
		t.waiting[c] = slices.Delete(t.waiting[c], i, i+1)
		return nil, ctx.Err()
	}
	return t.lend(), nil // the turn came at the same moment
}

// lend returns a function that ends a turn. The turn ends by itself after the longest time.
func (t *turns) lend() (give func()) {
	end := sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.free++
		t.next()
	})
	timer := time.AfterFunc(longest, end)
	return func() {
		timer.Stop()
		end()
	}
}

// next gives a free turn to the request that is next. t.mu must be held.
func (t *turns) next() {
	tasks, sources := len(t.waiting[ofTask]), len(t.waiting[ofSource])
	if t.free == 0 || tasks+sources == 0 {
		return
	}
	c := ofTask
	if tasks == 0 || sources > 0 && t.given%4 == 3 {
		c = ofSource
	}
	close(t.waiting[c][0])
	t.waiting[c] = t.waiting[c][1:]
	t.free--
	t.given++
}
