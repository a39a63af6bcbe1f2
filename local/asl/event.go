package asl

import "time"

// EventType is the type of a history event.
type EventType uint8

// The types of events, as GetExecutionHistory names them. The numbers are part of the journal's
// encoding: append new ones only.
const (
	EventExecutionStarted EventType = iota + 1
	EventExecutionSucceeded
	EventExecutionFailed
	EventExecutionAborted
	EventExecutionTimedOut
	EventExecutionRedriven
	EventPassStateEntered
	EventPassStateExited
	EventChoiceStateEntered
	EventChoiceStateExited
	EventWaitStateEntered
	EventWaitStateExited
	EventWaitStateAborted
	EventSucceedStateEntered
	EventSucceedStateExited
	EventFailStateEntered
	EventTaskStateEntered
	EventTaskStateExited
	EventTaskStateAborted
	EventTaskScheduled
	EventTaskStarted
	EventTaskStartFailed
	EventTaskSubmitted
	EventTaskSubmitFailed
	EventTaskSucceeded
	EventTaskFailed
	EventTaskTimedOut
	EventLambdaFunctionScheduled
	EventLambdaFunctionStarted
	EventLambdaFunctionStartFailed
	EventLambdaFunctionSucceeded
	EventLambdaFunctionFailed
	EventLambdaFunctionTimedOut
	EventParallelStateEntered
	EventParallelStateStarted
	EventParallelStateSucceeded
	EventParallelStateFailed
	EventParallelStateExited
	EventParallelStateAborted
	EventMapStateEntered
	EventMapStateStarted
	EventMapStateSucceeded
	EventMapStateFailed
	EventMapStateExited
	EventMapStateAborted
	EventMapIterationStarted
	EventMapIterationSucceeded
	EventMapIterationFailed
	EventMapIterationAborted
	// EventTaskHeartbeat is journal-only: AWS does not show heartbeats.
	EventTaskHeartbeat
	eventTypes
)

// String returns the type's name in GetExecutionHistory.
func (t EventType) String() string {
	if t == 0 || t >= eventTypes {
		return "Unknown"
	}
	return eventKinds[t].name
}

// Event is one entry of an execution's history. Which fields are set depends on Type. Texts (Input,
// Output, Parameters) are the JSON texts as they were received.
type Event struct {
	ID         int64 // 1, 2, 3 ...; 0 for journal-only events
	PreviousID int64
	Type       EventType
	Time       time.Time // UTC, milliseconds

	Name         string // of the state, or of the Map state
	Input        string
	Output       string
	Error, Cause *string // nil: absent
	Resource     string  // "invoke.waitForTaskToken"; a function's ARN
	ResourceType string
	Region       string
	Parameters   string
	Timeout      int64  // timeoutInSeconds, 0: absent
	Heartbeat    int64  // heartbeatInSeconds, 0: absent
	Credentials  string // JSON text of the task's Credentials; empty: absent
	RoleARN      string
	AliasARN     string
	VersionARN   string
	Length       int // of a Map's items
	Index        int // of a Map's iteration
	RedriveCount int
	Variables    []Variable // assigned when the state exited

	// Private to the journal: not shown by GetExecutionHistory.

	Task TaskID // the task of a TaskHeartbeat
	// HeartbeatExpired is set in a TaskTimedOut that a missed heartbeat caused.
	HeartbeatExpired bool
}

// Variable is a variable's new value, as JSON text.
type Variable struct{ Name, Value string }

// JournalOnly reports whether the event belongs to the journal but not to the history that
// GetExecutionHistory returns.
func (e *Event) JournalOnly() bool { return e.Type == EventTaskHeartbeat }

// layout selects the details that an event shows.
type layout uint8

const (
	layoutNone layout = iota
	layoutStarted
	layoutOutput
	layoutError
	layoutRedriven
	layoutEntered
	layoutExited
	layoutScheduled
	layoutResource
	layoutResourceOutput
	layoutResourceError
	layoutLambdaScheduled
	layoutLength
	layoutIteration
)

