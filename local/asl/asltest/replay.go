package asltest

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"orderflow/local/asl"
	"orderflow/local/asl/value"
)

// errNoOutcome: the execution schedules a task of which the case tells no outcome.
var errNoOutcome = errors.New("the case has no outcome for this task")

// maxSteps ends a replay that does not end by itself.
const maxSteps = 100_000

// Run is what came out of a replay.
type Run struct {
	Events []asl.Event
	End    *asl.End // nil: the execution still waits
}

// replay is a host in simulated time: it plays the recorded outcomes back.
type replay struct {
	c      *Case
	x      *asl.Execution
	info   asl.Info
	m      *asl.Machine
	now    time.Time
	run    Run
	timers map[asl.TimerID]time.Time
	open   []*openTask
	queue  map[string][]Task // by state
	loose  []Task            // outcomes that belong to no known state
	redone int               // redrives used
	used   int               // outcomes of unpaired tasks used
	halted bool              // the case's stop was made
}

// openTask is a task in flight, with the outcome it will have.
type openTask struct {
	command asl.ScheduleTask
	outcome Outcome
	at      time.Time
	beats   []time.Time
	order   int64
}

// Replay runs a case on the engine.
func Replay(c *Case, m *asl.Machine) (*Run, error) {
	r := &replay{c: c, m: m, now: c.start(), timers: map[asl.TimerID]time.Time{}, queue: map[string][]Task{}}
	r.info = c.info(r.now)
	r.x = asl.New(m, r.info)
	for _, t := range c.Tasks {
		if t.StateName == nil {
			r.loose = append(r.loose, t)
			continue
		}
		r.queue[*t.StateName] = append(r.queue[*t.StateName], t)
	}
	input := string(c.Input)
	if input == "" {
		input = "{}"
	}
	if err := r.step(asl.Start{Input: input}); err != nil {
		return nil, err
	}
	for range maxSteps {
		in, ok := r.next()
		if !ok {
			return &r.run, nil
		}
		if err := r.step(in); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("the execution does not end")
}

// info gives the execution the names that the recorder put in place of the real ones.
func (c *Case) info(start time.Time) asl.Info {
	info := asl.Info{
		ExecutionARN:     "arn:<partition>:states:<region>:111111111111:execution:<ArnPart_0idx>:<ExecArnPart_0idx>",
		Name:             "<ExecArnPart_0idx>",
		StateMachineARN:  "arn:<partition>:states:<region>:111111111111:stateMachine:<ArnPart_0idx>",
		StateMachineName: "<ArnPart_0idx>",
		Region:           "<region>",
		RoleARN:          "snf_role_arn",
		StartTime:        start,
		Seed:             1,
	}
	if c.MachineType == "EXPRESS" {
		info.ExecutionARN = "arn:<partition>:states:<region>:111111111111:express:<ArnPart_0idx>:<part 1>:<part 2>"
		info.RoleARN = "sfn_role_arn"
	}
	if len(c.History) > 0 {
		var started struct{ RoleARN string }
		if json.Unmarshal(c.History[0].Members["executionStartedEventDetails"], &started) == nil && started.RoleARN != "" {
			info.RoleARN = started.RoleARN
		}
	}
	return info
}

func (r *replay) step(in asl.Input) error {
	events, commands, err := r.x.Step(r.now, in)
	if err != nil {
		return fmt.Errorf("replay %s: step %T: %w", r.c.Name, in, err)
	}
	r.run.Events = append(r.run.Events, events...)
	for _, c := range commands {
		switch c := c.(type) {
		case asl.ScheduleTask:
			if err := r.schedule(c); err != nil {
				return err
			}
		case asl.SetTimer:
			r.timers[c.Timer] = c.At
		case asl.CancelTimer:
			delete(r.timers, c.Timer)
		case asl.AbortTask:
			r.close(c.Task)
		case asl.End:
			r.run.End = &c
			clear(r.timers)
			r.open = nil
		}
	}
	return nil
}

func (r *replay) close(id asl.TaskID) {
	for i, t := range r.open {
		if t.command.Task == id {
			r.open = append(r.open[:i], r.open[i+1:]...)
			return
		}
	}
}

// schedule looks up the outcome of a task.
func (r *replay) schedule(c asl.ScheduleTask) error {
	t, ok := r.outcome(c.StateName)
	if !ok {
		return fmt.Errorf("replay %s: state %q: %w", r.c.Name, c.StateName, errNoOutcome)
	}
	o := t.Outcome
	if o.Unpaired {
		o = r.unpaired()
	}
	start := r.now
	task := &openTask{command: c, outcome: o, at: start.Add(duration(o.AfterSeconds)), order: o.ClosedBy}
	for _, s := range o.Heartbeats {
		task.beats = append(task.beats, start.Add(duration(s)))
	}
	r.open = append(r.open, task)
	return nil
}

func duration(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// outcome takes the next recorded task of a state.
func (r *replay) outcome(state string) (Task, bool) {
	if list := r.queue[state]; len(list) > 0 {
		r.queue[state] = list[1:]
		return list[0], true
	}
	if len(r.loose) > 0 {
		t := r.loose[0]
		r.loose = r.loose[1:]
		return t, true
	}
	return Task{}, false
}

// unpaired makes an outcome of the next recorded end of a task that the recording
// could not tie to its task.
func (r *replay) unpaired() Outcome {
	if r.used >= len(r.c.Unpaired) {
		return Outcome{}
	}
	e := &r.c.Unpaired[r.used]
	r.used++
	for key, details := range e.Members {
		var o Outcome
		if !strings.HasSuffix(key, "EventDetails") || json.Unmarshal(details, &struct {
			Output *json.RawMessage
			Error  **string
		}{&o.Output, &o.Error}) != nil {
			continue
		}
		var cause struct{ Cause json.RawMessage }
		if json.Unmarshal(details, &cause) == nil && cause.Cause != nil {
			text := plain(cause.Cause)
			o.Cause = &text
		}
		o.Output = json.RawMessage(value.Compact(value.JSON(o.Output)))
		return o
	}
	return Outcome{}
}

// plain gives the text that the recorder may have parsed.
func plain(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}

// next decides what happens next, and moves the clock there.
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
		at = r.c.start().Add(duration(s.AfterSeconds) + 1) // nothing comes before the stop
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

// submit tells of a request that a service took: before anything else.
func (r *replay) submit() (asl.Input, bool) {
	for _, t := range r.open {
		if t.command.Pattern == asl.WaitForTaskToken && !t.command.Submitted && len(t.outcome.Submitted) > 0 {
			t.command.Submitted = true
			return asl.TaskSubmitted{Task: t.command.Task, Output: string(t.outcome.Submitted)}, true
		}
	}
	return nil, false
}

// earliest finds what is due first: a task's end, a heartbeat, or a timer. Of what is
// due at once, tasks come first, in the order in which the recording closed them.
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

// consume takes what happens now off the list of what is to come.
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

// due tells when a task next says something, and what; nil if it stays silent.
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
