package states

import (
	"context"
	"errors"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
)

// firing is the maximum number of executions whose due timers are fired concurrently.
const firing = 64

// fireTimers fires the timers of executions when they are due, until ctx is done.
func (s *Service) fireTimers(ctx context.Context) {
	slots := make(chan struct{}, firing)
	for {
		now := s.clock.Now()
		id, ok, next := s.timers.pop(millis(now))
		if ok {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				s.timers.done()
				return
			}
			go func() {
				s.fire(id)
				s.timers.done()
				<-slots
			}()
			continue
		}
		if !s.sleep(ctx, now, next) {
			return
		}
	}
}

// sleep waits for a point in time (0: none), or until an earlier timer was set. It returns false
// when ctx is done.
func (s *Service) sleep(ctx context.Context, now time.Time, until Millis) bool {
	var due <-chan time.Time
	if until != 0 {
		t := s.clock.NewTimer(until.Time().Sub(now))
		defer t.Stop()
		due = t.Chan()
		if s.clock.Since(now) > time.Millisecond {
			return true // the clock was moved in the meantime: the timer is late
		}
	}
	select {
	case <-due:
	case <-s.timers.wake:
	case <-ctx.Done():
		return false
	}
	return true
}

// fire takes all due timers of an execution into it.
func (s *Service) fire(id uint64) {
	if !s.gate.enter() {
		return
	}
	defer s.gate.leave()
	r, err := s.acquire(id)
	if err != nil {
		s.log.Error("fire timer", "id", id, "error", err)
		s.timers.set(id, millis(s.clock.Now().Add(retryCommit)))
		return
	}
	defer r.release()
	now := millis(s.clock.Now())
	for r.rec.Status == asl.Running && !r.gone {
		t, at, ok := r.dueTimer(now)
		if !ok {
			break
		}
		r.fired = at
		err := r.take(asl.TimerFired{Timer: t}, nil)
		if err != nil && !errors.Is(err, asl.ErrUnknownTimer) {
			s.log.Error("fire timer", "execution", r.rec.Name, "error", err)
			return
		}
	}
	if r.rec.Status == asl.Running && !r.gone {
		s.timers.set(id, r.due()) // the clock's timer may belong to one that was moved
	}
}

// dueTimer removes and returns the first timer and its time, if it is due.
func (r *run) dueTimer(now Millis) (asl.TimerID, Millis, bool) {
	first := -1
	for i, t := range r.timers {
		if t.at <= now && (first < 0 || t.at < r.timers[first].at) {
			first = i
		}
	}
	if first < 0 {
		return 0, 0, false
	}
	id, at := r.timers[first].id, r.timers[first].at
	r.timers = append(r.timers[:first], r.timers[first+1:]...)
	return id, at, true
}
