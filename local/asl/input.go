package asl

import "errors"

// Input is something that happened outside: one of Start, TaskSubmitted, TaskSucceeded, TaskFailed,
// TaskStartFailed, TaskSubmitFailed, Heartbeat, TimerFired, Stop, Redrive.
type Input interface{ input() }

// TaskID identifies one attempt of a task: it is the id of its TaskScheduled (or
// LambdaFunctionScheduled) event. A retry is another task.
type TaskID int64

// Start begins the execution. Input is JSON text.
type Start struct{ Input string }

// TaskSubmitted reports that the service has accepted the request of a .waitForTaskToken or .sync
// task. Output is the service's response (JSON text). The heartbeat's time starts.
type TaskSubmitted struct {
	Task   TaskID
	Output string
}

// TaskSucceeded ends a task with the service's response (request-response), the function's result
// (function ARN), or the output of SendTaskSuccess. An output above 262,144 bytes fails the task
// with States.DataLimitExceeded.
type TaskSucceeded struct {
	Task   TaskID
	Output string
}

// TaskFailed ends a task with an error. A nil Error or Cause is absent, as in SendTaskFailure
// without these fields.
type TaskFailed struct {
	Task         TaskID
	Error, Cause *string
}

// TaskStartFailed ends a task that could not be started.
type TaskStartFailed struct {
	Task         TaskID
	Error, Cause *string
}

// TaskSubmitFailed ends a .waitForTaskToken or .sync task whose request was refused.
type TaskSubmitFailed struct {
	Task         TaskID
	Error, Cause *string
}

// Heartbeat renews the heartbeat deadline of a task (SendTaskHeartbeat). It returns one
// journal-only event (see Event.JournalOnly), which may be written lazily.
type Heartbeat struct{ Task TaskID }

// TimerFired reports that the time of a timer has come.
type TimerFired struct{ Timer TimerID }

// Stop aborts the execution (StopExecution).
type Stop struct{ Error, Cause *string }

// Redrive resumes a FAILED, TIMED_OUT or ABORTED execution at its unsuccessful
// states. See Execution.Redrivable.
type Redrive struct{}

func (Start) input()            {}
func (TaskSubmitted) input()    {}
func (TaskSucceeded) input()    {}
func (TaskFailed) input()       {}
func (TaskStartFailed) input()  {}
func (TaskSubmitFailed) input() {}
func (Heartbeat) input()        {}
func (TimerFired) input()       {}
func (Stop) input()             {}
func (Redrive) input()          {}

// Errors of Step. After any of them the execution is unchanged.
var (
	ErrUnknownTask   = errors.New("task is not open")
	ErrUnknownTimer  = errors.New("timer is not set")
	ErrNotStarted    = errors.New("execution has not started")
	ErrStarted       = errors.New("execution has already started")
	ErrEnded         = errors.New("execution has ended")
	ErrNotRedrivable = errors.New("execution cannot be redriven")
	ErrInvalidJSON   = errors.New("invalid JSON")
)
