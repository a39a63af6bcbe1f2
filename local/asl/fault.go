package asl

import "fmt"

// Names of the errors that the engine itself raises.
const (
	errAll               = "States.ALL"
	errTaskFailed        = "States.TaskFailed"
	errTimeout           = "States.Timeout"
	errHeartbeatTimeout  = "States.HeartbeatTimeout"
	errRuntime           = "States.Runtime"
	errDataLimitExceeded = "States.DataLimitExceeded"
	errIntrinsicFailure  = "States.IntrinsicFailure"
	errResultPathMatch   = "States.ResultPathMatchFailure"
	errExceedTolerated   = "States.ExceedToleratedFailureThreshold"
)

// fault is an error that the engine handles: it goes to Retry, Catch, and the states around.
type fault struct {
	name, cause *string
	// fatal faults are neither retried nor caught: the execution fails at once, as on AWS for
	// States.Runtime and for outputs that are too large.
	fatal bool
	// heartbeat marks a timeout that States.HeartbeatTimeout matches too.
	heartbeat bool
	// unrecorded faults arose before the state recorded anything. They are not retried: the same
	// expressions would fail again, and no event would show it.
	unrecorded bool
	// text is the fault's own text; at adds the state in front of it.
	text string
}

// runtimeFault returns a fatal States.Runtime. The text describes the error; the state and its
// entry event are added in front of it.
func runtimeFault(format string, args ...any) *fault {
	return &fault{fatal: true, text: fmt.Sprintf(format, args...)}
}

// failing returns a fault that Retry and Catch handle. The state is added in front of its cause.
func failing(name, format string, args ...any) *fault {
	return &fault{name: &name, text: fmt.Sprintf(format, args...)}
}

// tooLarge returns States.DataLimitExceeded for the state or task of that name.
func tooLarge(what string) *fault {
	name := errDataLimitExceeded
	cause := fmt.Sprintf("The state/task '%s' returned a result with a size exceeding the maximum number of "+
		"bytes service limit.", what)
	return &fault{name: &name, cause: &cause, fatal: true}
}

// at adds the state in which a fault arose to a fault that has only a text. In a test of one state
// the fault keeps the text alone.
func (f *fault) at(x *Execution, b *branch) *fault {
	if f.text == "" {
		return f
	}
	if f.name == nil {
		name := errRuntime
		f.name = &name
	}
	cause := f.text
	if x.trial == nil {
		cause = fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). %s",
			b.state.name, b.entered, f.text)
	}
	f.cause, f.text = &cause, ""
	return f
}

// matches reports whether the names of ErrorEquals match the fault. States.Runtime is never
// matched: it does not get here. States.ALL matches States.DataLimitExceeded: the documentation
// says it does not, recorded executions show that it does.
func (f *fault) matches(list []string) bool {
	name := ""
	if f.name != nil {
		name = *f.name
	}
	for _, e := range list {
		switch e {
		case name, errAll:
			return true
		case errTaskFailed:
			if name != errTimeout {
				return true
			}
		case errHeartbeatTimeout:
			if f.heartbeat {
				return true
			}
		}
	}
	return false
}
