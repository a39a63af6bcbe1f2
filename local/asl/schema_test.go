package asl

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParse_schema(t *testing.T) {
	t.Parallel()
	const fn = `"Type":"Task","Resource":"arn:aws:lambda:r:1:function:F"`
	for _, tt := range []diagnosed{
		{name: "typo", definition: inMachine(`{` + fn + `,"timeoutSeconds":5,"Next":"B"}`), code: CodeSchema,
			location: "/States/A", message: "Field 'timeoutSeconds' is not supported"},
		{name: "unknown at the top", definition: `{"StartAt":"A","States":{"A":{"Type":"Succeed"}},"Name":"x"}`,
			code: CodeSchema, location: "/", message: "Field 'Name' is not supported"},
		{name: "unknown in a retrier",
			definition: inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"MaxRetries":1}],"Next":"B"}`),
			code:       CodeSchema, location: "/States/A/Retry[0]", message: "'MaxRetries'"},
		{name: "unknown in a catcher",
			definition: inMachine(`{` + fn + `,"Catch":[{"ErrorEquals":["E"],"Next":"B","End":true}],"Next":"B"}`),
			code:       CodeSchema, location: "/States/A/Catch[0]", message: "'End'"},
		{name: "unknown in a rule",
			definition: inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"B",` +
				`"ResultPath":"$"}]}`), code: CodeSchema, location: "/States/A/Choices[0]", message: "'ResultPath'"},
		{name: "next of an inner rule", definition: inMachine(
			`{"Type":"Choice","Choices":[{"Not":{"Variable":"$.a","IsNull":true,"Next":"B"},"Next":"B"}]}`),
			code: CodeSchema, location: "/States/A/Choices[0]/Not", message: "'Next'"},
		{name: "two kinds of rule",
			definition: inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","And":[{"Variable":"$.a",` +
				`"IsNull":true}],` +
				`"Next":"B"}]}`), code: CodeSchema, location: "/States/A/Choices[0]", message: "'Variable'"},
		{name: "unknown in a branch",
			definition: inMachine(`{"Type":"Parallel","Branches":[{"StartAt":"X","TimeoutSeconds":1,` +
				`"States":{"X":{"Type":"Succeed"}}}],"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Branches[0]", message: "'TimeoutSeconds'"},
		{name: "unknown in a config",
			definition: inMachine(`{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"mode":"INLINE"},"StartAt":"X",` +
				`"States":{"X":{"Type":"Succeed"}}},"Next":"B"}`), code: CodeSchema,
			location: "/States/A/ItemProcessor/ProcessorConfig", message: "'mode'"},
		{name: "language of a processor",
			definition: inMachine(`{"Type":"Map","Iterator":{"QueryLanguage":"JSONPath","StartAt":"X",` +
				`"States":{"X":{"Type":"Succeed"}}},"Next":"B"}`), code: CodeSchema, location: "/States/A/Iterator",
			message: "'QueryLanguage'"},
		{name: "both processors", definition: inMachine(`{"Type":"Map","Iterator":` + passing(``) + `,"ItemProcessor":` +
			passingAs("Other", ``) +
			`,"Next":"B"}`), code: CodeSchema, location: "/States/A",
			message: "There should only be one of the following fields: [ItemProcessor, Iterator]"},
		{name: "unknown in a batcher",
			definition: inMachine(`{"Type":"Map","ItemBatcher":{"BatchSize":1},"ItemProcessor":` + passing(``) +
				`,"Next":"B"}`), code: CodeSchema, location: "/States/A/ItemBatcher", message: "'BatchSize'"},
		{name: "share of failures",
			definition: inMachine(`{"Type":"Map","ToleratedFailurePercentage":100.5,"ItemProcessor":` + passing(``) +
				`,"Next":"B"}`), code: CodeSchema, location: "/States/A/ToleratedFailurePercentage",
			message: "Maximum value is 100.0"},
		{name: "output of JSONata", definition: inMachine(`{"Type":"Succeed","Output":{}}`), code: CodeSchema,
			location: "/States/A", message: "The QueryLanguage is set to 'JSONPath', " +
				"but field 'Output' is only supported for the 'JSONata' QueryLanguage"},
		{name: "arguments of JSONata", definition: inMachine(`{` + fn + `,"Arguments":{},"Next":"B"}`),
			code: CodeSchema, location: "/States/A", message: "field 'Arguments'"},
		{name: "items of JSONata",
			definition: inMachine(`{"Type":"Map","Items":[],"ItemProcessor":` + passing(``) + `,"Next":"B"}`),
			code:       CodeSchema, location: "/States/A", message: "field 'Items'"},
		{name: "path in JSONata",
			definition: inMachine(`{"Type":"Pass","QueryLanguage":"JSONata","InputPath":"$.a","Next":"B"}`),
			code:       CodeSchema, location: "/States/A", message: "The QueryLanguage is set to 'JSONata', " +
				"but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage"},
		{name: "JSONPath within JSONata",
			definition: `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass",` +
				`"QueryLanguage":"JSONPath",` +
				`"End":true}}}`, code: CodeSchema, location: "/States/A",
			message: "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"},
		{name: "other language",
			definition: `{"QueryLanguage":"jsonpath","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`,
			code:       CodeSchema, location: "/QueryLanguage", message: "[JSONPath, JSONata]"},
		{name: "machine language inside",
			definition: inMachine(`{"Type":"Map","QueryLanguage":"JSONata","ItemProcessor":{"StartAt":"X",` +
				`"States":{"X":{"Type":"Pass","Output":1,"End":true}}},"Next":"B"}`), code: CodeSchema,
			location: "/States/A/ItemProcessor/States/X", message: "field 'Output'"},
		{name: "long wait", definition: inMachine(`{"Type":"Wait","Seconds":100000000,"Next":"B"}`),
			code: CodeSchema, location: "/States/A/Seconds", message: "Maximum value is 99999999"},
		{name: "endless wait", definition: inMachine(`{"Type":"Wait","Seconds":1e300,"Next":"B"}`),
			code: CodeSchema, location: "/States/A/Seconds", message: "Maximum value is 99999999"},
		{name: "negative wait", definition: inMachine(`{"Type":"Wait","Seconds":-1,"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Seconds", message: "Minimum value is 0"},
		{name: "broken second", definition: inMachine(`{"Type":"Wait","Seconds":1.5,"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Seconds", message: "Integer"},
		{name: "second as text", definition: inMachine(`{"Type":"Wait","Seconds":"5","Next":"B"}`),
			code: CodeSchema, location: "/States/A/Seconds", message: "Integer"},
		{name: "long delay",
			definition: inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"MaxDelaySeconds":31622400}],` +
				`"Next":"B"}`), code: CodeSchema, location: "/States/A/Retry[0]/MaxDelaySeconds",
			message: "Maximum value is 31622399"},
		{name: "many attempts",
			definition: inMachine(`{` + fn +
				`,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":100000000}],"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Retry[0]/MaxAttempts", message: "Maximum value is 99999999"},
		{name: "wait by the context object",
			definition: inMachine(`{"Type":"Wait","SecondsPath":"$$.Execution.Input.s","Next":"B"}`),
			code:       CodeSchema, location: "/States/A/SecondsPath", message: "Value is not a Reference Path"},
		{name: "number as an error", definition: inMachine(`{"Type":"Fail","ErrorPath":"States.MathAdd($.n, 1)"}`),
			code: CodeSchema, location: "/States/A/ErrorPath", message: "that returns a String"},
		{name: "array as a cause",
			definition: inMachine(`{"Type":"Fail","CausePath":"States.Array(States.Format('x'))"}`),
			code:       CodeSchema, location: "/States/A/CausePath", message: "that returns a String"},
		{name: "parsed text as a cause",
			definition: inMachine(`{"Type":"Fail","CausePath":"States.StringToJson($.c)"}`), code: CodeSchema,
			location: "/States/A/CausePath", message: "that returns a String"},
		{name: "no expression as a cause", definition: inMachine(`{"Type":"Fail","CausePath":"broken"}`),
			code: CodeSchema, location: "/States/A/CausePath", message: "valid JSONPath"},
		{name: "result in the last element",
			definition: inMachine(`{"Type":"Pass","ResultPath":"$.a[-1]","Next":"B"}`), code: CodeSchema,
			location: "/States/A/ResultPath", message: "Value is not a Reference Path"},
		{name: "error below the last element", definition: inMachine(`{` + fn +
			`,"Catch":[{"ErrorEquals":["E"],"ResultPath":"$.a[-2].b","Next":"B"}],"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Catch[0]/ResultPath", message: "Value is not a Reference Path"},
		{name: "unknown parameter", definition: inMachine(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` +
			`"Parameters":{"FunctionName":"F","Foo.$":"$"},"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Parameters", message: `The field "Foo" is not supported by Step Functions`},
		{name: "parameter written small",
			definition: inMachine(`{"Type":"Task","Resource":"arn:aws:states:::dynamodb:getItem",` +
				`"Parameters":{"tableName":"t","Key":{}},"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Parameters", message: `The field "tableName" is not supported`},
		{name: "missing function",
			definition: inMachine(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",` +
				`"Parameters":{"Payload":{}},"Next":"B"}`), code: CodeSchema, location: "/States/A/Parameters",
			message: "The field 'FunctionName' is required but was missing"},
		{name: "missing message", definition: inMachine(`{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage",` +
			`"Parameters":{"QueueUrl":"q"},"Next":"B"}`), code: CodeSchema, location: "/States/A/Parameters",
			message: "The field 'MessageBody' is required but was missing"},
		{name: "missing machine of a child",
			definition: inMachine(`{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",` +
				`"Parameters":{"Input":{}},"Next":"B"}`), code: CodeSchema, location: "/States/A/Parameters",
			message: "The field 'StateMachineArn' is required but was missing"},
		{name: "no event", definition: inMachine(`{"Type":"Task","Resource":"arn:aws:states:::events:putEvents",` +
			`"Parameters":{},"Next":"B"}`), code: CodeSchema, location: "/States/A/Parameters",
			message: "The field 'Entries' is required but was missing"},
		{name: "invalid End", definition: inMachine(`{"Type":"Pass","End":false}`), code: CodeSchema,
			location: "/States/A/End", message: "true"},
	} {
		t.Run(tt.name, tt.run)
	}
}

// TestParse_fieldsOfOtherTypes adds each field that some state type has to a state of each type
// that does not have it.
func TestParse_fieldsOfOtherTypes(t *testing.T) {
	t.Parallel()
	states := map[string]string{
		"Pass":     `{"Type":"Pass","End":true`,
		"Succeed":  `{"Type":"Succeed"`,
		"Fail":     `{"Type":"Fail"`,
		"Wait":     `{"Type":"Wait","Seconds":1,"End":true`,
		"Choice":   `{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"B"}]`,
		"Task":     `{"Type":"Task","Resource":"arn:aws:lambda:r:1:function:F","End":true`,
		"Parallel": `{"Type":"Parallel","Branches":[` + passing(``) + `],"End":true`,
		"Map":      `{"Type":"Map","ItemProcessor":` + passing(``) + `,"End":true`,
	}
	for field, types := range map[string]string{
		`"Retry":[]`:                    "Task Parallel Map",
		`"Catch":[]`:                    "Task Parallel Map",
		`"TimeoutSeconds":9`:            "Task",
		`"HeartbeatSeconds":9`:          "Task",
		`"TimeoutSecondsPath":"$.t"`:    "Task",
		`"HeartbeatSecondsPath":"$.t"`:  "Task",
		`"Credentials":{"RoleArn":"r"}`: "Task",
		`"ResultPath":null`:             "Pass Task Parallel Map",
		`"ResultSelector":{}`:           "Task Parallel Map",
		`"Parameters":{}`:               "Pass Task Parallel Map",
		`"InputPath":"$"`:               "Pass Succeed Wait Choice Task Parallel Map",
		`"OutputPath":null`:             "Pass Succeed Wait Choice Task Parallel Map",
		`"Assign":{}`:                   "Pass Wait Choice Task Parallel Map",
		`"Result":1`:                    "Pass",
		`"Comment":"c"`:                 "Pass Succeed Fail Wait Choice Task Parallel Map",
		`"Error":"E"`:                   "Fail",
		`"CausePath":"$.c"`:             "Fail",
		`"Default":"B"`:                 "Choice",
		`"MaxConcurrency":1`:            "Map",
		`"ItemsPath":"$.a"`:             "Map",
		`"ItemSelector":{}`:             "Map",
	} {
		name := strings.Trim(field[:strings.Index(field, ":")], `"`)
		for kind, state := range states {
			_, diags := Parse([]byte(`{"StartAt":"A","States":{"A":`+state+`,`+field+`},"B":{"Type":"Succeed"}}}`),
				Options{})
			refused := slices.ContainsFunc(diags, func(d Diagnostic) bool {
				return d.Location == "/States/A" && d.Message == "Field '"+name+"' is not supported" &&
					d.Code == CodeSchema
			})
			if want := !slices.Contains(strings.Fields(types), kind); refused != want {
				t.Errorf("%s in %s: refused %t, want %t: %v", name, kind, refused, want, diags)
			}
		}
	}
	for _, kind := range []string{"Choice", "Succeed", "Fail"} {
		for _, field := range []string{"End", "Next"} {
			_, diags := Parse([]byte(inMachine(states[kind]+`,"`+field+`":true}`)), Options{})
			if len(diags) == 0 || diags[0].Message != "Field '"+field+"' is not supported" {
				t.Errorf("%s in %s: %v", field, kind, diags)
			}
		}
	}
}

// TestParse_manyErrors: a definition with errors everywhere returns a limited list, and its first
// duplicate.
func TestParse_manyErrors(t *testing.T) {
	t.Parallel()
	var unknown strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&unknown, `,"x%d":0`, i)
	}
	for name, tt := range map[string]struct {
		fields string
		want   int
	}{
		"unknown": {unknown.String(), maxDiagnostics},
		"twice":   {strings.Repeat(`,"Comment":"c"`, 10_000), 1},
	} {
		if _, diags := Parse([]byte(`{"StartAt":"A","States":{"A":{"Type":"Succeed"`+tt.fields+`}}}`),
			Options{}); len(diags) != tt.want || diags[tt.want-1].Column == 0 {
			t.Errorf("%s: %d diagnostics", name, len(diags))
		}
	}
}
