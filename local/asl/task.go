package asl

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"orderflow/local/asl/jsonpath"
	"orderflow/local/asl/value"
)

// taskState has the host do something.
type taskState struct {
	resource      resource
	shown         string // the resource as events show it: with the pattern
	credentials   *template
	timeout       int64 // seconds, 0: none
	timeoutPath   *jsonpath.Path
	heartbeat     int64
	heartbeatPath *jsonpath.Path
}

func (t *taskState) token() bool { return t.resource.pattern == WaitForTaskToken }

func (t *taskState) run(x *Execution, b *branch) *fault {
	e := x.env(b, b.input)
	input, f := e.field(b.state.inputPath)
	if f != nil {
		return f
	}
	x.see(func(i *Inspection) { i.AfterInputPath = string(input) })
	id := x.count + 1 // of the scheduling event
	e.input = input
	if t.token() {
		e.token = x.token(id)
	}
	c := ScheduleTask{
		Task: TaskID(id), StateName: b.state.name, ResourceType: t.resource.kind, Action: t.resource.action,
		Pattern: t.resource.pattern, Token: e.token,
	}
	if f = t.evaluate(e, b, &c); f != nil {
		return f
	}
	x.schedule(b, t, c)
	return nil
}

// evaluate fills in what the definition computes: parameters, credentials, limits.
func (t *taskState) evaluate(e *env, b *branch, c *ScheduleTask) (f *fault) {
	parameters := e.input
	if b.state.parameters != nil {
		if parameters, f = b.state.parameters.eval(e); f != nil {
			return f
		}
	}
	if len(parameters) > MaxPayload {
		return tooLarge(b.state.name)
	}
	c.Parameters = string(parameters)
	e.x.see(func(i *Inspection) { i.AfterParameters = c.Parameters })
	if t.credentials != nil {
		v, f := t.credentials.eval(e)
		if f != nil {
			return f
		}
		c.Credentials = string(v)
	}
	if c.TimeoutSeconds, f = positiveAt(e, "TimeoutSecondsPath", t.timeoutPath, t.timeout); f != nil {
		return f
	}
	c.HeartbeatSeconds, f = positiveAt(e, "HeartbeatSecondsPath", t.heartbeatPath, t.heartbeat)
	return f
}

// positiveAt gives the fixed number of seconds, or that at the path.
func positiveAt(e *env, field string, p *jsonpath.Path, fixed int64) (int64, *fault) {
	if p == nil {
		return fixed, nil
	}
	n, f := longAt(e, field, p)
	if f == nil && n == 0 {
		f = runtime("The %s parameter must be positive: %s == 0", field, p)
	}
	return n, f
}

// schedule records the task, and asks the host to start it.
func (x *Execution) schedule(b *branch, t *taskState, c ScheduleTask) {
	if t.resource.kind == LambdaFunction {
		x.record(b, Event{
			Type: EventLambdaFunctionScheduled, Resource: t.resource.action, Input: c.Parameters,
			Timeout: c.TimeoutSeconds, Credentials: c.Credentials,
		})
		x.record(b, Event{Type: EventLambdaFunctionStarted})
	} else {
		x.record(b, Event{
			Type: EventTaskScheduled, ResourceType: t.resource.kind, Resource: t.shown, Region: x.info.Region,
			Parameters: c.Parameters, Timeout: c.TimeoutSeconds, Heartbeat: c.HeartbeatSeconds, Credentials: c.Credentials,
		})
		x.record(b, Event{Type: EventTaskStarted, ResourceType: t.resource.kind, Resource: t.shown})
	}
	b.task = &task{id: c.Task, command: c}
	if c.TimeoutSeconds > 0 {
		b.task.timeoutAt = x.now.Add(seconds(c.TimeoutSeconds))
	}
	if c.HeartbeatSeconds > 0 && !t.token() {
		b.task.heartbeatAt = x.now.Add(seconds(c.HeartbeatSeconds))
	}
	x.suspend(b, waitTask)
	x.command(c)
	for _, timer := range b.timers() {
		x.command(timer)
	}
}

