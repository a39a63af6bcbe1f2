package asl

import (
	"fmt"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// taskInput handles an input about a task.
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
	if !t.submits() || b.task.command.Submitted {
		return fmt.Errorf("%w: %d is already submitted", ErrUnknownTask, in.Task)
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
	x.succeedTask(b, t, v, in.Output)
	return nil
}

// succeedTask ends a task with a result; output is its text.
func (x *Execution) succeedTask(b *branch, t *taskState, result value.JSON, output string) {
	x.release(b, 0)
	if len(result) > MaxPayload {
		what := t.resource.kind
		if what == LambdaFunction {
			what = t.resource.action
		}
		f := tooLarge(what)
		x.failTask(b, t, EventTaskFailed, EventLambdaFunctionFailed, &fault{name: f.name, cause: f.cause})
		return
	}
	e := Event{Type: EventTaskSucceeded, ResourceType: t.resource.kind, Resource: t.shown, Output: output}
	if t.resource.kind == LambdaFunction {
		e = Event{Type: EventLambdaFunctionSucceeded, Output: output}
	}
	x.record(b, e)
	x.see(func(i *Inspection) { i.Result = string(result) })
	x.check(b, x.leave(b, result))
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

// failTask records the end of a task and passes its fault to Retry and Catch.
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

// taskTimedOut ends a task after its timeout. AWS records States.Timeout for a missed heartbeat
// too.
func (x *Execution) taskTimedOut(b *branch, fired TimerID, heartbeat bool) {
	t := b.state.body.(*taskState)
	x.command(AbortTask{b.task.id})
	x.release(b, fired)
	name := errTimeout
	x.failTask(b, t, EventTaskTimedOut, EventLambdaFunctionTimedOut, &fault{name: &name, heartbeat: heartbeat})
}
