package asltest

import (
	"encoding/json"
	"sort"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
)

// next chooses the next input and moves the clock to its time.
func (r *replay) next() (asl.Input, bool) {
	if r.run.End != nil {
		if r.redone >= len(r.c.Redrives) {
			return nil, false
		}
		r.now = r.now.Add(duration(r.c.Redrives[r.redone].AfterSeconds))
		r.redone++
		r.run.End = nil
		return asl.Redrive{}, true
	}
	if in, ok := r.stop(); ok {
		return in, true
	}
	if in, ok := r.submit(); ok {
		return in, true
	}
	at, in := r.earliest()
	if s := r.c.Stop; s != nil && !r.halted && in == nil {
		at = r.c.start().Add(duration(s.AfterSeconds) + 1) // nothing precedes the stop
	} else if in == nil {
		return nil, false
	}
	if s := r.c.Stop; s != nil && !r.halted && at.After(r.c.start().Add(duration(s.AfterSeconds))) {
		r.halted = true
		r.now = r.c.start().Add(duration(s.AfterSeconds))
		return asl.Stop{Error: s.Error, Cause: s.Cause}, true
	}
	if at.After(r.now) {
		r.now = at
	}
	r.consume(in)
	return in, true
}

// stop aborts the execution where the recorded history does.
func (r *replay) stop() (asl.Input, bool) {
	at := int(r.x.EventCount())
	if r.c.Stop != nil || at >= len(r.c.History) || r.c.History[at].Type != "ExecutionAborted" {
		return nil, false
	}
	var e errorCause
	if details, ok := r.c.History[at].Members["executionAbortedEventDetails"]; ok {
		if json.Unmarshal(details, &e) != nil {
			e = errorCause{}
		}
	}
	return asl.Stop{Error: e.Error, Cause: e.Cause}, true
}

// submit returns TaskSubmitted for a task whose request the service has accepted. It precedes
// everything else.
func (r *replay) submit() (asl.Input, bool) {
	for _, t := range r.open {
		if t.command.Pattern != asl.RequestResponse && !t.command.Submitted && len(t.outcome.Submitted) > 0 {
			t.command.Submitted = true
			return asl.TaskSubmitted{Task: t.command.Task, Output: string(t.outcome.Submitted)}, true
		}
	}
	return nil, false
}

// earliest finds what is due first: a task's end, a heartbeat, or a timer. At equal times tasks
// come first, in the order in which the recording ends them.
func (r *replay) earliest() (time.Time, asl.Input) {
	var at time.Time
	var in asl.Input
	tasks := append([]*openTask(nil), r.open...)
	sort.SliceStable(tasks, func(i, j int) bool { return tasks[i].order < tasks[j].order })
	for _, t := range tasks {
		due, input := t.due()
		if input != nil && (in == nil || due.Before(at)) {
			at, in = due, input
		}
	}
	for id, due := range r.timers {
		first, isTimer := in.(asl.TimerFired)
		if in == nil || due.Before(at) || isTimer && due.Equal(at) && id < first.Timer {
			at, in = due, asl.TimerFired{Timer: id}
		}
	}
	return at, in
}

// consume removes an input from the list of those to come.
func (r *replay) consume(in asl.Input) {
	switch in := in.(type) {
	case asl.TimerFired:
		delete(r.timers, in.Timer)
	case asl.Heartbeat:
		for _, t := range r.open {
			if t.command.Task == in.Task {
				t.beats = t.beats[1:]
			}
		}
	case asl.TaskSucceeded:
		r.close(in.Task)
	case asl.TaskFailed:
		r.close(in.Task)
	case asl.TaskStartFailed:
		r.close(in.Task)
	case asl.TaskSubmitFailed:
		r.close(in.Task)
	}
}

// due returns the next input of a task and its time; nil if there is none.
func (t *openTask) due() (time.Time, asl.Input) {
	id, o := t.command.Task, &t.outcome
	if len(t.beats) > 0 && t.beats[0].Before(t.at) {
		return t.beats[0], asl.Heartbeat{Task: id}
	}
	switch {
	case o.Error != nil || o.Cause != nil || o.Failed:
		return t.at, asl.TaskFailed{Task: id, Error: o.Error, Cause: o.Cause}
	case o.StartFailed != nil:
		return t.at, asl.TaskStartFailed{Task: id, Error: o.StartFailed.Error, Cause: o.StartFailed.Cause}
	case o.SubmitFailed != nil:
		return t.at, asl.TaskSubmitFailed{Task: id, Error: o.SubmitFailed.Error, Cause: o.SubmitFailed.Cause}
	case len(o.Output) > 0:
		return t.at, asl.TaskSucceeded{Task: id, Output: string(o.Output)}
	}
	if len(t.beats) > 0 {
		return t.beats[0], asl.Heartbeat{Task: id}
	}
	return time.Time{}, nil
}
