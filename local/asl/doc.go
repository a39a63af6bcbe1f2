// Package asl is an engine of the Amazon States Language with JSONPath. It is a pure function of
// its inputs: it has no I/O, no clock, no goroutine and no global state.
//
// # Use
//
//	m, diags := asl.Parse(definition, asl.Options{})    // m is nil if diags.Err() != nil
//	x := asl.New(m, info)
//	events, commands, err := x.Step(now, asl.Start{Input: `{"id":"1"}`})
//
// Step takes one thing that happened outside of the engine (an Input), and returns the events to
// append to the journal and the commands to perform. The host commits the events BEFORE it
// performs the commands and before it answers any caller, and what leaves the host's process waits
// until they are durable (see package local/store). One Step continues until all branches
// wait for the outside: the success of a task returns, in one batch, TaskSucceeded,
// TaskStateExited, the events of the states that do not wait, TaskStateEntered, TaskScheduled and
// TaskStarted. So a task costs one commit (two with a task token or a job to wait for,
// because of TaskSubmitted).
//
// TaskStarted (LambdaFunctionStarted) is emitted together with TaskScheduled: the host starts a
// task as soon as it performs ScheduleTask, and the task's timeout counts from then. A start that
// fails is reported with TaskStartFailed.
//
// # The contract of Step
//
//   - The returned slices belong to the execution and are valid until its next call.
//   - Time is truncated to milliseconds; all events of one Step have the same time.
//   - An Input that does not fit (a task or timer that is not open, an execution that has ended)
//     returns ErrUnknownTask, ErrUnknownTimer, ErrEnded ... and changes nothing. Late results are
//     expected and harmless.
//   - Texts passed in (Start.Input, outputs) must be valid JSON; otherwise Step returns
//     ErrInvalidJSON and changes nothing. Check them with value.Parse where the caller can still
//     get an error.
//   - A machine that loops without a task or wait runs to the limit of 25,000 events within one
//     Step.
//   - An Execution is not safe for concurrent use. A Machine is: it is immutable.
//
// # Time
//
// Every deadline is a timer: waits, retry delays, task timeouts, heartbeats and the machine's
// TimeoutSeconds. The engine sets a timer with SetTimer and cancels it with CancelTimer; the host
// reports TimerFired. SetTimer for an ID that is set moves the timer. A timer that fires late or
// twice is harmless. End cancels all timers of an execution: the host drops them without
// CancelTimer.
//
// # Restore
//
// Restore rebuilds an execution from its journal alone. It runs the recorded inputs again through
// the same code and checks that the events are the same. Times, tokens, jitter, UUIDs and random
// numbers are functions of the journal and Info.Seed, so they are the same too. Hosts must
// therefore keep Info unchanged. Restore returns the commands that are still outstanding: tasks in
// flight as ScheduleTask (with Submitted set if TaskSubmitted is recorded: do not submit again, but
// keep the token valid), and timers with their original deadlines. If the journal was cut inside a
// batch, Restore also returns the missing rest of the batch: append it before performing the
// commands.
//
// # Known differences from AWS
//
//   - Branches and iterations take turns in a fixed order (one state each), where AWS runs them at
//     once; event ids inside a Parallel differ, the causal order does not.
//   - A fault in the expressions of a state that has recorded nothing yet is caught but not
//     retried: a retry would fail again.
//   - Heartbeats are recorded, as journal-only events.
//   - TaskStarted is recorded even if the start then fails (see above).
//   - State data that no expression computes with keeps its text: numbers, key order and white
//     space pass through. The last of duplicate keys counts.
package asl
