package states

import (
	"context"
	"runtime"
	"sync"

	"github.com/orderflow-dev/orderflow/local/asl"
)

// job is a task to be performed for an execution.
type job struct {
	run    *run
	task   asl.ScheduleTask
	queued bool // it had to wait: the execution may not need it any more
}

// pool performs jobs, a bounded number at a time; the others wait in a queue, in order.
type pool struct {
	perform func(context.Context, job) []job
	limit   int
	ctx     context.Context // of all jobs: done when the pool stops
	cancel  context.CancelFunc

	mu      sync.Mutex
	queue   []job
	head    int
	workers int        // that have a job
	idle    []chan job // of workers without one: their stacks have grown already
}

// keepIdle bounds the workers that wait for a job.
const keepIdle = 256

func newPool(limit int, perform func(context.Context, job) []job) *pool {
	p := &pool{perform: perform, limit: limit}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

func (p *pool) submit(j job) {
	p.mu.Lock()
	if p.workers >= p.limit {
		j.queued = true
		p.queue = append(p.queue, j)
		p.mu.Unlock()
		return
	}
	p.workers++
	var worker chan job
	if n := len(p.idle); n > 0 {
		worker, p.idle = p.idle[n-1], p.idle[:n-1]
	}
	p.mu.Unlock()
	if worker != nil {
		worker <- j
		return
	}
	go p.work(j)
}

// work performs a job, and goes on with what it leads to: the next task of the same execution needs no other goroutine,
// unless older jobs wait.
func (p *pool) work(j job) {
	mine := make(chan job, 1)
	for {
		next := p.perform(p.ctx, j)
		var more, waits bool
		if j, more, waits = p.next(next, mine); more {
			runtime.Gosched() // or, with nothing to wait for, few executions would run through while the others stand
			continue
		}
		if !waits {
			return
		}
		select {
		case j = <-mine:
		case <-p.ctx.Done():
			return
		}
	}
}

// next is what a worker does now: a job, or wait for one on its channel, or end.
func (p *pool) next(jobs []job, worker chan job) (j job, more, waits bool) {
	for _, j := range jobs[min(1, len(jobs)):] {
		p.submit(j)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(jobs) > 0 {
		if p.head == len(p.queue) {
			return jobs[0], true, false
		}
		p.queue = append(p.queue, jobs[0])
	}
	if p.head == len(p.queue) || p.ctx.Err() != nil {
		p.workers--
		if waits = len(p.idle) < keepIdle; waits {
			p.idle = append(p.idle, worker)
		}
		return job{}, false, waits
	}
	j = p.queue[p.head]
	p.queue[p.head] = job{}
	p.head++
	switch {
	case p.head == len(p.queue):
		p.queue, p.head = p.queue[:0], 0
	case p.head > 1024 && p.head > len(p.queue)/2:
		n := copy(p.queue, p.queue[p.head:])
		clear(p.queue[n:])
		p.queue, p.head = p.queue[:n], 0
	}
	return j, true, false
}

// stop gives up the jobs: those in flight are told, the others are not begun.
func (p *pool) stop() { p.cancel() }
