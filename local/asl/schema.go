package asl

import "maps"

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

// The language as a table: which fields stand where, of which type and within which bounds. Here is
// what state types have in common; their own rows stand in their files.
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
)
