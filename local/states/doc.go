// Package states is AWS Step Functions (Standard workflows) on one machine: the API, and a host for the engine in local/asl.
//
// # The journal comes first
//
// What happens to an execution becomes events; they are committed to the store before anything that follows from them is done, and
// before any answer is given. GetExecutionHistory reads that journal. One thing that happened (a start, a task's result, a timer)
// is one atomic batch: its events, and whatever else they change (the execution's record, its place in the listings, the
// status change event). After a crash every running execution is continued from its journal (runs.go).
//
// # Executions in memory
//
// An execution is loaded while a task of it is in flight, and dropped when it only waits for a timer or a task token; then 24 bytes for
// its next timer stay. Steps of one execution are serialised by its own lock, which is held while its batch is committed;
// different executions share nothing but the store, whose commits they share (group commit).
//
// # Child executions
//
// A task of states:startExecution.sync waits like one with a task token: nothing of it stays in memory but the link to its child
// (children.go). The child's end, or the end of the parent's interest, has the link looked at.
//
// # Limits
//
// Finished executions and their histories are kept until the data directory is removed. State machine versions, aliases, activities and
// Map Runs are not there: their listings are empty, their other operations are answered with 501.
package states
