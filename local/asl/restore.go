package asl

import (
	"fmt"
	"slices"
)

// Restore rebuilds an execution from its journal (all events in order, including the journal-only
// ones). The returned events are those that the last batch of the journal lacks, usually none:
// append them before you perform the commands. They are valid until the next Step.
//
// Restore runs the recorded inputs again. It fails if the resulting events differ from the recorded
// ones: then the journal belongs to another definition, to another Info, or to an engine with other
// behaviour.
func Restore(m *Machine, info Info, history []Event) (*Execution, []Event, []Command, error) {
	x := New(m, info)
	var missing []Event
	for at := 0; at < len(history); {
		in, err := x.cause(&history[at])
		if err != nil {
			return nil, nil, nil, fmt.Errorf("replay event %d: %w", history[at].ID, err)
		}
		events, _, err := x.Step(history[at].Time, in)
		if err != nil {
			return nil, nil, nil, fmt.Errorf("replay event %d: %w", history[at].ID, err)
		}
		if len(events) == 0 {
			return nil, nil, nil, fmt.Errorf("replay event %d: the engine returns no event", history[at].ID)
		}
		for i := range events {
			if at+i == len(history) {
				missing = events[i:]
				break
			}
			if !events[i].equal(&history[at+i]) {
				return nil, nil, nil,
					fmt.Errorf("replay event %d: the journal has %s, the engine returns %s", history[at+i].ID,
						history[at+i].brief(), events[i].brief())
			}
		}
		at += len(events)
	}
	return x, missing, x.outstanding(), nil
}

// cause returns the input that produced an event, the first of a batch.
func (x *Execution) cause(e *Event) (Input, error) {
	switch e.Type {
	case EventExecutionStarted:
		return Start{e.Input}, nil
	case EventExecutionAborted:
		return Stop{e.Error, e.Cause}, nil
	case EventExecutionTimedOut:
		return TimerFired{x.executionTimer().Timer}, nil
	case EventExecutionRedriven:
		return Redrive{}, nil
	case EventTaskHeartbeat:
		return Heartbeat{e.Task}, nil
	case EventExecutionFailed:
		if e.ID == MaxHistory && e.Cause != nil && *e.Cause == historyFull {
			return overflow{}, nil
		}
	}
	b := x.openAfter(e.PreviousID)
	if b == nil {
		return nil, fmt.Errorf("no branch waited after event %d", e.PreviousID)
	}
	if b.wait == waitTask {
		return b.task.cause(e)
	}
	return TimerFired{b.timers()[0].Timer}, nil
}

func (t *task) cause(e *Event) (Input, error) {
	switch e.Type {
	case EventTaskSubmitted:
		return TaskSubmitted{t.id, e.Output}, nil
	case EventTaskSucceeded, EventLambdaFunctionSucceeded:
		return TaskSucceeded{t.id, e.Output}, nil
	case EventTaskFailed, EventLambdaFunctionFailed:
		return TaskFailed{t.id, e.Error, e.Cause}, nil
	case EventTaskStartFailed, EventLambdaFunctionStartFailed:
		return TaskStartFailed{t.id, e.Error, e.Cause}, nil
	case EventTaskSubmitFailed:
		return TaskSubmitFailed{t.id, e.Error, e.Cause}, nil
	case EventTaskTimedOut, EventLambdaFunctionTimedOut:
		kind := timerTimeout
		if e.HeartbeatExpired {
			kind = timerHeartbeat
		}
		return TimerFired{timerID(kind, int64(t.id))}, nil
	}
	return nil, fmt.Errorf("%s does not end a task", e.Type)
}

// outstanding lists the commands that were issued and are not done, in the order of the events that
// issued them.
func (x *Execution) outstanding() []Command {
	if x.status != Running {
		return nil
	}
	var out []Command
	if x.timed {
		out = append(out, x.executionTimer())
	}
	waiting := slices.Clone(x.open)
	slices.SortFunc(waiting, func(a, b *branch) int { return int(a.last - b.last) })
	for _, b := range waiting {
		if b.wait == waitTask {
			out = append(out, b.task.command)
		}
		for _, t := range b.timers() {
			out = append(out, t)
		}
	}
	return out
}

func (e *Event) equal(o *Event) bool {
	a, b := *e, *o
	same := slices.Equal(a.Variables, b.Variables) && equalText(a.Error, b.Error) &&
		equalText(a.Cause, b.Cause) && a.Time.Equal(b.Time)
	return same && a.Type == b.Type && a.ID == b.ID && a.PreviousID == b.PreviousID && a.Name == b.Name &&
		a.Input == b.Input && a.Output == b.Output && a.Resource == b.Resource && a.ResourceType == b.ResourceType &&
		a.Region == b.Region && a.Parameters == b.Parameters && a.Timeout == b.Timeout && a.Heartbeat == b.Heartbeat &&
		a.Credentials == b.Credentials && a.RoleARN == b.RoleARN && a.AliasARN == b.AliasARN &&
		a.VersionARN == b.VersionARN && a.Length == b.Length && a.Index == b.Index &&
		a.RedriveCount == b.RedriveCount && a.Task == b.Task && a.HeartbeatExpired == b.HeartbeatExpired
}

func equalText(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// brief formats an event for an error message.
func (e *Event) brief() string {
	return string(e.AppendJSON(nil, JSONOptions{Timestamp: e.Time.Format(`"15:04:05.000"`)}))
}
