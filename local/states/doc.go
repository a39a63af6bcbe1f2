// Package states is AWS Step Functions (Standard workflows) on one machine: the API, and a host for
// the engine in local/asl.
//
// # The journal comes first
//
// Everything that happens to an execution becomes events. They are committed to the store before
// the service acts on them, and before it answers a request. GetExecutionHistory reads that
// journal. One occurrence (a start, a task's result, a timer) is one atomic batch: its events, and
// everything else that they change (the execution's record, its place in the listings, the status
// change event). After a crash every running execution is continued from its journal (runs.go).
//
// # Executions in memory
//
// An execution is in memory while one of its tasks is in flight. It is dropped when it only waits
// for a timer or a task token; then 24 bytes for its next timer stay. The steps of one execution
// are serialised by its own lock, which is held while its batch is committed. Different executions
// share nothing but the store, whose commits they share (group commit).
//
// # Child executions
//
// A task of states:startExecution.sync waits like one with a task token: only the link to its child
// stays in memory (children.go). When the child ends, or when the parent does not wait any more,
// the link is looked at.
//
// # Limits
//
// Finished executions and their histories are kept until the data directory is removed. State
// machine versions, aliases, activities and Map Runs are not supported: their listings are empty,
// their other operations are answered with 501.
package states
