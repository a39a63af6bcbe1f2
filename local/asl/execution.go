package asl

import (
	"time"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// Limits of Step Functions.
const (
	MaxPayload       = 262_144 // bytes of an input, output or variable
	MaxHistory       = 25_000  // events of one execution
	MaxDefinition    = 1 << 20 // bytes of a definition
	MaxStateName     = 80
	maxVariables     = 10 << 20 // bytes of all variables of an execution
	redrivableEvents = 24_999   // an execution with this many events is not redrivable
)

// Execution is one run of a Machine. See the package documentation for the contract.
type Execution struct {
	machine *Machine
	info    Info

	status      Status
	result      End
	input       value.JSON
	startTime   time.Time
	redrives    int
	redriveTime time.Time
	root        *branch
	open        []*branch // the branches that wait for the outside
	count       int64     // events so far
	timed       bool      // the timer of TimeoutSeconds is set
	trial       *trial

	// The fields below belong to the current Step.
	now      time.Time
	events   []Event
	commands []Command
	ready    []*branch // the branches that have entered a state and not yet run it
	draws    uint64    // number of random numbers drawn
	overflow bool      // an event did not fit into MaxHistory
}

// New returns an execution that waits for Start.
func New(m *Machine, info Info) *Execution {
	return &Execution{machine: m, info: info, root: &branch{}}
}

// Status returns the execution's current status.
func (x *Execution) Status() Status { return x.status }

// Result returns the last End command. It is valid only after the execution has ended.
func (x *Execution) Result() End { return x.result }

// EventCount returns the number of events in the public history.
func (x *Execution) EventCount() int64 { return x.count }

// RedriveCount returns how often the execution was redriven.
func (x *Execution) RedriveCount() int { return x.redrives }

// OpenTask is a task that the execution waits for. Submitted reports whether TaskSubmitted is
// recorded.
func (x *Execution) OpenTask(id TaskID) (ScheduleTask, bool) {
	if x.status != Running {
		return ScheduleTask{}, false
	}
	b := x.openTask(id)
	if b == nil {
		return ScheduleTask{}, false
	}
	return b.task.command, true
}

// Redrivable reports whether the engine accepts Redrive, and if not, why (the text of
// redriveStatusReason). Reasons of time and of the state machine are the host's to check.
func (x *Execution) Redrivable() (bool, string) {
	switch x.status {
	case Failed, TimedOut, Aborted:
		if x.count >= redrivableEvents {
			return false, "Execution history event limit exceeded"
		}
		return true, ""
	case Pending:
		return false, "Execution is RUNNING and cannot be redriven"
	}
	return false, "Execution is " + string(x.status) + " and cannot be redriven"
}

// emit records an event and returns its id. The last place of the history is kept for the event
// that ends the execution: if another event does not fit, the execution fails.
func (x *Execution) emit(e Event) int64 {
	if x.overflow || x.count+1 >= MaxHistory && !e.Type.ends() {
		x.overflow = true
		return x.count
	}
	x.count++
	e.ID, e.Time = x.count, x.now
	x.events = append(x.events, e)
	return e.ID
}

// record is emit for an event of a branch.
func (x *Execution) record(b *branch, e Event) {
	e.PreviousID = b.last
	b.last = x.emit(e)
}

func (t EventType) ends() bool { return EventExecutionSucceeded <= t && t <= EventExecutionTimedOut }

func (x *Execution) command(c Command) { x.commands = append(x.commands, c) }
