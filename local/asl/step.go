package asl

import (
	"fmt"
	"math"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// Step handles what happened at time now; see the package documentation.
func (x *Execution) Step(now time.Time, in Input) ([]Event, []Command, error) {
	clear(x.events)
	x.events, x.commands = x.events[:0], x.commands[:0]
	x.ready, x.draws, x.overflow = x.ready[:0], 0, false
	x.now = now.UTC().Truncate(time.Millisecond)
	if err := x.take(in); err != nil {
		return nil, nil, err
	}
	x.drain()
	if x.overflow {
		x.endOverflow()
	}
	return x.events, x.commands, nil
}

// take checks an input and applies it.
func (x *Execution) take(in Input) error {
	if _, ok := in.(Start); ok != (x.status == Pending) {
		if ok {
			return ErrStarted
		}
		return ErrNotStarted
	}
	switch in := in.(type) {
	case Start:
		return x.start(in)
	case Redrive:
		return x.redrive()
	case Stop:
		if x.status != Running {
			return ErrEnded
		}
		x.emit(Event{Type: EventExecutionAborted, Error: in.Error, Cause: in.Cause})
		x.end(End{Status: Aborted, Error: in.Error, Cause: in.Cause})
		return nil
	case TimerFired:
		return x.timerFired(in.Timer)
	case Heartbeat:
		return x.heartbeat(in.Task)
	case overflow:
		x.overflow = true
		return nil
	}
	return x.taskInput(in)
}

// overflow is the input that Restore uses for an event that did not fit.
type overflow struct{}

func (overflow) input() {}

func (x *Execution) start(in Start) error {
	v, err := value.Parse(in.Input)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrInvalidJSON, err)
	}
	x.status, x.input = Running, v
	x.startTime = x.info.StartTime
	if x.startTime.IsZero() {
		x.startTime = x.now
	}
	x.emit(Event{
		Type: EventExecutionStarted, Input: in.Input, RoleARN: x.info.RoleARN,
		AliasARN: x.info.StateMachineAliasARN, VersionARN: x.info.StateMachineVersionARN,
	})
	x.setTimeout()
	x.enter(x.root, x.machine.flow.start, v)
	return nil
}

// setTimeout sets the timer of the machine's TimeoutSeconds.
func (x *Execution) setTimeout() {
	if x.machine.timeout > 0 {
		x.timed = true
		x.command(x.executionTimer())
	}
}

func (x *Execution) executionTimer() SetTimer {
	from := x.startTime
	if x.redrives > 0 {
		from = x.redriveTime
	}
	return SetTimer{timerID(timerExecution, int64(x.redrives)), from.Add(seconds(x.machine.timeout))}
}

// seconds converts a number of seconds to a duration, at most about 290 years.
func seconds(n int64) time.Duration {
	const limit = math.MaxInt64 / int64(time.Second)
	return time.Duration(min(n, limit)) * time.Second
}

func (x *Execution) timerFired(id TimerID) error {
	if x.status != Running {
		return ErrEnded
	}
	if x.timed && id == x.executionTimer().Timer {
		name := errTimeout
		x.emit(Event{Type: EventExecutionTimedOut, Error: &name})
		x.end(End{Status: TimedOut})
		return nil
	}
	b := x.openTimer(id)
	if b == nil {
		return fmt.Errorf("%w: %d", ErrUnknownTimer, id)
	}
	kind := int(id % timerKinds)
	if kind == timerTimeout || kind == timerHeartbeat {
		x.taskTimedOut(b, id, kind == timerHeartbeat)
		return nil
	}
	waited := b.wait == waitTimer
	x.release(b, id)
	if waited {
		x.check(b, b.state.body.(*waitState).leave(x, b))
		return nil
	}
	x.ready = append(x.ready, b)
	return nil
}

// drain runs the branches in turn, one state each, until all of them wait.
func (x *Execution) drain() {
	for i := 0; i < len(x.ready) && x.status == Running && !x.overflow; i++ {
		if b := x.ready[i]; !b.halted {
			x.turn(b)
		}
	}
}

// turn runs the current state of a branch.
func (x *Execution) turn(b *branch) {
	last := b.last
	f := b.state.body.run(x, b)
	if f != nil && b.last == last {
		f.unrecorded = true
	}
	x.check(b, f)
}

// check handles the fault, if any, of a branch's current state.
func (x *Execution) check(b *branch, f *fault) {
	if f != nil {
		x.fail(b, f.at(x, b))
	}
}

// enter makes a branch enter a state. The state runs in the branch's next turn.
func (x *Execution) enter(b *branch, s *state, input value.JSON) {
	b.state, b.input, b.group = s, input, nil
	b.attempts, b.retryCount = nil, 0
	b.enteredAt, b.deadline = x.now, time.Time{}
	x.record(b, Event{Type: stateTypes[s.kind].entered, Name: s.name, Input: string(input)})
	b.entered = b.last
	x.ready = append(x.ready, b)
}

// complete ends a branch with an output.
func (x *Execution) complete(b *branch, output value.JSON) *fault {
	b.done, b.output, b.state = true, output, nil
	if b.parent != nil {
		x.branchDone(b.parent, b)
		return nil
	}
	x.emit(Event{Type: EventExecutionSucceeded, PreviousID: b.last, Output: string(output)})
	x.end(End{Status: Succeeded, Output: string(output)})
	return nil
}

// end ends the execution. All its tasks and timers are invalid from now on.
func (x *Execution) end(e End) {
	if x.overflow {
		return
	}
	for _, b := range x.open {
		b.wait, b.task = waitNothing, nil
	}
	clear(x.open)
	x.open, x.timed = x.open[:0], false
	x.status, x.result = e.Status, e
	x.command(e)
}

// endFailed fails the execution.
func (x *Execution) endFailed(previous int64, f *fault) {
	x.emit(Event{Type: EventExecutionFailed, PreviousID: previous, Error: f.name, Cause: f.cause})
	x.end(End{Status: Failed, Error: f.name, Cause: f.cause})
}

// historyFull is the cause when a history would outgrow MaxHistory.
const historyFull = "The execution reached the maximum number of history events (25000)."

// endOverflow fails an execution whose history is full. The commands of this Step whose events were
// not recorded are dropped.
func (x *Execution) endOverflow() {
	x.overflow = false
	x.commands = x.commands[:0]
	name, cause := errRuntime, historyFull
	x.endFailed(x.count, &fault{name: &name, cause: &cause})
}
