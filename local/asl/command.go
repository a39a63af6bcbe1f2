package asl

import "time"

// Command is something that the host does after the events of the same Step are committed: one of
// ScheduleTask, AbortTask, SetTimer, CancelTimer, End.
type Command interface{ command() }

// TimerID identifies a timer within its execution.
type TimerID int64

// The patterns of a service integration. Sync and Sync2 wait until the job that the service runs
// has ended; Sync2 returns the job's output as JSON, not as a string.
const (
	RequestResponse  = "requestResponse"
	WaitForTaskToken = "waitForTaskToken"
	Sync             = "sync"
	Sync2            = "sync:2"
)

// ScheduleTask starts a task. The host answers with TaskSucceeded or TaskFailed. For
// WaitForTaskToken, Sync and Sync2 it sends TaskSubmitted when the service has accepted the
// request, and the outcome when the Token is returned or the job has ended. The engine sets the
// timers of TimeoutSeconds and HeartbeatSeconds.
type ScheduleTask struct {
	Task      TaskID
	StateName string
	// ResourceType and Action are those of TaskScheduled, without the pattern: "lambda" and
	// "invoke", "aws-sdk:sfn" and "redriveExecution". For a task whose Resource is a function's ARN
	// they are "lambdaFunction" and that ARN.
	ResourceType string
	Action       string
	Pattern      string // RequestResponse, WaitForTaskToken, Sync or Sync2
	Parameters   string // JSON text; for a function ARN, the function's input
	Token        string // only for WaitForTaskToken
	Credentials  string // JSON text of the evaluated Credentials, or empty
	// TimeoutSeconds and HeartbeatSeconds are those of the definition; 0 if it has none.
	TimeoutSeconds, HeartbeatSeconds int64
	// Submitted is set only by Restore: TaskSubmitted is recorded, so do not submit the request
	// again.
	Submitted bool
}

// LambdaFunction is the ResourceType of a task whose Resource is a function's ARN.
const LambdaFunction = "lambdaFunction"

// AbortTask cancels a task: the execution does not wait for it any more, and its token is invalid.
type AbortTask struct{ Task TaskID }

// SetTimer asks for TimerFired at At or later. It replaces an earlier SetTimer with the same ID. If
// At is in the past, the timer fires at once.
type SetTimer struct {
	Timer TimerID
	At    time.Time
}

// CancelTimer cancels a timer.
type CancelTimer struct{ Timer TimerID }

// End reports that the execution has ended. Output is JSON text, and is set for Succeeded only. A
// nil Error or Cause is absent.
type End struct {
	Status       Status
	Output       string
	Error, Cause *string
}

func (ScheduleTask) command() {}
func (AbortTask) command()    {}
func (SetTimer) command()     {}
func (CancelTimer) command()  {}
func (End) command()          {}
