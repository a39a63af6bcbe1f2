package asl

import (
	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// Machine is a parsed, valid definition. It is immutable; all its executions share it.
type Machine struct {
	flow    *workflow
	timeout int64 // seconds, 0: none
}

// workflow is one level of states: the machine, a branch, an item processor.
type workflow struct {
	start  *state
	states map[string]*state
	// open allows transitions to states that do not exist (in a test of one state).
	open bool
}

// state holds the fields that all state types have in common.
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

// pathField is InputPath or OutputPath: "$" by default, a path, or null.
type pathField struct {
	path *jsonpath.Path // nil: "$", or null
	null bool
}

// resultPath is ResultPath: "$" by default, a reference path, or null.
type resultPath struct {
	steps []value.Step // empty: "$", or null
	null  bool
	text  string
}
