package asl

import "time"

// Command is something the host does once the events of the same Step are durable:
// one of ScheduleTask, AbortTask, SetTimer, CancelTimer, End.
type Command interface{ command() }

// TimerID names a timer within its execution.
type TimerID int64

// The patterns of a service integration. Sync and Sync2 wait until the job that the service runs has
// ended; Sync2 gives its output as JSON, not as a text.
const (
	RequestResponse  = "requestResponse"
	WaitForTaskToken = "waitForTaskToken"
	Sync             = "sync"
	Sync2            = "sync:2"
)

// ScheduleTask starts a task. The host answers with TaskSucceeded or TaskFailed;
// for WaitForTaskToken, Sync and Sync2 it says TaskSubmitted when the service took the
// request, and the outcome when somebody returns the Token, or when the job has ended. The timers of TimeoutSeconds and
// HeartbeatSeconds are set by the engine.
type ScheduleTask struct {
	Task      TaskID
	StateName string
	// ResourceType and Action, as in TaskScheduled: "lambda" and "invoke",
	// "aws-sdk:sfn" and "redriveExecution"; without the pattern.
	// For a task whose Resource is a function's ARN: "lambdaFunction" and that ARN.
	ResourceType string
	Action       string
	Pattern      string // RequestResponse, WaitForTaskToken, Sync or Sync2
	Parameters   string // JSON text; for a function ARN, the function's input
	Token        string // only for WaitForTaskToken
	Credentials  string // JSON text of the evaluated Credentials, or empty
	// Seconds as the definition gives them; 0 if it does not.
	TimeoutSeconds, HeartbeatSeconds int64
	// Submitted: only from Restore; TaskSubmitted is recorded, do not ask again.
	Submitted bool
}

// LambdaFunction is the ResourceType of a task whose Resource is a function's ARN.
const LambdaFunction = "lambdaFunction"

// AbortTask: nobody waits for this task any more; its token is void.
type AbortTask struct{ Task TaskID }

// SetTimer asks for TimerFired at (not before) At. It replaces an earlier SetTimer
// with the same ID. At may lie in the past: fire at once.
type SetTimer struct {
	Timer TimerID
	At    time.Time
}

// CancelTimer takes a timer back.
type CancelTimer struct{ Timer TimerID }

// End: the execution has ended. Output is JSON text, for Succeeded only.
// Nil Error and Cause are absent ones.
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
