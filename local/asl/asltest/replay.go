package asltest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// errNoOutcome is returned when the execution schedules a task for which the case has no outcome.
var errNoOutcome = errors.New("the case has no outcome for this task")

// maxSteps stops a replay that does not end by itself.
const maxSteps = 100_000

// Run is the result of a replay.
type Run struct {
	Events []asl.Event
	End    *asl.End // nil: the execution waits
}

// replay is a host in simulated time: it answers tasks with the recorded outcomes.
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
	loose  []Task            // outcomes whose state is unknown
	redone int               // number of redrives used
	used   int               // number of loose outcomes used
	halted bool              // the case's Stop has been applied
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
	return nil, fmt.Errorf("the execution does not end within %d steps", maxSteps)
}

// info gives the execution the names by which the recorder replaced the real ones.
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
		var started struct{ RoleARN, StateMachineAliasARN, StateMachineVersionARN string }
		if json.Unmarshal(c.History[0].Members["executionStartedEventDetails"], &started) == nil &&
			started.RoleARN != "" {
			info.RoleARN = started.RoleARN
			info.StateMachineAliasARN = started.StateMachineAliasARN
			info.StateMachineVersionARN = started.StateMachineVersionARN
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

// outcome removes and returns the next recorded task of a state.
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

// unpaired makes an outcome from the next recorded task end that could not be matched to a task.
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

// plain returns the text that the recorder may have parsed.
func plain(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}