// token makes the token of the task that the event schedules.
func (x *Execution) token(event int64) string {
	h := sha256.New()
	var n [16]byte
	binary.BigEndian.PutUint64(n[:8], x.info.Seed)
	binary.BigEndian.PutUint64(n[8:], uint64(event))
	h.Write(n[:])
	h.Write([]byte(x.info.ExecutionARN))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// random gives a generator for one draw; the same execution draws the same.
func (x *Execution) random(b *branch) *rand.Rand {
	x.draws++
	return rand.New(rand.NewPCG(x.info.Seed, uint64(x.count)<<20|x.draws))
}

// taskInput takes in what a host says about a task.
func (x *Execution) taskInput(in Input) error {
	switch in := in.(type) {
	case TaskSubmitted:
		return x.taskSubmitted(in)
	case TaskSucceeded:
		return x.taskSucceeded(in)
	case TaskFailed:
		return x.taskFailed(in.Task, EventTaskFailed, EventLambdaFunctionFailed, in.Error, in.Cause)
	case TaskStartFailed:
		return x.taskFailed(in.Task, EventTaskStartFailed, EventLambdaFunctionStartFailed, in.Error, in.Cause)
	case TaskSubmitFailed:
		return x.taskFailed(in.Task, EventTaskSubmitFailed, EventLambdaFunctionFailed, in.Error, in.Cause)
	}
	return fmt.Errorf("unknown input %T", in)
}

func (x *Execution) findTask(id TaskID) (*branch, *taskState, error) {
	if x.status != Running {
		return nil, nil, ErrEnded
	}
	b := x.openTask(id)
	if b == nil {
		return nil, nil, fmt.Errorf("%w: %d", ErrUnknownTask, id)
	}
	return b, b.state.body.(*taskState), nil
}

func (x *Execution) taskSubmitted(in TaskSubmitted) error {
	b, t, err := x.findTask(in.Task)
	if err != nil {
		return err
	}
	if !t.token() || b.task.command.Submitted {
		return fmt.Errorf("%w: %d was submitted already", ErrUnknownTask, in.Task)
	}
	if _, err := value.Parse(in.Output); err != nil {
		return fmt.Errorf("%w: %v", ErrInvalidJSON, err)
	}
	x.record(b, Event{Type: EventTaskSubmitted, ResourceType: t.resource.kind, Resource: t.shown, Output: in.Output})
	b.task.command.Submitted = true
	x.renewHeartbeat(b)
	return nil
}

// renewHeartbeat sets the heartbeat's deadline from now.
func (x *Execution) renewHeartbeat(b *branch) {
	if n := b.task.command.HeartbeatSeconds; n > 0 {
		b.task.heartbeatAt = x.now.Add(seconds(n))
		x.command(SetTimer{timerID(timerHeartbeat, int64(b.task.id)), b.task.heartbeatAt})
	}
}

func (x *Execution) heartbeat(id TaskID) error {
	b, _, err := x.findTask(id)
	if err != nil {
		return err
	}
	x.events = append(x.events, Event{Type: EventTaskHeartbeat, Time: x.now, Task: id})
	x.renewHeartbeat(b)
	return nil
}

func (x *Execution) taskSucceeded(in TaskSucceeded) error {
	b, t, err := x.findTask(in.Task)
	if err != nil {
		return err
	}
	v, err := value.Parse(in.Output)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrInvalidJSON, err)
	}
	if len(v) > MaxPayload {
		what := t.resource.kind
		if what == LambdaFunction {
			what = t.resource.action
		}
		f := tooLarge(what)
		return x.taskFailed(in.Task, EventTaskFailed, EventLambdaFunctionFailed, f.name, f.cause)
	}
	x.release(b, 0)
	e := Event{Type: EventTaskSucceeded, ResourceType: t.resource.kind, Resource: t.shown, Output: in.Output}
	if t.resource.kind == LambdaFunction {
		e = Event{Type: EventLambdaFunctionSucceeded, Output: in.Output}
	}
	x.record(b, e)
	x.see(func(i *Inspection) { i.Result = string(v) })
	x.check(b, x.leave(b, v))
	return nil
}

func (x *Execution) taskFailed(id TaskID, service, lambda EventType, name, cause *string) error {
	b, t, err := x.findTask(id)
	if err != nil {
		return err
	}
	x.release(b, 0)
	x.failTask(b, t, service, lambda, &fault{name: name, cause: cause})
	return nil
}

// failTask records the end of a task and hands its fault to Retry and Catch.
func (x *Execution) failTask(b *branch, t *taskState, service, lambda EventType, f *fault) {
	e := Event{
		Type: service, ResourceType: t.resource.kind, Resource: t.shown,
		Error: f.name, Cause: f.cause, HeartbeatExpired: f.heartbeat,
	}
	if t.resource.kind == LambdaFunction {
		e = Event{Type: lambda, Error: f.name, Cause: f.cause, HeartbeatExpired: f.heartbeat}
	}
	x.record(b, e)
	x.fail(b, f)
}

// taskTimedOut ends a task whose time is up. AWS records States.Timeout for a missed
// heartbeat too.
func (x *Execution) taskTimedOut(b *branch, fired TimerID, heartbeat bool) {
	t := b.state.body.(*taskState)
	x.command(AbortTask{b.task.id})
	x.release(b, fired)
	name := errTimeout
	x.failTask(b, t, EventTaskTimedOut, EventLambdaFunctionTimedOut, &fault{name: &name, heartbeat: heartbeat})
}
