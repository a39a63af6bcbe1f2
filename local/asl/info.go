package asl

import "time"

// Info is what an execution knows about itself. It must stay the same for the whole life of the
// execution: pass the same values to New and Restore.
type Info struct {
	ExecutionARN     string
	Name             string
	RoleARN          string
	StateMachineARN  string
	StateMachineName string
	// StateMachineAliasARN and StateMachineVersionARN are shown in ExecutionStarted
	// if they are not empty.
	StateMachineAliasARN   string
	StateMachineVersionARN string
	Region                 string
	StartTime              time.Time
	// Seed is the source of everything random: task tokens, jitter, States.UUID, States.MathRandom.
	// It must be unpredictable, because task tokens derive from it.
	Seed uint64
}

// Status of an execution, as DescribeExecution names it.
type Status string

// The statuses of an execution.
const (
	Pending   Status = ""
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)
