package asl

import (
	"maps"
	"slices"
)

// schema is what one kind of object of a definition may hold.
type schema struct {
	fields map[string]field
	must   []string   // fields that are required
	oneOf  [][]string // of each group exactly one field is required
	single [][]string // of each group at most one field may stand there
}

// field is a field that a schema allows.
type field struct {
	only language
	is   check
}

// language is the query language in which a field exists.
type language uint8

const (
	anyLanguage language = iota
	jsonPath
	jsonata
)

// fields are groups of fields, put together by of.
type fields map[string]field

func of(groups ...fields) fields {
	all := fields{}
	for _, g := range groups {
		maps.Copy(all, g)
	}
	return all
}

// The language as a table: which fields stand where, of which type and within which bounds.
// Sources: the States Language specification, the AWS Step Functions developer guide, and what
// AWS answered where they leave something open.

const maxSeconds = 99_999_999

var (
	seconds1   = wholeIn(1, maxSeconds)
	transition = fields{"Next": {is: isText}, "End": {is: isTrue}}
	nextOrEnd  = []string{"Next", "End"}

	common = fields{
		"Type":          {is: oneOf("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")},
		"Comment":       {is: isText},
		"QueryLanguage": {is: oneOf("JSONPath", "JSONata")},
	}
	inputOutput = fields{
		"InputPath":  {jsonPath, isPathOrNull},
		"OutputPath": {jsonPath, isPathOrNull},
		"Output":     {jsonata, isAnything},
	}
	assigning  = fields{"Assign": {is: isObject}}
	resulting  = fields{"ResultPath": {jsonPath, isResultPath}}
	parameters = fields{"Parameters": {jsonPath, isAnything}}
	arguments  = fields{"Arguments": {jsonata, isAnything}}
	selecting  = fields{"ResultSelector": {jsonPath, isAnything}}
	handling   = fields{"Retry": {is: isArray}, "Catch": {is: isArray}}
	working    = of(common, transition, inputOutput, assigning, resulting, selecting, handling)
)

var machineSchema = &schema{
	fields: of(fields{
		"Comment": {is: isText}, "Version": {is: oneOf("1.0")}, "QueryLanguage": common["QueryLanguage"], "TimeoutSeconds": {is: seconds1},
	}, workflowFields),
	must: workflowMust,
}

var (
	workflowFields = fields{"StartAt": {is: isText}, "States": {is: isStates}}
	workflowMust   = []string{"States", "StartAt"}

	branchSchema    = &schema{fields: of(fields{"Comment": {is: isText}}, workflowFields), must: workflowMust}
	processorSchema = &schema{fields: of(branchSchema.fields, fields{"ProcessorConfig": {is: isObject}}), must: workflowMust}
	configSchema    = &schema{fields: fields{"Mode": {is: oneOf("INLINE", "DISTRIBUTED")}, "ExecutionType": {is: oneOf("STANDARD", "EXPRESS")}}}
)

