package orderflow

import "time"

// CodeNotRedrivable refuses to redrive an execution; the message says why.
const CodeNotRedrivable Code = "NotRedrivable"

// Execution is the run of the state machine that fulfils one order. Its name is the order's id.
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
	// NotRedrivable says why not, in Step Functions' words ("Execution is RUNNING and cannot be redriven"). Empty if Redrivable.
	NotRedrivable string `json:"notRedrivable,omitempty"`
}

// ExecutionStatus is how an execution is, in Step Functions' own words.
type ExecutionStatus string

// The statuses of an execution.
const (
	ExecutionRunning   ExecutionStatus = "RUNNING"
	ExecutionSucceeded ExecutionStatus = "SUCCEEDED"
	ExecutionFailed    ExecutionStatus = "FAILED"
	ExecutionTimedOut  ExecutionStatus = "TIMED_OUT"
	ExecutionAborted   ExecutionStatus = "ABORTED"
)

// Failed reports whether the execution has ended unsuccessfully.
func (s ExecutionStatus) Failed() bool {
	return s == ExecutionFailed || s == ExecutionTimedOut || s == ExecutionAborted
}

// FailedExecution is an order's execution that ended unsuccessfully.
type FailedExecution struct {
	OrderID      string
	ARN          string
	RedriveCount int
}

// ExecutionEvent is one event of an execution's history, without the parameters of its tasks: they hold task tokens.
type ExecutionEvent struct {
	ID         int64     `json:"id"`
	PreviousID int64     `json:"previousId"`
	At         time.Time `json:"at"`
	Type       string    `json:"type"`               // TaskStateEntered, TaskFailed, ... (Step Functions' own words)
	State      string    `json:"state,omitempty"`    // the state's name: of *StateEntered and *StateExited
	Resource   string    `json:"resource,omitempty"` // of task events: invoke, invoke.waitForTaskToken
	Error      string    `json:"error,omitempty"`
	Cause      string    `json:"cause,omitempty"`
	Output     string    `json:"output,omitempty"` // of TaskSucceeded and *StateExited: JSON
}

// Redriven records that an operator let the order's failed execution go on, and why. It takes the mark of that failure away; the mark of a
// failure after the redrive stays. redriveCount is that of the execution before. An order that has ended without a mark stays as it is.
func (o *Order) NoteRedrive(redriveCount int, by By) {
	if o.Status.Final() && o.Attention == nil {
		return
	}
	if o.Attention.precedes(redriveCount + 1) {
		o.unmark()
	}
	o.record(by.change(OrderAttentionChanged))
}
