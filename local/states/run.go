package states

import (
	"slices"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/store"
)

// run is an execution in memory. Its lock is held for a whole step, including the commit.
type run struct {
	s      *Service
	mu     sync.Mutex
	gone   bool // dropped from memory: a caller that still holds it must look it up again
	rec    execution
	role   string // ARN
	x      *asl.Execution
	step   int64 // number of the journal's last batch
	mark   mark  // the mark in the store, if it is marked
	marked bool

	tasks  []asl.TaskID // tasks in flight: the host owes the engine their outcome or submission
	timers []openTimer
	fired  Millis // the time of the timer that is being fired, or was fired last
	jobs   []job  // to be started when the lock is released
}

type openTimer struct {
	id asl.TimerID
	at Millis
}

// retryCommit is the delay before an execution is loaded and continued again after a failed write.
const retryCommit = time.Second

// keepLoaded: an execution whose next timer is due within this time stays in memory.
const keepLoaded = 2000 // ms

// release releases the lock and starts the jobs of the steps that ran under it.
func (r *run) release() {
	jobs := r.takeJobs()
	if !r.gone && (r.rec.Status != asl.Running || r.idle()) {
		r.drop()
	}
	r.mu.Unlock()
	for _, j := range jobs {
		r.s.work.submit(j)
	}
}

// takeJobs returns the tasks to be started, without those that a later step under the same lock
// closed: an execution that was stopped must not call anything.
func (r *run) takeJobs() []job {
	jobs := r.jobs
	r.jobs = nil
	return slices.DeleteFunc(jobs, func(j job) bool { return r.gone || !slices.Contains(r.tasks, j.task.Task) })
}

// wants reports whether the execution still waits for a task.
func (r *run) wants(id asl.TaskID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.gone && slices.Contains(r.tasks, id)
}

// drop takes the execution out of memory.
func (r *run) drop() {
	r.gone = true
	r.s.runs.remove(r)
}

// idle reports whether nothing will happen to the execution for a while, or until a task token is
// returned.
func (r *run) idle() bool {
	if len(r.tasks) > 0 {
		return false
	}
	due := r.due()
	return due == 0 || due > millis(r.s.clock.Now())+keepLoaded
}

// due returns the time of the first timer; 0 if there is none.
func (r *run) due() Millis {
	var due Millis
	for _, t := range r.timers {
		if due == 0 || t.at < due {
			due = t.at
		}
	}
	return due
}

