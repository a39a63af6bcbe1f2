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
	queued bool // the job waited in the queue: the execution may not need it any more
}

// pool performs jobs, a limited number at a time. The others wait in a queue, in order.
type pool struct {
	perform func(context.Context, job) []job
	limit   int
	ctx     context.Context // of all jobs; done when the pool stops
	cancel  context.CancelFunc

	mu      sync.Mutex
	queue   []job
	head    int
	workers int        // number of workers that have a job
	idle    []chan job // channels of workers without a job: their stacks have already grown
}

// keepIdle is the maximum number of workers kept without a job.
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

// work performs a job, and continues with the jobs that result from it: the next task of the same
// execution needs no other goroutine, unless older jobs wait.
func (p *pool) work(j job) {
	mine := make(chan job, 1)
	for {
		next := p.perform(p.ctx, j)
		var more, waits bool
		if j, more, waits = p.next(next, mine); more {
			// otherwise, with nothing to wait for, a few executions would run to their end while
			// the others wait
			runtime.Gosched()
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

// next returns what a worker does now: a job, or waiting for one on its channel, or ending.
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

// stop cancels the jobs in flight and drops the others.
func (p *pool) stop() { p.cancel() }
