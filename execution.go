package orderflow

import (
	"fmt"
	"strings"
	"time"
)

// CodeNotRedrivable refuses to redrive an execution; the message gives the reason.
const CodeNotRedrivable Code = "NotRedrivable"

// CodeNotRestartable refuses to restart an order; the message gives the reason.
const CodeNotRestartable Code = "NotRestartable"

// CodeExecutionLost marks an order whose execution has no record any more, or never had one: nothing
// shows how far it came.
const CodeExecutionLost Code = "ExecutionLost"

// StartWithin is how long an order without an execution is started by itself after it was placed or
// restarted. Later, an execution may have ended and been forgotten (Step Functions keeps a history
// for 90 days), so an operator decides.
const StartWithin = 14 * 24 * time.Hour

// MayBeForgotten reports whether an order without an execution may have had one. A cancelled order
// charges nothing, so that it does not matter.
func (o *Order) MayBeForgotten(now time.Time) bool {
	since := o.PlacedAt
	if o.Restarts > 0 {
		since = o.UpdatedAt
	}
	return o.Cancel == nil && now.Sub(since) > StartWithin
}

// ExecutionName returns the name of the order's latest execution: the order's id, and after
// restarts id-2, id-3, ...
func (o *Order) ExecutionName() string {
	if o.Restarts == 0 {
		return o.ID
	}
	return fmt.Sprintf("%s-%d", o.ID, o.Restarts+1)
}

// OrderOfExecution returns the id of the order that an execution of this name fulfils. It accepts an
// execution's ARN too.
func OrderOfExecution(name string) string {
	id, _, _ := strings.Cut(name[strings.LastIndexByte(name, ':')+1:], "-")
	return id
}

// outdated reports whether an ARN is that of an earlier execution of the order.
func (o *Order) outdated(executionARN string) bool {
	return OrderOfExecution(executionARN) == o.ID && !strings.HasSuffix(executionARN, ":"+o.ExecutionName())
}

// Restart makes way for a new execution of the latest definition, after one that has ended or was
// lost and that a redrive does not help. Its steps find what was done, and do not repeat it. The
// failure's mark goes. Returns CodeNotRestartable for an order that has ended.
func (o *Order) Restart(by By) error {
	if o.Status.Final() {
		return Errorf(CodeNotRestartable, "order %s is %s", o.ID, o.Status)
	}
	o.Restarts++
	if o.Attention.is(AttentionFailed) || o.Attention.is(AttentionWaiting) || o.Attention.is(AttentionOutage) {
		o.unmark()
	}
	o.record(by.change(OrderAttentionChanged))
	return nil
}

// Execution is one run of the state machine that fulfils an order. Order.ExecutionName is its name.
type Execution struct {
	ARN          string          `json:"executionArn"`
	Status       ExecutionStatus `json:"status"`
	StartedAt    time.Time       `json:"startedAt"`
	StoppedAt    time.Time       `json:"stoppedAt,omitzero"`
	Error        string          `json:"error,omitempty"`
	Cause        string          `json:"cause,omitempty"`
	RedriveCount int             `json:"redriveCount"`
	RedrivenAt   time.Time       `json:"redrivenAt,omitzero"`
	Redrivable   bool            `json:"redrivable"`
	// NotRedrivable is Step Functions' reason ("Execution is RUNNING and cannot be redriven").
	// Empty if Redrivable.
	NotRedrivable string `json:"notRedrivable,omitempty"`
}

// ExecutionStatus is the status of an execution as Step Functions reports it.
type ExecutionStatus string

// The statuses of an execution.
const (
	ExecutionRunning   ExecutionStatus = "RUNNING"
	ExecutionSucceeded ExecutionStatus = "SUCCEEDED"
	ExecutionFailed    ExecutionStatus = "FAILED"
	ExecutionTimedOut  ExecutionStatus = "TIMED_OUT"
	ExecutionAborted   ExecutionStatus = "ABORTED"
)

// Failed reports whether the execution ended unsuccessfully.
func (s ExecutionStatus) Failed() bool {
	return s == ExecutionFailed || s == ExecutionTimedOut || s == ExecutionAborted
}

// Ended reports whether the execution runs no more, and is not about to.
func (s ExecutionStatus) Ended() bool { return s.Failed() || s == ExecutionSucceeded }

// FailedExecution is an order's execution that ended unsuccessfully.
type FailedExecution struct {
	OrderID      string
	Name         string
	ARN          string
	RedriveCount int
}

// ExecutionEvent is one event of an execution's history. It leaves out the parameters of tasks,
// which contain task tokens.
type ExecutionEvent struct {
	ID         int64     `json:"id"`
	PreviousID int64     `json:"previousId"`
	At         time.Time `json:"at"`
	// TaskStateEntered, TaskFailed, ... as Step Functions names them
	Type     string `json:"type"`
	State    string `json:"state,omitempty"`    // name of the state, for *StateEntered and *StateExited
	Resource string `json:"resource,omitempty"` // for task events: invoke, invoke.waitForTaskToken
	Error    string `json:"error,omitempty"`
	Cause    string `json:"cause,omitempty"`
	Input    string `json:"input,omitempty"`  // for *StateEntered: JSON
	Output   string `json:"output,omitempty"` // for TaskSucceeded and *StateExited: JSON
}

// NoteRedrive records that an operator redrove the order's failed execution, and why. It removes
// the mark of that failure; the mark of a failure after the redrive stays. redriveCount is the
// count before this redrive. The order may have ended since.
func (o *Order) NoteRedrive(redriveCount int, by By) {
	if o.Attention.precedes(redriveCount + 1) {
		o.unmark()
	}
	o.record(by.change(OrderAttentionChanged))
}

// UndoDue reports whether the ended execution of a cancelled order is to be redriven or replaced, so that what
// was done is undone: at once if the cancel came after the failure, otherwise after an hour. That
// pause doubles with each redrive, to 16 hours.
func (o *Order) UndoDue(x Execution, now time.Time) bool {
	if o.Cancel == nil || o.Status.Final() || !x.Redrivable && !x.Status.Ended() {
		return false
	}
	return x.StoppedAt.Before(o.Cancel.At) || now.Sub(x.StoppedAt) >= time.Hour<<min(x.RedriveCount, 4)
}