// stateSchemas is the table of the state types.
var stateSchemas = map[stateKind]*schema{
	passKind: {
		fields: of(common, transition, inputOutput, assigning, resulting, parameters, fields{"Result": {jsonPath, isAnything}}),
		oneOf:  [][]string{nextOrEnd},
	},
	succeedKind: {fields: of(common, inputOutput)},
	failKind: {
		fields: of(common, fields{
			"Error": {is: isText}, "ErrorPath": {jsonPath, isExpression}, "Cause": {is: isText}, "CausePath": {jsonPath, isExpression},
		}),
		single: [][]string{{"Error", "ErrorPath"}, {"Cause", "CausePath"}},
	},
	choiceKind: {
		fields: of(common, inputOutput, assigning, fields{"Choices": {is: isFilledArray}, "Default": {is: isText}}),
		must:   []string{"Choices"},
	},
	waitKind: {
		fields: of(common, transition, inputOutput, assigning, fields{
			"Seconds": {is: wholeIn(0, maxSeconds)}, "SecondsPath": {jsonPath, isReference}, "Timestamp": {is: isTimestamp}, "TimestampPath": {jsonPath, isReference},
		}),
		oneOf: [][]string{nextOrEnd, {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"}},
	},
	taskKind: {
		fields: of(working, parameters, arguments, fields{
			"Resource": {is: isText}, "Credentials": {is: isObject},
			"TimeoutSeconds": {is: seconds1}, "TimeoutSecondsPath": {jsonPath, isReference},
			"HeartbeatSeconds": {is: seconds1}, "HeartbeatSecondsPath": {jsonPath, isReference},
		}),
		must:   []string{"Resource"},
		oneOf:  [][]string{nextOrEnd},
		single: [][]string{{"TimeoutSeconds", "TimeoutSecondsPath"}, {"HeartbeatSeconds", "HeartbeatSecondsPath"}},
	},
	parallelKind: {
		fields: of(working, parameters, arguments, fields{"Branches": {is: isFilledArray}}),
		must:   []string{"Branches"},
		oneOf:  [][]string{nextOrEnd},
	},
	mapKind: {
		fields: of(working, parameters, distributed, fields{
			"ItemProcessor": {is: isObject}, "Iterator": {is: isObject}, "Items": {jsonata, isArray}, "ItemsPath": {jsonPath, isItemsPath},
			"ItemSelector": {is: isAnything}, "MaxConcurrency": {is: wholeIn(0, noMaximum)}, "MaxConcurrencyPath": {jsonPath, isReference},
		}),
		oneOf: [][]string{nextOrEnd},
		single: [][]string{
			{"ItemProcessor", "Iterator"}, {"ItemSelector", "Parameters"}, {"MaxConcurrency", "MaxConcurrencyPath"},
			{"ToleratedFailureCount", "ToleratedFailureCountPath"}, {"ToleratedFailurePercentage", "ToleratedFailurePercentagePath"},
		},
	},
}

// distributed are the fields of a Map that only a distributed one has.
var distributed = fields{
	"ItemReader": {is: isObject}, "ItemBatcher": {is: isObject}, "ResultWriter": {is: isObject}, "Label": {is: isText},
	"ToleratedFailureCount": {is: wholeIn(0, noMaximum)}, "ToleratedFailureCountPath": {jsonPath, isReference},
	"ToleratedFailurePercentage": {is: numberIn(0, 100)}, "ToleratedFailurePercentagePath": {jsonPath, isReference},
}

// distributedSchemas are those of the objects in them.
var distributedSchemas = map[string]*schema{
	"ItemBatcher": {
		fields: fields{
			"BatchInput": {is: isAnything}, "MaxItemsPerBatch": {is: wholeIn(0, noMaximum)}, "MaxItemsPerBatchPath": {jsonPath, isReference},
			"MaxInputBytesPerBatch": {is: wholeIn(0, MaxPayload)}, "MaxInputBytesPerBatchPath": {jsonPath, isReference},
		},
		single: [][]string{{"MaxItemsPerBatch", "MaxItemsPerBatchPath"}, {"MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"}},
	},
	"ItemReader": {
		fields: of(parameters, arguments, fields{"Resource": {is: isText}, "ReaderConfig": {is: isObject}}), must: []string{"Resource"},
	},
	"ResultWriter": {fields: of(parameters, arguments, fields{"Resource": {is: isText}, "WriterConfig": {is: isObject}})},
}

// maxDelay: a retry waits less than 366 days.
const maxDelay = 31_622_399

var retrierSchema = &schema{
	fields: fields{
		"ErrorEquals": {is: isFilledArray}, "Comment": {is: isText}, "IntervalSeconds": {is: seconds1}, "MaxAttempts": {is: wholeIn(0, maxSeconds)},
		"BackoffRate": {is: numberIn(1, noMaximum)}, "MaxDelaySeconds": {is: wholeIn(1, maxDelay)}, "JitterStrategy": {is: oneOf("FULL", "NONE")},
	},
	must: []string{"ErrorEquals"},
}

var catcherSchema = &schema{
	fields: of(assigning, resulting, fields{
		"ErrorEquals": {is: isFilledArray}, "Comment": {is: isText}, "Next": {is: isText}, "Output": {jsonata, isAnything},
	}),
	must: []string{"ErrorEquals", "Next"},
}

// ruleSchemas are those of the rules of a Choice: comparisons, And, Or and Not, and the conditions
// of JSONata. Only a rule in Choices, not one inside another, leads to a state.
type ruleSchemas struct{ comparison, logic, condition *schema }

var (
	topRule   = makeRules(fields{"Next": {is: isText}, "Assign": {is: isObject}, "Output": {jsonata, isAnything}}, "Next")
	innerRule = makeRules(nil)
)

func makeRules(more fields, must ...string) ruleSchemas {
	more = of(more, fields{"Comment": {is: isText}})
	compare := fields{"Variable": {jsonPath, isPath}, "IsPresent": {jsonPath, isBoolean}}
	for name, op := range operators {
		compare[name] = field{jsonPath, operandChecks[op.operand]}
		if op.path {
			compare[name+"Path"] = field{jsonPath, isPath}
		}
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(compare)), func(name string) bool { return name == "Variable" })
	logic := fields{"And": {jsonPath, isFilledArray}, "Or": {jsonPath, isFilledArray}, "Not": {jsonPath, isObject}}
	return ruleSchemas{
		comparison: &schema{fields: of(more, compare), must: append([]string{"Variable"}, must...), single: [][]string{names}},
		logic:      &schema{fields: of(more, logic), must: must, single: [][]string{{"And", "Or", "Not"}}},
		condition:  &schema{fields: of(more, fields{"Condition": {jsonata, isAnything}}), must: append([]string{"Condition"}, must...)},
	}
}
