// Package asl is an engine of the Amazon States Language with JSONPath, as a
// pure function of what happened: no I/O, no clock, no goroutine, no global state.
//
// # Use
//
//	m, diags := asl.Parse(definition, asl.Options{})    // m is nil if diags.Err() != nil
//	x := asl.New(m, info)
//	events, commands, err := x.Step(now, asl.Start{Input: `{"id":"1"}`})
//
// Step takes one thing that happened in the outside world (an Input), and returns
// what to append to the journal (events) and what to do (commands). The host makes
// the events durable BEFORE it performs the commands and before it answers anyone.
// One Step goes on until everything waits for the outside world: a task's success
// yields, in one batch, TaskSucceeded, TaskStateExited, the states that need no
// one, TaskStateEntered, TaskScheduled and TaskStarted. So a task costs one durable
// write (two with a task token or a job to wait for, for TaskSubmitted).
//
// TaskStarted (LambdaFunctionStarted) is emitted together with TaskScheduled: the
// host starts a task as soon as it performs ScheduleTask, and the task's timeout
// runs from there. A start that fails is told with TaskStartFailed.
//
// # The contract of Step
//
//   - The returned slices belong to the execution and are valid until its next call.
//   - Time is cut to milliseconds; all events of one Step carry the same time.
//   - An Input that does not fit (a task or timer that is not open, an execution
//     that has ended) gives ErrUnknownTask, ErrUnknownTimer, ErrEnded ... and
//     changes nothing. Late results are thus harmless, and expected.
//   - Texts handed in (Start.Input, outputs) must be valid JSON; else ErrInvalidJSON
//     and no change. Check with value.Parse at the edge where a caller can be told.
//   - A machine that loops without a task or wait runs to the limit of 25,000 events
//     within one Step.
//   - An Execution is not safe for concurrent use; a Machine is, it never changes.
//
// # Time
//
// Every deadline is a timer: waits, retry delays, task timeouts, heartbeats and the
// machine's TimeoutSeconds. The engine asks with SetTimer, takes back with
// CancelTimer, and the host says TimerFired. SetTimer for an ID that is set moves it.
// A timer that fires late or twice is harmless. All timers of an execution end with
// End: the host drops them without CancelTimer.
//
// # Restore
//
// Restore rebuilds an execution from its journal alone. It runs the recorded inputs
// again through the same code and checks that the same events come out; times,
// tokens, jitter, UUIDs and random numbers are functions of the journal and
// Info.Seed, so they come out the same. Hosts must therefore keep Info unchanged.
// Commands that are still outstanding are returned: tasks in flight as ScheduleTask
// (with Submitted if TaskSubmitted is already recorded: do not submit again, but
// keep the token valid), timers with their original deadlines. If the journal was
// cut inside a batch, the missing rest of the batch is returned too: append it
// before performing the commands.
//
// # Known differences from AWS
//
//   - Branches and iterations take turns in a fixed order (one state each), where
//     AWS runs them at once; event ids inside Parallel differ, causality does not.
//   - A fault in the expressions of a state that has recorded nothing yet is caught but
//     not retried: they would fail again.
//   - Heartbeats are recorded, as journal-only events.
//   - TaskStarted is recorded even if the start then fails (see above).
//   - State data keeps its text where nothing computes with it: numbers, key order
//     and white space pass through. Of duplicate keys the last one counts.
package asl
