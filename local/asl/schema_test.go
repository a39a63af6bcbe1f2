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
		{"typo", inMachine(`{` + fn + `,"timeoutSeconds":5,"Next":"B"}`), CodeSchema, "/States/A",
			"Field 'timeoutSeconds' is not supported"},
		{"unknown at the top", `{"StartAt":"A","States":{"A":{"Type":"Succeed"}},"Name":"x"}`, CodeSchema, "/",
			"Field 'Name' is not supported"},
		{"unknown in a retrier",
			inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"MaxRetries":1}],"Next":"B"}`), CodeSchema,
			"/States/A/Retry[0]", "'MaxRetries'"},
		{"unknown in a catcher",
			inMachine(`{` + fn + `,"Catch":[{"ErrorEquals":["E"],"Next":"B","End":true}],"Next":"B"}`), CodeSchema,
			"/States/A/Catch[0]", "'End'"},
		{"unknown in a rule",
			inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"B","ResultPath":"$"}]}`),
			CodeSchema, "/States/A/Choices[0]", "'ResultPath'"},
		{"next of an inner rule",
			inMachine(
				`{"Type":"Choice","Choices":[{"Not":{"Variable":"$.a","IsNull":true,"Next":"B"},"Next":"B"}]}`),
			CodeSchema, "/States/A/Choices[0]/Not", "'Next'"},
		{"two kinds of rule",
			inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","And":[{"Variable":"$.a","IsNull":true}],` +
				`"Next":"B"}]}`), CodeSchema, "/States/A/Choices[0]", "'Variable'"},
		{"unknown in a branch",
			inMachine(`{"Type":"Parallel","Branches":[{"StartAt":"X","TimeoutSeconds":1,` +
				`"States":{"X":{"Type":"Succeed"}}}],"Next":"B"}`), CodeSchema, "/States/A/Branches[0]",
			"'TimeoutSeconds'"},
		{"unknown in a config",
			inMachine(`{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"mode":"INLINE"},"StartAt":"X",` +
				`"States":{"X":{"Type":"Succeed"}}},"Next":"B"}`), CodeSchema,
			"/States/A/ItemProcessor/ProcessorConfig", "'mode'"},
		{"language of a processor",
			inMachine(`{"Type":"Map","Iterator":{"QueryLanguage":"JSONPath","StartAt":"X",` +
				`"States":{"X":{"Type":"Succeed"}}},"Next":"B"}`), CodeSchema, "/States/A/Iterator", "'QueryLanguage'"},
		{"both processors",
			inMachine(`{"Type":"Map","Iterator":` + passing(``) + `,"ItemProcessor":` + passingAs("Other", ``) +
				`,"Next":"B"}`), CodeSchema, "/States/A",
			"There should only be one of the following fields: [ItemProcessor, Iterator]"},
		{"unknown in a batcher",
			inMachine(`{"Type":"Map","ItemBatcher":{"BatchSize":1},"ItemProcessor":` + passing(``) +
				`,"Next":"B"}`), CodeSchema, "/States/A/ItemBatcher", "'BatchSize'"},
		{"share of failures",
			inMachine(`{"Type":"Map","ToleratedFailurePercentage":100.5,"ItemProcessor":` + passing(``) +
				`,"Next":"B"}`), CodeSchema, "/States/A/ToleratedFailurePercentage", "Maximum value is 100.0"},
		{"output of JSONata", inMachine(`{"Type":"Succeed","Output":{}}`), CodeSchema, "/States/A",
			"The QueryLanguage is set to 'JSONPath', " +
				"but field 'Output' is only supported for the 'JSONata' QueryLanguage"},
		{"arguments of JSONata", inMachine(`{` + fn + `,"Arguments":{},"Next":"B"}`), CodeSchema, "/States/A",
			"field 'Arguments'"},
		{"items of JSONata", inMachine(`{"Type":"Map","Items":[],"ItemProcessor":` + passing(``) + `,"Next":"B"}`),
			CodeSchema, "/States/A", "field 'Items'"},
		{"path in JSONata", inMachine(`{"Type":"Pass","QueryLanguage":"JSONata","InputPath":"$.a","Next":"B"}`),
			CodeSchema, "/States/A",
			"The QueryLanguage is set to 'JSONata', " +
				"but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage"},
		{"JSONPath within JSONata",
			`{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","QueryLanguage":"JSONPath",` +
				`"End":true}}}`, CodeSchema, "/States/A",
			"'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"},
		{"other language", `{"QueryLanguage":"jsonpath","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`,
			CodeSchema, "/QueryLanguage", "[JSONPath, JSONata]"},
		{"machine language inside",
			inMachine(`{"Type":"Map","QueryLanguage":"JSONata","ItemProcessor":{"StartAt":"X",` +
				`"States":{"X":{"Type":"Pass","Output":1,"End":true}}},"Next":"B"}`), CodeSchema,
			"/States/A/ItemProcessor/States/X", "field 'Output'"},
		{"long wait", inMachine(`{"Type":"Wait","Seconds":100000000,"Next":"B"}`), CodeSchema, "/States/A/Seconds",
			"Maximum value is 99999999"},
		{"endless wait", inMachine(`{"Type":"Wait","Seconds":1e300,"Next":"B"}`), CodeSchema, "/States/A/Seconds",
			"Maximum value is 99999999"},
		{"negative wait", inMachine(`{"Type":"Wait","Seconds":-1,"Next":"B"}`), CodeSchema, "/States/A/Seconds",
			"Minimum value is 0"},
		{"broken second", inMachine(`{"Type":"Wait","Seconds":1.5,"Next":"B"}`), CodeSchema, "/States/A/Seconds",
			"Integer"},
		{"second as text", inMachine(`{"Type":"Wait","Seconds":"5","Next":"B"}`), CodeSchema, "/States/A/Seconds",
			"Integer"},
		{"long delay",
			inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"MaxDelaySeconds":31622400}],"Next":"B"}`),
			CodeSchema, "/States/A/Retry[0]/MaxDelaySeconds", "Maximum value is 31622399"},
		{"many attempts",
			inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":100000000}],"Next":"B"}`),
			CodeSchema, "/States/A/Retry[0]/MaxAttempts", "Maximum value is 99999999"},
		{"wait by the context object", inMachine(`{"Type":"Wait","SecondsPath":"$$.Execution.Input.s","Next":"B"}`),
			CodeSchema, "/States/A/SecondsPath", "Value is not a Reference Path"},
		{"number as an error", inMachine(`{"Type":"Fail","ErrorPath":"States.MathAdd($.n, 1)"}`), CodeSchema,
			"/States/A/ErrorPath", "that returns a String"},
		{"array as a cause", inMachine(`{"Type":"Fail","CausePath":"States.Array(States.Format('x'))"}`),
			CodeSchema, "/States/A/CausePath", "that returns a String"},
		{"parsed text as a cause", inMachine(`{"Type":"Fail","CausePath":"States.StringToJson($.c)"}`), CodeSchema,
			"/States/A/CausePath", "that returns a String"},
		{"no expression as a cause", inMachine(`{"Type":"Fail","CausePath":"broken"}`), CodeSchema,
			"/States/A/CausePath", "valid JSONPath"},
		{"result in the last element", inMachine(`{"Type":"Pass","ResultPath":"$.a[-1]","Next":"B"}`), CodeSchema,
			"/States/A/ResultPath", "Value is not a Reference Path"},
		{"error below the last element",
			inMachine(`{` + fn +
				`,"Catch":[{"ErrorEquals":["E"],"ResultPath":"$.a[-2].b","Next":"B"}],"Next":"B"}`), CodeSchema,
			"/States/A/Catch[0]/ResultPath", "Value is not a Reference Path"},
		{"unknown parameter",
			inMachine(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` +
				`"Parameters":{"FunctionName":"F","Foo.$":"$"},"Next":"B"}`), CodeSchema, "/States/A/Parameters",
			`The field "Foo" is not supported by Step Functions`},
		{"parameter written small",
			inMachine(`{"Type":"Task","Resource":"arn:aws:states:::dynamodb:getItem",` +
				`"Parameters":{"tableName":"t","Key":{}},"Next":"B"}`), CodeSchema, "/States/A/Parameters",
			`The field "tableName" is not supported`},
		{"missing function",
			inMachine(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",` +
				`"Parameters":{"Payload":{}},"Next":"B"}`), CodeSchema, "/States/A/Parameters",
			"The field 'FunctionName' is required but was missing"},
		{"missing message",
			inMachine(`{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage",` +
				`"Parameters":{"QueueUrl":"q"},"Next":"B"}`), CodeSchema, "/States/A/Parameters",
			"The field 'MessageBody' is required but was missing"},
		{"missing machine of a child",
			inMachine(`{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",` +
				`"Parameters":{"Input":{}},"Next":"B"}`), CodeSchema, "/States/A/Parameters",
			"The field 'StateMachineArn' is required but was missing"},
		{"no event",
			inMachine(`{"Type":"Task","Resource":"arn:aws:states:::events:putEvents","Parameters":{},"Next":"B"}`),
			CodeSchema, "/States/A/Parameters", "The field 'Entries' is required but was missing"},
		{"invalid End", inMachine(`{"Type":"Pass","End":false}`), CodeSchema, "/States/A/End", "true"},
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
