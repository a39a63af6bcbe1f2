package states

import (
	"context"
	"sync"

	"orderflow/local/asl"
)

// job is a task to be performed for an execution.
type job struct {
	run  *run
	task asl.ScheduleTask
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
	workers int
}

func newPool(limit int, perform func(context.Context, job) []job) *pool {
	p := &pool{perform: perform, limit: limit}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

func (p *pool) submit(j job) {
	p.mu.Lock()
	if p.workers >= p.limit {
		p.queue = append(p.queue, j)
		p.mu.Unlock()
		return
	}
	p.workers++
	p.mu.Unlock()
	go p.work(j)
}

// work performs a job, and goes on with what it leads to: the next task of the same execution needs no other goroutine,
// unless older jobs wait.
func (p *pool) work(j job) {
	for {
		next := p.perform(p.ctx, j)
		var more bool
		if j, more = p.next(next); !more {
			return
		}
	}
}

func (p *pool) next(jobs []job) (j job, more bool) {
	for _, j := range jobs[min(1, len(jobs)):] {
		p.submit(j)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(jobs) > 0 {
		if p.head == len(p.queue) {
			return jobs[0], true
		}
		p.queue = append(p.queue, jobs[0])
	}
	if p.head == len(p.queue) || p.ctx.Err() != nil {
		p.workers--
		return job{}, false
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
	return j, true
}

// stop gives up the jobs: those in flight are told, the others are not begun.
func (p *pool) stop() { p.cancel() }
