package asl

import (
	"orderflow/local/asl/jsonpath"
	"orderflow/local/asl/value"
)

// Machine is a parsed, valid definition. It never changes, and all its executions
// share it.
type Machine struct {
	flow    *workflow
	timeout int64 // seconds, 0: none
}

// workflow is one level of states: the machine, a branch, an item processor.
type workflow struct {
	start  *state
	states map[string]*state
	// open: transitions may lead to states that are not there (a state tested alone).
	open bool
}

// state is what all state types have in common.
type state struct {
	name       string
	kind       stateKind
	body       body
	inputPath  pathField
	outputPath pathField
	resultPath resultPath
	parameters *template
	selector   *template // ResultSelector
	assign     *template
	next       *state // nil: the state ends its workflow
	retry      []retrier
	catch      []catcher
}

// body is what a state type does: one implementation per type, in its own file.
type body interface {
	// run does the work of a state that was just entered (or is redriven or
	// retried). It ends with exit, with a wait, or with a fault.
	run(x *Execution, b *branch) *fault
}

// stateKind is a state's type.
type stateKind uint8

const (
	passKind stateKind = iota
	choiceKind
	waitKind
	succeedKind
	failKind
	taskKind
	parallelKind
	mapKind
)

// stateKinds gives each type its name and its events; 0 where a type has no such event.
var stateKinds = [...]struct {
	name                     string
	entered, exited, aborted EventType
}{
	passKind:     {"Pass", EventPassStateEntered, EventPassStateExited, 0},
	choiceKind:   {"Choice", EventChoiceStateEntered, EventChoiceStateExited, 0},
	waitKind:     {"Wait", EventWaitStateEntered, EventWaitStateExited, EventWaitStateAborted},
	succeedKind:  {"Succeed", EventSucceedStateEntered, EventSucceedStateExited, 0},
	failKind:     {"Fail", EventFailStateEntered, 0, 0},
	taskKind:     {"Task", EventTaskStateEntered, EventTaskStateExited, EventTaskStateAborted},
	parallelKind: {"Parallel", EventParallelStateEntered, EventParallelStateExited, EventParallelStateAborted},
	mapKind:      {"Map", EventMapStateEntered, EventMapStateExited, EventMapStateAborted},
}

// retries tells whether the type has Retry and Catch.
func (k stateKind) retries() bool { return k >= taskKind }

// pathField is InputPath or OutputPath: "$" by default, a path, or null.
type pathField struct {
	path *jsonpath.Path // nil: "$", or null
	null bool
}

// resultPath is ResultPath: "$" by default, a reference path, or null.
type resultPath struct {
	steps []value.Step // none: "$", or null
	null  bool
	text  string
}

// retrier is one entry of Retry.
type retrier struct {
	errors      []string
	interval    int64 // seconds
	maxAttempts int64
	backoff     float64
	maxDelay    int64 // seconds, 0: none
	fullJitter  bool
}

// catcher is one entry of Catch.
type catcher struct {
	errors     []string
	next       *state
	resultPath resultPath
	assign     *template
}
