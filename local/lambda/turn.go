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
// with the requests that somebody does wait for (Invoke), which take no turn. So that those are answered at once, the others have half of the
// processors while such requests come. In a lull they take all, and a backlog is worked off as fast as the machine can: as long as fewer
// goroutines wait for a processor than there are processors, one more may begin.
//
// Tasks go before sources, but for every fourth turn; within a class the oldest goes first. One request runs however busy the machine is. A turn
// ends with its request, or after a while: who takes so long waits for somebody else, a payment provider say, and keeps no processor busy.
type turns struct {
	limit      int // never more than so many at the same time
	processors int
	runnable   func() int // how many goroutines wait for a processor

	mu      sync.Mutex
	running int
	given   int // counts the turns
	waiting [classes][]chan struct{}
	pacing  bool
	noticed time.Time // when somebody last began to wait for a request, or got the answer
}

const (
	// pace is how often a busy machine is looked at again. The end of a request looks too.
	pace = 500 * time.Microsecond
	// lull is how long nobody must have waited for a request, for the others to take all processors.
	lull = 10 * time.Millisecond
	// longest is how long a turn lasts at most.
	longest = 50 * time.Millisecond
	// perProcessor makes the limit: a request mostly waits, for the disk or for other services.
	perProcessor = 8
)

func newTurns(runnable func() int) *turns {
	if runnable == nil {
		runnable = runnableGoroutines
	}
	processors := runtime.GOMAXPROCS(0)
	return &turns{limit: perProcessor * processors, processors: processors, runnable: runnable}
}

func runnableGoroutines() int {
	sample := [1]metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}}
	metrics.Read(sample[:])
	return int(sample[0].Value.Uint64())
}

// notice tells that somebody begins to wait for a request, or has got the answer.
func (t *turns) notice() {
	t.mu.Lock()
	t.noticed = time.Now()
	t.mu.Unlock()
}

// take waits for a turn. Without an error, give must be called when the request has ended.
func (t *turns) take(ctx context.Context, c class) (give func(), err error) {
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
		return t.lend(), nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.waiting[c], turn); i >= 0 {
		t.waiting[c] = slices.Delete(t.waiting[c], i, i+1)
		return nil, ctx.Err()
	}
	return t.lend(), nil // it got its turn at the same moment
}

// lend makes what ends a turn, once, and sees to it that it ends.
func (t *turns) lend() (give func()) {
	end := sync.OnceFunc(func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.running--
		t.next()
	})
	timer := time.AfterFunc(longest, end)
	return func() {
		timer.Stop()
		end()
	}
}

// next lets one request begin, if one waits and may.
func (t *turns) next() {
	if !t.waits() || t.running > 0 && !t.free() {
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

// free tells whether one more request may run beside those that do.
func (t *turns) free() bool {
	limit, few := t.limit, t.processors
	if time.Since(t.noticed) < lull {
		limit, few = t.processors/2, 1
	}
	return t.running < limit && t.runnable() < few
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
