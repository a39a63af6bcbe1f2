package asl

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"

	"orderflow/local/asl/jsonpath"
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

// submits reports whether the task goes on after the service has taken the request.
func (t *taskState) submits() bool { return t.resource.pattern != RequestResponse }

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
		f = runtimeFault("The %s parameter must be positive: %s == 0", field, p)
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
