package lambda

import (
	"context"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"time"
)

// class says who made a request, which decides when it gets its turn.
type class int

const (
	ofTask   class = iota // a task of an execution: what is begun is finished before more is begun
	ofSource              // of a queue, a stream, or the queue of asynchronous invocations
	classes
)

// turns decides when the requests that nobody waits for may begin. On AWS each would have a processor of its own; here all share a few
// with the requests that somebody does wait for (Invoke), which take no turn. So the others begin only while the processors are not
// busy already: a backlog is worked off as fast as the machine can, and an API in front of it still answers at once.
//
// Tasks go before sources, but for every fourth turn; within a class the oldest goes first. One request runs however busy the machine is.
type turns struct {
	limit   int         // never more than so many at the same time
	crowded func() bool // are the processors busy?

	mu      sync.Mutex
	running int
	given   int // counts the turns
	waiting [classes][]chan struct{}
	pacing  bool
}

// pace is how often a busy machine is looked at again. The end of a request looks too.
const pace = 500 * time.Microsecond

// perProcessor is the limit: a request mostly waits, for the disk or for other services.
const perProcessor = 8

func newTurns(crowded func() bool) *turns {
	if crowded == nil {
		crowded = moreRunnableThanProcessors
	}
	return &turns{limit: perProcessor * runtime.GOMAXPROCS(0), crowded: crowded}
}

// moreRunnableThanProcessors tells whether a goroutine that became runnable now would have to wait for a processor.
func moreRunnableThanProcessors() bool {
	runnable := [1]metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}}
	metrics.Read(runnable[:])
	return runnable[0].Value.Uint64() >= uint64(runtime.GOMAXPROCS(0))
}

// take waits for a turn. give must follow a nil error.
func (t *turns) take(ctx context.Context, c class) error {
	turn := make(chan struct{})
	t.mu.Lock()
	t.waiting[c] = append(t.waiting[c], turn)
	t.next()
	if t.waits() && !t.pacing {
		t.pacing = true
		go t.keepPace()
	}
	t.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting[c], turn); i >= 0 {
		t.waiting[c] = slices.Delete(t.waiting[c], i, i+1)
		return ctx.Err()
	}
	return nil // it got its turn at the same moment
}

// give ends a turn.
func (t *turns) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running--
	t.next()
}

// next lets one request begin, if one waits and may.
func (t *turns) next() {
	if !t.waits() || t.running >= t.limit || t.running > 0 && t.crowded() {
		return
	}
	c := ofTask
	if len(t.waiting[ofTask]) == 0 || len(t.waiting[ofSource]) > 0 && t.given%4 == 3 {
		c = ofSource
	}
	close(t.waiting[c][0])
	t.waiting[c] = t.waiting[c][1:]
	t.running++
	t.given++
}

func (t *turns) waits() bool { return len(t.waiting[ofTask])+len(t.waiting[ofSource]) > 0 }

// keepPace looks whether the machine is still busy, for as long as requests wait.
func (t *turns) keepPace() {
	for {
		time.Sleep(pace)
		t.mu.Lock()
		t.next()
		if t.pacing = t.waits(); !t.pacing {
			t.mu.Unlock()
			return
		}
		t.mu.Unlock()
	}
}