// eventKinds maps each type to its name, the key of its details, and their layout.
var eventKinds = [eventTypes]struct {
	name, key string
	layout    layout
}{
	EventExecutionStarted:    {"ExecutionStarted", "executionStartedEventDetails", layoutStarted},
	EventExecutionSucceeded:  {"ExecutionSucceeded", "executionSucceededEventDetails", layoutOutput},
	EventExecutionFailed:     {"ExecutionFailed", "executionFailedEventDetails", layoutError},
	EventExecutionAborted:    {"ExecutionAborted", "executionAbortedEventDetails", layoutError},
	EventExecutionTimedOut:   {"ExecutionTimedOut", "executionTimedOutEventDetails", layoutError},
	EventExecutionRedriven:   {"ExecutionRedriven", "executionRedrivenEventDetails", layoutRedriven},
	EventPassStateEntered:    {"PassStateEntered", "stateEnteredEventDetails", layoutEntered},
	EventPassStateExited:     {"PassStateExited", "stateExitedEventDetails", layoutExited},
	EventChoiceStateEntered:  {"ChoiceStateEntered", "stateEnteredEventDetails", layoutEntered},
	EventChoiceStateExited:   {"ChoiceStateExited", "stateExitedEventDetails", layoutExited},
	EventWaitStateEntered:    {"WaitStateEntered", "stateEnteredEventDetails", layoutEntered},
	EventWaitStateExited:     {"WaitStateExited", "stateExitedEventDetails", layoutExited},
	EventWaitStateAborted:    {"WaitStateAborted", "", layoutNone},
	EventSucceedStateEntered: {"SucceedStateEntered", "stateEnteredEventDetails", layoutEntered},
	EventSucceedStateExited:  {"SucceedStateExited", "stateExitedEventDetails", layoutExited},
	EventFailStateEntered:    {"FailStateEntered", "stateEnteredEventDetails", layoutEntered},
	EventTaskStateEntered:    {"TaskStateEntered", "stateEnteredEventDetails", layoutEntered},
	EventTaskStateExited:     {"TaskStateExited", "stateExitedEventDetails", layoutExited},
	EventTaskStateAborted:    {"TaskStateAborted", "", layoutNone},
	EventTaskScheduled:       {"TaskScheduled", "taskScheduledEventDetails", layoutScheduled},
	EventTaskStarted:         {"TaskStarted", "taskStartedEventDetails", layoutResource},
	EventTaskStartFailed:     {"TaskStartFailed", "taskStartFailedEventDetails", layoutResourceError},
	EventTaskSubmitted:       {"TaskSubmitted", "taskSubmittedEventDetails", layoutResourceOutput},
	EventTaskSubmitFailed:    {"TaskSubmitFailed", "taskSubmitFailedEventDetails", layoutResourceError},
	EventTaskSucceeded:       {"TaskSucceeded", "taskSucceededEventDetails", layoutResourceOutput},
	EventTaskFailed:          {"TaskFailed", "taskFailedEventDetails", layoutResourceError},
	EventTaskTimedOut:        {"TaskTimedOut", "taskTimedOutEventDetails", layoutResourceError},
	EventLambdaFunctionScheduled: {"LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails",
		layoutLambdaScheduled},
	EventLambdaFunctionStarted:     {"LambdaFunctionStarted", "", layoutNone},
	EventLambdaFunctionStartFailed: {"LambdaFunctionStartFailed", "lambdaFunctionStartFailedEventDetails", layoutError},
	EventLambdaFunctionSucceeded:   {"LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails", layoutOutput},
	EventLambdaFunctionFailed:      {"LambdaFunctionFailed", "lambdaFunctionFailedEventDetails", layoutError},
	EventLambdaFunctionTimedOut:    {"LambdaFunctionTimedOut", "lambdaFunctionTimedOutEventDetails", layoutError},
	EventParallelStateEntered:      {"ParallelStateEntered", "stateEnteredEventDetails", layoutEntered},
	EventParallelStateStarted:      {"ParallelStateStarted", "", layoutNone},
	EventParallelStateSucceeded:    {"ParallelStateSucceeded", "", layoutNone},
	EventParallelStateFailed:       {"ParallelStateFailed", "", layoutNone},
	EventParallelStateExited:       {"ParallelStateExited", "stateExitedEventDetails", layoutExited},
	EventParallelStateAborted:      {"ParallelStateAborted", "", layoutNone},
	EventMapStateEntered:           {"MapStateEntered", "stateEnteredEventDetails", layoutEntered},
	EventMapStateStarted:           {"MapStateStarted", "mapStateStartedEventDetails", layoutLength},
	EventMapStateSucceeded:         {"MapStateSucceeded", "", layoutNone},
	EventMapStateFailed:            {"MapStateFailed", "", layoutNone},
	EventMapStateExited:            {"MapStateExited", "stateExitedEventDetails", layoutExited},
	EventMapStateAborted:           {"MapStateAborted", "", layoutNone},
	EventMapIterationStarted:       {"MapIterationStarted", "mapIterationStartedEventDetails", layoutIteration},
	EventMapIterationSucceeded:     {"MapIterationSucceeded", "mapIterationSucceededEventDetails", layoutIteration},
	EventMapIterationFailed:        {"MapIterationFailed", "mapIterationFailedEventDetails", layoutIteration},
	EventMapIterationAborted:       {"MapIterationAborted", "mapIterationAbortedEventDetails", layoutIteration},
	EventTaskHeartbeat:             {"TaskHeartbeat", "", layoutNone},
}
