package asl

import "fmt"

// Error names that the engine itself raises.
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

// fault is a failure on its way through the states.
type fault struct {
	name, cause *string
	// fatal: neither retried nor caught; the execution fails at once, as AWS does
	// for States.Runtime and for outputs that are too large.
	fatal bool
	// heartbeat: a timeout that States.HeartbeatTimeout matches too.
	heartbeat bool
	// unrecorded: it arose before the state recorded anything. Such a fault is not
	// retried: the same expressions would fail again, and no event would tell of it.
	unrecorded bool
	// text: the fault's own words; at puts the state before them.
	text string
}

// runtimeFault makes a fatal States.Runtime. The text tells what is wrong; the state and
// its entry are put before it.
func runtimeFault(format string, args ...any) *fault {
	return &fault{fatal: true, text: fmt.Sprintf(format, args...)}
}

// failing makes a fault that Retry and Catch handle. Cause gets the state put before it.
func failing(name, format string, args ...any) *fault {
	return &fault{name: &name, text: fmt.Sprintf(format, args...)}
}

// tooLarge is States.DataLimitExceeded for the state or task of that name.
func tooLarge(what string) *fault {
	name := errDataLimitExceeded
	cause := fmt.Sprintf("The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", what)
	return &fault{name: &name, cause: &cause, fatal: true}
}

// at completes a fault that only has a text, with the state in which it arose. A state that is tested
// alone has the text alone.
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
		cause = fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). %s", b.state.name, b.entered, f.text)
	}
	f.cause, f.text = &cause, ""
	return f
}

// matches tells whether an ErrorEquals list takes the fault. States.Runtime never
// gets here. States.ALL takes States.DataLimitExceeded: the documentation says no,
// recorded executions say yes.
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
