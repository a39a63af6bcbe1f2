package orderflow

import "time"

// CodeNotRedrivable refuses to redrive an execution; the message gives the reason.
const CodeNotRedrivable Code = "NotRedrivable"

// Execution is one run of the state machine that fulfils an order. Its name is the order's id.
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

// FailedExecution is an order's execution that ended unsuccessfully.
type FailedExecution struct {
	OrderID      string
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

// UndoDue reports whether the failed execution of a cancelled order is to be redriven, so that what
// was done is undone: at once if the cancel came after the failure, otherwise after an hour. That
// pause doubles with each redrive, to 16 hours.
func (o *Order) UndoDue(x Execution, now time.Time) bool {
	if o.Cancel == nil || o.Status.Final() || !x.Redrivable {
		return false
	}
	return x.StoppedAt.Before(o.Cancel.At) || now.Sub(x.StoppedAt) >= time.Hour<<min(x.RedriveCount, 4)
}
