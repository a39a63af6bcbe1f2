package asl

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// inMachine returns a machine with one state and a second one that it can continue with.
func inMachine(state string) string {
	return `{"StartAt":"A","States":{"A":` + state + `,"B":{"Type":"Succeed"}}}`
}

// passing returns a workflow of one Pass that assigns variables.
func passing(assign string) string { return passingAs("In", assign) }

// passingAs is passing with a state of that name.
func passingAs(name, assign string) string {
	return `{"StartAt":"` + name + `","States":{"` + name + `":{"Type":"Pass","Assign":{` + assign + `},"End":true}}}`
}

func TestParse_diagnostics(t *testing.T) {
	t.Parallel()
	const fn = `"Type":"Task","Resource":"arn:aws:lambda:r:1:function:F"`
	tests := []diagnosed{
		{"empty", `{}`, CodeSchema, "/", "[States, StartAt]"},
		{"no object", `[]`, CodeSchema, "/", "Object"},
		{"truncated", `{"StartAt":`, CodeInvalidJSON, `[Source: (String)"{"StartAt":"; line: 1, column: 12]`,
			"Unexpected end-of-input"},
		{"additional comma", `{"a":1,}`, CodeInvalidJSON, `[Source: (String)"{"a":1,}"; line: 1, column: 9]`,
			"Unexpected character ('}' (code 125)): was expecting double-quote to start field name"},
		{"missing comma", `{"a":1 "b":2}`, CodeInvalidJSON, `[Source: (String)"{"a":1 "b":2}"; line: 1, column: 9]`,
			"Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries"},
		{"no value", `{"a":}`, CodeInvalidJSON, `[Source: (String)"{"a":}"; line: 1, column: 7]`,
			"Unexpected character ('}' (code 125)): expected a valid value"},
		{"version", `{"Version":"2.0","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, CodeSchema, "/Version", "1.0"},
		{"start", `{"StartAt":"X","States":{"A":{"Type":"Succeed"}}}`, CodeMissingTarget, "/StartAt", "X"},
		{"type", inMachine(`{"Type":"Nap","Next":"B"}`), CodeSchema, "/States/A/Type",
			"should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]"},
		{"no type", inMachine(`{"Next":"B"}`), CodeSchema, "/States/A", "[Type]"},
		{"no transition", inMachine(`{"Type":"Pass"}`), CodeSchema, "/States/A", "[Next, End]"},
		{"both transitions", inMachine(`{"Type":"Pass","Next":"B","End":true}`), CodeSchema, "/States/A",
			"There should only be one of the following fields"},
		{"target", inMachine(`{"Type":"Pass","Next":"X"}`), CodeMissingTarget, "/States/A/Next", "X"},
		{"unreachable", inMachine(`{"Type":"Pass","End":true}`), CodeMissingTarget, "/States/B", "not reachable"},
		{"long name",
			`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"` + strings.Repeat("n", 81) + `"},"` +
				strings.Repeat("n", 81) + `":{"Type":"Succeed"}}}`, CodeStateName,
			"/States/" + strings.Repeat("n", 81), "exceeds the 80-character limit"},
		{"path", inMachine(`{"Type":"Pass","InputPath":"$.a[","Next":"B"}`), CodeSchema, "/States/A/InputPath",
			"JSONPath"},
		{"reference path", inMachine(`{"Type":"Pass","ResultPath":"$.a[*]","Next":"B"}`), CodeSchema,
			"/States/A/ResultPath", "Reference Path"},
		{"template", inMachine(`{"Type":"Pass","Parameters":{"x":[{"y.$":"oops"}]},"Next":"B"}`), CodeSchema,
			"/States/A/Parameters", "'y.$'"},
		{"template value", inMachine(`{"Type":"Pass","Parameters":{"y.$":1},"Next":"B"}`), CodeSchema,
			"/States/A/Parameters", "'y.$'"},
		{"unknown intrinsic", inMachine(`{"Type":"Pass","Parameters":{"y.$":"States.Magic(1)"},"Next":"B"}`),
			CodeSchema, "/States/A/Parameters", "'y.$'"},
		{"arguments", inMachine(`{"Type":"Pass","Parameters":{"y.$":"States.MathAdd(1)"},"Next":"B"}`), CodeSchema,
			"/States/A/Parameters", "'y.$'"},
		{"nested intrinsics",
			inMachine(`{"Type":"Pass","Parameters":{"y.$":"` + strings.Repeat("States.Array(", 11) +
				strings.Repeat(")", 11) + `"},"Next":"B"}`), CodeSchema, "/States/A/Parameters", "'y.$'"},
		{"variable name", inMachine(`{"Type":"Pass","Assign":{"1x":1},"Next":"B"}`), CodeSchema, "/States/A/Assign",
			"1x"},
		{"outer variable",
			inMachine(`{"Type":"Parallel","Assign":{"x":1},"Branches":[` + passingAs("Other", `"y":1`) + `,` +
				passing(`"x.$":"$.n"`) + `],"Next":"B"}`), CodeSchema, "/States/A/Branches[1]/States/In/Assign",
			"'x' is assigned in an outer scope"},
		{"variable of a later state",
			`{"StartAt":"A","States":{"A":{"Type":"Map","ItemProcessor":` + passing(`"x":2`) +
				`,"Next":"B"},"B":{"Type":"Pass","Assign":{"x":1},"End":true}}}`, CodeSchema,
			"/States/A/ItemProcessor/States/In/Assign", "'x'"},
		{"variable of a catcher",
			inMachine(`{"Type":"Map","ItemProcessor":` + passing(`"x":2`) +
				`,"Catch":[{"ErrorEquals":["E"],"Assign":{"x":1},"Next":"B"}],"Next":"B"}`), CodeSchema,
			"/States/A/ItemProcessor/States/In/Assign", "'x'"},
		{"variable of a rule",
			`{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNull":true,` +
				`"Assign":{"x":1},"Next":"A"}],"Default":"A"},"A":{"Type":"Map","ItemProcessor":` +
				passing(`"x":2`) + `,"End":true}}}`, CodeSchema, "/States/A/ItemProcessor/States/In/Assign", "'x'"},
		{"variable two scopes out",
			inMachine(`{"Type":"Map","Assign":{"x":1},"ItemProcessor":{"StartAt":"P",` +
				`"States":{"P":{"Type":"Parallel","Branches":[` + passing(`"x":2`) + `],"End":true}}},"Next":"B"}`),
			CodeSchema, "/States/A/ItemProcessor/States/P/Branches[0]/States/In/Assign", "'x'"},
		{"resource", inMachine(`{"Type":"Task","Resource":"nonsense","Next":"B"}`), CodeSchema,
			"/States/A/Resource", "not recognized"},
		{"no resource", inMachine(`{"Type":"Task","Next":"B"}`), CodeSchema, "/States/A", "[Resource]"},
		{"seconds", inMachine(`{` + fn + `,"TimeoutSeconds":0,"Next":"B"}`), CodeSchema, "/States/A/TimeoutSeconds",
			"Minimum value is"},
		{"heartbeat", inMachine(`{` + fn + `,"TimeoutSeconds":5,"HeartbeatSeconds":5,"Next":"B"}`), CodeSchema,
			"/States/A/HeartbeatSeconds", "smaller"},
		{"both timeouts", inMachine(`{` + fn + `,"TimeoutSeconds":5,"TimeoutSecondsPath":"$.t","Next":"B"}`),
			CodeSchema, "/States/A", "There should only be one of the following fields"},
		{"retrier", inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"]},{"MaxAttempts":1}],"Next":"B"}`),
			CodeSchema, "/States/A/Retry[1]", "ErrorEquals"},
		{"attempts", inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":-1}],"Next":"B"}`),
			CodeSchema, "/States/A/Retry[0]/MaxAttempts", "Minimum value is"},
		{"backoff", inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"BackoffRate":0.5}],"Next":"B"}`),
			CodeSchema, "/States/A/Retry[0]/BackoffRate", "Minimum value is"},
		{"jitter", inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"JitterStrategy":"SOME"}],"Next":"B"}`),
			CodeSchema, "/States/A/Retry[0]/JitterStrategy", "FULL"},
		{"States.ALL with others",
			inMachine(`{` + fn + `,"Catch":[{"ErrorEquals":["States.ALL","E"],"Next":"B"}],"Next":"B"}`),
			CodeSchema, "/States/A/Catch[0]/ErrorEquals", "alone"},
		{"States.ALL not last",
			inMachine(`{` + fn + `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"B"},{"ErrorEquals":["E"],` +
				`"Next":"B"}],"Next":"B"}`), CodeSchema, "/States/A/Catch[0]/ErrorEquals", "last"},
		{"catcher without target", inMachine(`{` + fn + `,"Catch":[{"ErrorEquals":["E"]}],"Next":"B"}`), CodeSchema,
			"/States/A/Catch[0]", "[Next]"},
		{"wait for nothing", inMachine(`{"Type":"Wait","Next":"B"}`), CodeSchema, "/States/A", "[Seconds, SecondsPath"},
		{"wait for two", inMachine(`{"Type":"Wait","Seconds":1,"SecondsPath":"$.s","Next":"B"}`), CodeSchema,
			"/States/A", "[Seconds, SecondsPath"},
		{"choices", inMachine(`{"Type":"Choice","Default":"B"}`), CodeSchema, "/States/A", "[Choices]"},
		{"comparison", inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","Next":"B"}]}`), CodeSchema,
			"/States/A/Choices[0]", "comparison"},
		{"two comparisons",
			inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"IsString":true,"Next":"B"}]}`),
			CodeSchema, "/States/A/Choices[0]", "There should only be one of the following fields"},
		{"operand",
			inMachine(`{"Type":"Choice","Choices":[{"Or":[{"Variable":"$.a","NumericEquals":"1"}],"Next":"B"}]}`),
			CodeSchema, "/States/A/Choices[0]/Or[0]/NumericEquals", "Number"},
		{"timestamp",
			inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","TimestampEquals":"today","Next":"B"}]}`),
			CodeSchema, "/States/A/Choices[0]/TimestampEquals", "RFC3339"},
		{"branches", inMachine(`{"Type":"Parallel","Branches":[],"Next":"B"}`), CodeSchema, "/States/A/Branches",
			"empty"},
		{"inside a branch",
			inMachine(`{"Type":"Parallel","Branches":[{"StartAt":"X","States":{"X":{"Type":"Pass"}}}],"Next":"B"}`),
			CodeSchema, "/States/A/Branches[0]/States/X", "[Next, End]"},
		{"processor", inMachine(`{"Type":"Map","Next":"B"}`), CodeSchema, "/States/A", "[ItemProcessor]"},
		{"no end",
			`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice",` +
				`"Choices":[{"Variable":"$.a","IsNull":true,"Next":"A"}]}}}`, CodeNoEnd, "",
			"Workflow has no terminal state"},
		{"branch without end",
			inMachine(`{"Type":"Parallel","Branches":[{"StartAt":"X","States":{"X":{"Type":"Pass",` +
				`"Next":"X"}}}],"Next":"B"}`), CodeNoEnd, "", "Workflow has no terminal state"},
		{"same name in branches",
			inMachine(`{"Type":"Parallel","Branches":[` + passing(``) + `,` + passing(``) + `],"Next":"B"}`),
			CodeDuplicateState, "/States/A/Branches[1]/States/In", "Duplicate State name: In"},
		{"same name twice", `{"StartAt":"A","States":{"A":{"Type":"Succeed"},"A":{"Type":"Fail"}}}`,
			CodeDuplicateState, "/States/A", "Duplicate State name: A"},
		{"same field twice", inMachine(`{"Type":"Pass","Next":"B","Next":"A"}`), CodeInvalidJSON,
			`[Source: (String)"` + inMachine(`{"Type":"Pass","Next":"B","Next":"A"}`) + `"; line: 1, column: 56]`,
			"Duplicate field 'Next'"},
		{"default",
			inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"B"}],"Default":"X"}`),
			CodeMissingTarget, "/States/A/Default", "Missing 'Next' target: X"},
		{"target of a rule",
			inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"B"},` +
				`{"Variable":"$.a","IsNull":true,"Next":"X"}]}`), CodeMissingTarget, "/States/A/Choices[1]/Next",
			"Missing 'Next' target: X"},
		{"target of a catcher", inMachine(`{` + fn + `,"Catch":[{"ErrorEquals":["E"],"Next":"X"}],"Next":"B"}`),
			CodeMissingTarget, "/States/A/Catch[0]/Next", "Missing 'Next' target: X"},
		{"nothing", ` `, CodeMissing, "", "empty"},
		{"job that does not run",
			inMachine(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.sync","Next":"B"}`), CodeSchema,
			"/States/A/Resource", "not recognized"},
		{"second form of a job",
			inMachine(`{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync:2","Next":"B"}`),
			CodeSchema, "/States/A/Resource", "not recognized"},
		{"JSONata", `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, CodeUnsupported,
			"/QueryLanguage", "JSONata"},
		{"distributed",
			inMachine(`{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",` +
				`"ExecutionType":"STANDARD"},"StartAt":"X","States":{"X":{"Type":"Succeed"}}},"Next":"B"}`),
			CodeUnsupported, "/States/A/ItemProcessor/ProcessorConfig/Mode", "DISTRIBUTED"},
		{"item reader",
			inMachine(`{"Type":"Map","ItemReader":{},"ItemProcessor":{"StartAt":"X",` +
				`"States":{"X":{"Type":"Succeed"}}},"Next":"B"}`), CodeUnsupported, "/States/A/ItemReader", "ItemReader"},
		{"activity", inMachine(`{"Type":"Task","Resource":"arn:aws:states:us-east-1:1:activity:a","Next":"B"}`),
			CodeUnsupported, "/States/A/Resource", "activities"},
		{"other service", inMachine(`{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun","Next":"B"}`),
			CodeUnsupported, "/States/A/Resource", "glue:startJobRun"},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

// diagnosed is a definition and one of its errors.
type diagnosed struct{ name, definition, code, location, message string }

func (d diagnosed) run(t *testing.T) {
	t.Parallel()
	m, diags := Parse([]byte(d.definition), Options{})
	if m != nil {
		t.Error("the definition is accepted")
	}
	for _, x := range diags {
		if x.Severity == SeverityError && x.Code == d.code && x.Location == d.location &&
			strings.Contains(x.Message, d.message) {
			return
		}
	}
	t.Errorf("want %s at %s with %q, got %v", d.code, d.location, d.message, diags)
}

// TestParse_order: what AWS reports first, and what it does not check after that.
func TestParse_order(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ definition, want string }{
		"no way out": {`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"X"}}}`,
			"MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/A/Next, MISSING_END_STATE: " +
				"Workflow has no terminal state at null"},
		"loop": {`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"},` +
			`"C":{"Type":"Pass","Next":"A"}}}`,
			"MISSING_END_STATE: Workflow has no terminal state at null"},
		"loop beside an end": {`{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass",` +
			`"Next":"A"},"C":{"Type":"Succeed"}}}`,
			`MISSING_TRANSITION_TARGET: State "C" is not reachable. at /States/C`},
		"no start": {`{"StartAt":"X","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Succeed"}}}`,
			`MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /StartAt,` +
				` MISSING_TRANSITION_TARGET: State "A" is not reachable. at /States/A`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diags := Parse([]byte(tt.definition), Options{})
			if err := diags.Err(); err == nil || err.Error() != "Invalid State Machine Definition: '"+tt.want+"'" {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

// TestParse_stored: a definition that was accepted once still runs, even if it is refused now.
func TestParse_stored(t *testing.T) {
	t.Parallel()
	m, diags := Parse([]byte(inMachine(`{"Type":"Wait","Seconds":200000000,"Color":"blue","Retry":[],"Next":"B"}`)),
		Options{Stored: true})
	if m == nil || diags.Err() != nil || len(diags) != 3 {
		t.Fatalf("machine %v, %v", m, diags)
	}
	x := New(m, simInfo(1))
	_, commands := mustStep(t, x, 0, Start{`{}`})
	if at := find[SetTimer](t, commands).At.Sub(x.startTime); at != 200_000_000*time.Second {
		t.Errorf("waits %s", at)
	}
	if m, diags := Parse([]byte(`{"StartAt":`), Options{Stored: true}); m != nil || diags.Err() == nil {
		t.Error("invalid JSON is accepted")
	}
}

func TestParse_allAtOnce(t *testing.T) {
	t.Parallel()
	_, diags := Parse([]byte(`{"StartAt":"A","Extra":1,"States":{"A":{"Type":"Wait","Next":"X"},`+
		`"B":{"Type":"Task","Resource":"?","Next":"A"}}}`), Options{})
	if len(diags) != 5 { // no time, no X, resource, unreachable, unknown field
		t.Errorf("%d diagnostics: %v", len(diags), diags)
	}
	if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "SCHEMA_VALIDATION_FAILED: ") ||
		!strings.Contains(err.Error(), " at /States/B/Resource") {
		t.Errorf("error %v", err)
	}
}

func TestParse_accepts(t *testing.T) {
	t.Parallel()
	for name, definition := range map[string]string{
		"old map names": inMachine(`{"Type":"Map","Iterator":{"StartAt":"X",` +
			`"States":{"X":{"Type":"Succeed"}}},"Parameters":{"v.$":"$$.Map.Item.Value"},"Next":"B"}`),
		"whole floats": inMachine(`{"Type":"Wait","Seconds":5.0,"Next":"B"}`),
		"empty handlers": inMachine(`{"Type":"Task","Resource":"arn:aws:lambda:r:1:function:F","Retry":[],` +
			`"Catch":[],"Next":"B"}`),
		"the integration": inMachine(
			`{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:redriveExecution","Next":"B"}`),
		"the SDK's start": inMachine(
			`{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:startExecution","Next":"B"}`),
		"a child": inMachine(
			`{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Next":"B"}`),
		"paths": inMachine(`{"Type":"Pass","InputPath":"$.a.['b c']",` +
			`"Parameters":{"x.$":"$.l[(@.length-1)]","y.$":"$.l.sum()","z.$":"States.ArrayLength($.a.['b'])"},` +
			`"Next":"B"}`),
		"bounds": inMachine(`{"Type":"Wait","Seconds":99999999,"Next":"B"}`),
		"rules in rules": inMachine(`{"Type":"Choice","Comment":"c","Choices":[{"Comment":"c",` +
			`"And":[{"Not":{"Variable":"$.a","IsNull":true}},{"Or":[{"Variable":"$.a","StringEqualsPath":"$.b",` +
			`"Comment":"c"}]}],"Assign":{"x":1},"Next":"B"}]}`),
		"parameter by a path": inMachine(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` +
			`"Parameters":{"FunctionName.$":"$.f"},"Next":"B"}`),
		"text functions": `{"StartAt":"A","States":{"A":{"Type":"Fail",` +
			`"ErrorPath":"States.ArrayGetItem(States.Array('x'), 0)","CausePath":"States.Format('{}',` +
			` States.MathAdd($.n, 1))"}}}`,
		"key like an index": inMachine(`{"Type":"Pass","ResultPath":"$.a['-1'][0]","Next":"B"}`),
		"nested depth":      nested(40),
		"same in siblings": inMachine(`{"Type":"Parallel","Branches":[` + passingAs("Other", `"x":1`) + `,` +
			passing(`"x":2`) + `],"Next":"B"}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, diags := Parse([]byte(definition), Options{}); diags.Err() != nil {
				t.Error(diags.Err())
			}
		})
	}
	if _, diags := Parse([]byte(nested(60)), Options{}); diags.Err() == nil {
		t.Error("a very deep machine is accepted")
	}
}

// nested returns Parallel in Parallel, n deep.
func nested(n int) string {
	text := `{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}`
	for i := range n {
		text = fmt.Sprintf(`{"StartAt":"P%d","States":{"P%[1]d":{"Type":"Parallel","Branches":[%s],"End":true}}}`,
			i, text)
	}
	return text
}