// take performs one step: it passes the input to the engine, and commits the result, together
// with the additions of extra. The errors of the engine (asl.ErrUnknownTask ...) change nothing.
func (r *run) take(in asl.Input, extra func(*store.Batch)) error {
	events, commands, err := r.x.Step(r.s.clock.Now(), in)
	if err != nil {
		return err
	}
	return r.commit(events, commands, extra)
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

// commit writes the events and everything that changes with them in one batch. Only then does it
// perform the commands. If the write fails, the execution in memory is ahead of its journal: it is
// dropped, and loaded again later.
func (r *run) commit(events []asl.Event, commands []asl.Command, extra func(*store.Batch)) error {
	s := r.s
	b := s.store.NewBatch()
	empty := b.Len()
	buf := buffers.Get().(*[]byte)
	if len(events) > 0 {
		r.step++
		*buf = asl.AppendEvents((*buf)[:0], events)
		b.Set(historyKey(r.rec.ID, r.step), *buf)
	}
	jobs := len(r.jobs)
	ended := r.apply(commands, b)
	if ended {
		r.end(b, events)
	} else if m := r.nextMark(); !r.marked || m != r.mark {
		r.mark, r.marked = m, true
		*buf = m.encode((*buf)[:0], r.rec.Machine)
		b.Set(runningKey(r.rec.ID), *buf)
	}
	buffers.Put(buf)
	if extra != nil {
		extra(b)
	}
	notices := s.notices(b, r, events, ended)
	if b.Len() == empty {
		b.Discard()
	} else if err := b.Commit(); err != nil {
		r.jobs = r.jobs[:jobs]
		r.drop()
		s.timers.set(r.rec.ID, millis(s.clock.Now().Add(retryCommit)))
		s.log.Error("write journal", "execution", r.rec.Name, "error", err)
		return err
	}
	s.outbox.add(notices)
	if ended || slices.ContainsFunc(commands, aborts) {
		s.children.changed(r.rec.ID, ended)
	}
	if ended {
		s.timers.set(r.rec.ID, 0)
		s.running.remove(r.rec.Machine, rank{r.rec.since(), r.rec.ID})
		s.waiters.wake(r.rec.ID)
	} else {
		s.timers.set(r.rec.ID, r.due())
	}
	return nil
}

func aborts(c asl.Command) bool {
	_, ok := c.(asl.AbortTask)
	return ok
}

// apply handles the engine's commands. It reports whether the execution has ended.
func (r *run) apply(commands []asl.Command, b *store.Batch) (ended bool) {
	for _, c := range commands {
		switch c := c.(type) {
		case asl.ScheduleTask:
			if c.Token != "" {
				b.Set(tokenKey(c.Token), encodeToken(r.rec.ID, c.Task))
			}
			if !c.Submitted {
				r.tasks = append(r.tasks, c.Task)
				r.jobs = append(r.jobs, job{run: r, task: c})
			}
		case asl.AbortTask:
			r.closeTask(c.Task)
		case asl.SetTimer:
			r.setTimer(c.Timer, c.At)
		case asl.CancelTimer:
			r.cancelTimer(c.Timer)
		case asl.End:
			ended = true
			r.tasks, r.timers = nil, nil
			r.rec.Status, r.rec.Error, r.rec.Cause = c.Status, c.Error, c.Cause
		}
	}
	return ended
}

// end writes the changes at the end of an execution: its record, and its move from the running to
// the closed ones.
func (r *run) end(b *store.Batch, events []asl.Event) {
	r.rec.Stop = millis(r.s.clock.Now())
	if n := len(events); n > 0 {
		r.rec.Stop = millis(events[n-1].Time)
		if events[n-1].Type == asl.EventExecutionTimedOut {
			r.rec.Stop = r.fired // as on AWS: start + timeout, however late the timer was
		}
	}
	r.rec.Redrivable, r.rec.Reason = r.x.Redrivable()
	r.rec.Steps = r.step
	buf := make([]byte, 0, 256)
	b.Set(executionKey(r.rec.ID), r.rec.encode(buf))
	b.Set(listKey(r.rec.Machine, statusCode(r.rec.Status), r.rec.rank()), r.rec.encodeListEntry(buf))
	if r.marked {
		b.Delete(runningKey(r.rec.ID))
	}
	r.marked = false
}

// nextMark returns the mark that the store must have for the execution's current state.
func (r *run) nextMark() mark {
	m := mark{since: r.rec.since()}
	if len(r.tasks) == 0 {
		m.idle, m.due = true, r.due()
	}
	return m
}

// closeTask removes a task from those in flight, and reports whether it was there.
func (r *run) closeTask(id asl.TaskID) bool {
	i := slices.Index(r.tasks, id)
	if i < 0 {
		return false
	}
	r.tasks = slices.Delete(r.tasks, i, i+1)
	return true
}

func (r *run) setTimer(id asl.TimerID, at time.Time) {
	due := max(millis(at), 1)
	for i := range r.timers {
		if r.timers[i].id == id {
			r.timers[i].at = due
			return
		}
	}
	r.timers = append(r.timers, openTimer{id, due})
}

func (r *run) cancelTimer(id asl.TimerID) bool {
	for i := range r.timers {
		if r.timers[i].id == id {
			r.timers = slices.Delete(r.timers, i, i+1)
			return true
		}
	}
	return false
}
