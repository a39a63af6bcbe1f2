package asl

import "maps"

// schema describes the fields of one kind of object of a definition.
type schema struct {
	fields map[string]field
	must   []string   // required fields
	oneOf  [][]string // exactly one field of each group is required
	single [][]string // at most one field of each group may be set
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

// fields is a list of groups of fields, built by of.
type fields map[string]field

func of(groups ...fields) fields {
	all := fields{}
	for _, g := range groups {
		maps.Copy(all, g)
	}
	return all
}

// The language as a table: which fields each object has, of which type and within which limits.
// This file has the fields that state types share; the other fields are in the files of the state
// types. Sources: the States Language specification, the AWS Step Functions developer guide, and
// recorded answers of AWS where they leave something open.

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
		"Comment":        {is: isText},
		"Version":        {is: oneOf("1.0")},
		"QueryLanguage":  common["QueryLanguage"],
		"TimeoutSeconds": {is: seconds1},
	}, workflowFields),
	must: workflowMust,
}

var (
	workflowFields = fields{"StartAt": {is: isText}, "States": {is: isStates}}
	workflowMust   = []string{"States", "StartAt"}
)
