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
		{name: "empty", definition: `{}`, code: CodeSchema, location: "/", message: "[States, StartAt]"},
		{name: "no object", definition: `[]`, code: CodeSchema, location: "/", message: "Object"},
		{name: "truncated", definition: `{"StartAt":`, code: CodeInvalidJSON,
			location: `[Source: (String)"{"StartAt":"; line: 1, column: 12]`, message: "Unexpected end-of-input"},
		{name: "additional comma", definition: `{"a":1,}`, code: CodeInvalidJSON,
			location: `[Source: (String)"{"a":1,}"; line: 1, column: 9]`,
			message:  "Unexpected character ('}' (code 125)): was expecting double-quote to start field name"},
		{name: "missing comma", definition: `{"a":1 "b":2}`, code: CodeInvalidJSON,
			location: `[Source: (String)"{"a":1 "b":2}"; line: 1, column: 9]`,
			message:  "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries"},
		{name: "no value", definition: `{"a":}`, code: CodeInvalidJSON,
			location: `[Source: (String)"{"a":}"; line: 1, column: 7]`,
			message:  "Unexpected character ('}' (code 125)): expected a valid value"},
		{name: "version", definition: `{"Version":"2.0","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`,
			code: CodeSchema, location: "/Version", message: "1.0"},
		{name: "start", definition: `{"StartAt":"X","States":{"A":{"Type":"Succeed"}}}`, code: CodeMissingTarget,
			location: "/StartAt", message: "X"},
		{name: "type", definition: inMachine(`{"Type":"Nap","Next":"B"}`), code: CodeSchema,
			location: "/States/A/Type",
			message:  "should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]"},
		{name: "no type", definition: inMachine(`{"Next":"B"}`), code: CodeSchema, location: "/States/A",
			message: "[Type]"},
		{name: "no transition", definition: inMachine(`{"Type":"Pass"}`), code: CodeSchema, location: "/States/A",
			message: "[Next, End]"},
		{name: "both transitions", definition: inMachine(`{"Type":"Pass","Next":"B","End":true}`), code: CodeSchema,
			location: "/States/A", message: "There should only be one of the following fields"},
		{name: "target", definition: inMachine(`{"Type":"Pass","Next":"X"}`), code: CodeMissingTarget,
			location: "/States/A/Next", message: "X"},
		{name: "unreachable", definition: inMachine(`{"Type":"Pass","End":true}`), code: CodeMissingTarget,
			location: "/States/B", message: "not reachable"},
		{name: "long name",
			definition: `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"` + strings.Repeat("n", 81) + `"},"` +
				strings.Repeat("n", 81) + `":{"Type":"Succeed"}}}`, code: CodeStateName,
			location: "/States/" + strings.Repeat("n", 81), message: "exceeds the 80-character limit"},
		{name: "path", definition: inMachine(`{"Type":"Pass","InputPath":"$.a[","Next":"B"}`), code: CodeSchema,
			location: "/States/A/InputPath", message: "JSONPath"},
		{name: "reference path", definition: inMachine(`{"Type":"Pass","ResultPath":"$.a[*]","Next":"B"}`),
			code: CodeSchema, location: "/States/A/ResultPath", message: "Reference Path"},
		{name: "template", definition: inMachine(`{"Type":"Pass","Parameters":{"x":[{"y.$":"oops"}]},"Next":"B"}`),
			code: CodeSchema, location: "/States/A/Parameters", message: "'y.$'"},
		{name: "template value", definition: inMachine(`{"Type":"Pass","Parameters":{"y.$":1},"Next":"B"}`),
			code: CodeSchema, location: "/States/A/Parameters", message: "'y.$'"},
		{name: "unknown intrinsic",
			definition: inMachine(`{"Type":"Pass","Parameters":{"y.$":"States.Magic(1)"},"Next":"B"}`),
			code:       CodeSchema, location: "/States/A/Parameters", message: "'y.$'"},
		{name: "arguments",
			definition: inMachine(`{"Type":"Pass","Parameters":{"y.$":"States.MathAdd(1)"},"Next":"B"}`),
			code:       CodeSchema, location: "/States/A/Parameters", message: "'y.$'"},
		{name: "nested intrinsics",
			definition: inMachine(`{"Type":"Pass","Parameters":{"y.$":"` + strings.Repeat("States.Array(", 11) +
				strings.Repeat(")", 11) + `"},"Next":"B"}`), code: CodeSchema, location: "/States/A/Parameters",
			message: "'y.$'"},
		{name: "variable name", definition: inMachine(`{"Type":"Pass","Assign":{"1x":1},"Next":"B"}`),
			code: CodeSchema, location: "/States/A/Assign", message: "1x"},
		{name: "outer variable",
			definition: inMachine(`{"Type":"Parallel","Assign":{"x":1},"Branches":[` + passingAs("Other", `"y":1`) + `,` +
				passing(`"x.$":"$.n"`) + `],"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Branches[1]/States/In/Assign", message: "'x' is assigned in an outer scope"},
		{name: "variable of a later state",
			definition: `{"StartAt":"A","States":{"A":{"Type":"Map","ItemProcessor":` + passing(`"x":2`) +
				`,"Next":"B"},"B":{"Type":"Pass","Assign":{"x":1},"End":true}}}`, code: CodeSchema,
			location: "/States/A/ItemProcessor/States/In/Assign", message: "'x'"},
		{name: "variable of a catcher", definition: inMachine(`{"Type":"Map","ItemProcessor":` + passing(`"x":2`) +
			`,"Catch":[{"ErrorEquals":["E"],"Assign":{"x":1},"Next":"B"}],"Next":"B"}`), code: CodeSchema,
			location: "/States/A/ItemProcessor/States/In/Assign", message: "'x'"},
		{name: "variable of a rule",
			definition: `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNull":true,` +
				`"Assign":{"x":1},"Next":"A"}],"Default":"A"},"A":{"Type":"Map","ItemProcessor":` +
				passing(`"x":2`) + `,"End":true}}}`, code: CodeSchema,
			location: "/States/A/ItemProcessor/States/In/Assign", message: "'x'"},
		{name: "variable two scopes out",
			definition: inMachine(`{"Type":"Map","Assign":{"x":1},"ItemProcessor":{"StartAt":"P",` +
				`"States":{"P":{"Type":"Parallel","Branches":[` + passing(`"x":2`) + `],"End":true}}},"Next":"B"}`),
			code: CodeSchema, location: "/States/A/ItemProcessor/States/P/Branches[0]/States/In/Assign", message: "'x'"},
		{name: "resource", definition: inMachine(`{"Type":"Task","Resource":"nonsense","Next":"B"}`),
			code: CodeSchema, location: "/States/A/Resource", message: "not recognized"},
		{name: "no resource", definition: inMachine(`{"Type":"Task","Next":"B"}`), code: CodeSchema,
			location: "/States/A", message: "[Resource]"},
		{name: "seconds", definition: inMachine(`{` + fn + `,"TimeoutSeconds":0,"Next":"B"}`), code: CodeSchema,
			location: "/States/A/TimeoutSeconds", message: "Minimum value is"},
		{name: "heartbeat",
			definition: inMachine(`{` + fn + `,"TimeoutSeconds":5,"HeartbeatSeconds":5,"Next":"B"}`),
			code:       CodeSchema, location: "/States/A/HeartbeatSeconds", message: "smaller"},
		{name: "both timeouts",
			definition: inMachine(`{` + fn + `,"TimeoutSeconds":5,"TimeoutSecondsPath":"$.t","Next":"B"}`),
			code:       CodeSchema, location: "/States/A", message: "There should only be one of the following fields"},
		{name: "retrier",
			definition: inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"]},{"MaxAttempts":1}],"Next":"B"}`),
			code:       CodeSchema, location: "/States/A/Retry[1]", message: "ErrorEquals"},
		{name: "attempts",
			definition: inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":-1}],"Next":"B"}`),
			code:       CodeSchema, location: "/States/A/Retry[0]/MaxAttempts", message: "Minimum value is"},
		{name: "backoff",
			definition: inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"BackoffRate":0.5}],"Next":"B"}`),
			code:       CodeSchema, location: "/States/A/Retry[0]/BackoffRate", message: "Minimum value is"},
		{name: "jitter",
			definition: inMachine(`{` + fn +
				`,"Retry":[{"ErrorEquals":["E"],"JitterStrategy":"SOME"}],"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Retry[0]/JitterStrategy", message: "FULL"},
		{name: "States.ALL with others",
			definition: inMachine(`{` + fn +
				`,"Catch":[{"ErrorEquals":["States.ALL","E"],"Next":"B"}],"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Catch[0]/ErrorEquals", message: "alone"},
		{name: "States.ALL not last",
			definition: inMachine(`{` + fn + `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"B"},{"ErrorEquals":["E"],` +
				`"Next":"B"}],"Next":"B"}`), code: CodeSchema, location: "/States/A/Catch[0]/ErrorEquals",
			message: "last"},
		{name: "catcher without target",
			definition: inMachine(`{` + fn + `,"Catch":[{"ErrorEquals":["E"]}],"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Catch[0]", message: "[Next]"},
		{name: "wait for nothing", definition: inMachine(`{"Type":"Wait","Next":"B"}`), code: CodeSchema,
			location: "/States/A", message: "[Seconds, SecondsPath"},
		{name: "wait for two", definition: inMachine(`{"Type":"Wait","Seconds":1,"SecondsPath":"$.s","Next":"B"}`),
			code: CodeSchema, location: "/States/A", message: "[Seconds, SecondsPath"},
		{name: "choices", definition: inMachine(`{"Type":"Choice","Default":"B"}`), code: CodeSchema,
			location: "/States/A", message: "[Choices]"},
		{name: "comparison", definition: inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","Next":"B"}]}`),
			code: CodeSchema, location: "/States/A/Choices[0]", message: "comparison"},
		{name: "two comparisons",
			definition: inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"IsString":true,` +
				`"Next":"B"}]}`), code: CodeSchema, location: "/States/A/Choices[0]",
			message: "There should only be one of the following fields"},
		{name: "operand",
			definition: inMachine(`{"Type":"Choice","Choices":[{"Or":[{"Variable":"$.a","NumericEquals":"1"}],` +
				`"Next":"B"}]}`), code: CodeSchema, location: "/States/A/Choices[0]/Or[0]/NumericEquals",
			message: "Number"},
		{name: "timestamp",
			definition: inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","TimestampEquals":"today",` +
				`"Next":"B"}]}`), code: CodeSchema, location: "/States/A/Choices[0]/TimestampEquals", message: "RFC3339"},
		{name: "branches", definition: inMachine(`{"Type":"Parallel","Branches":[],"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Branches", message: "empty"},
		{name: "inside a branch", definition: inMachine(`{"Type":"Parallel","Branches":[{"StartAt":"X",` +
			`"States":{"X":{"Type":"Pass"}}}],"Next":"B"}`), code: CodeSchema,
			location: "/States/A/Branches[0]/States/X", message: "[Next, End]"},
		{name: "processor", definition: inMachine(`{"Type":"Map","Next":"B"}`), code: CodeSchema,
			location: "/States/A", message: "[ItemProcessor]"},
		{name: "no end", definition: `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice",` +
			`"Choices":[{"Variable":"$.a","IsNull":true,"Next":"A"}]}}}`, code: CodeNoEnd, location: "",
			message: "Workflow has no terminal state"},
		{name: "branch without end",
			definition: inMachine(`{"Type":"Parallel","Branches":[{"StartAt":"X","States":{"X":{"Type":"Pass",` +
				`"Next":"X"}}}],"Next":"B"}`), code: CodeNoEnd, location: "", message: "Workflow has no terminal state"},
		{name: "same name in branches",
			definition: inMachine(`{"Type":"Parallel","Branches":[` + passing(``) + `,` + passing(``) +
				`],"Next":"B"}`), code: CodeDuplicateState, location: "/States/A/Branches[1]/States/In",
			message: "Duplicate State name: In"},
		{name: "same name twice",
			definition: `{"StartAt":"A","States":{"A":{"Type":"Succeed"},"A":{"Type":"Fail"}}}`,
			code:       CodeDuplicateState, location: "/States/A", message: "Duplicate State name: A"},
		{name: "same field twice", definition: inMachine(`{"Type":"Pass","Next":"B","Next":"A"}`),
			code: CodeInvalidJSON, location: `[Source: (String)"` + inMachine(`{"Type":"Pass","Next":"B","Next":"A"}`) +
				`"; line: 1, column: 56]`, message: "Duplicate field 'Next'"},
		{name: "default",
			definition: inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"B"}],` +
				`"Default":"X"}`), code: CodeMissingTarget, location: "/States/A/Default",
			message: "Missing 'Next' target: X"},
		{name: "target of a rule",
			definition: inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"Next":"B"},` +
				`{"Variable":"$.a","IsNull":true,"Next":"X"}]}`), code: CodeMissingTarget,
			location: "/States/A/Choices[1]/Next", message: "Missing 'Next' target: X"},
		{name: "target of a catcher",
			definition: inMachine(`{` + fn + `,"Catch":[{"ErrorEquals":["E"],"Next":"X"}],"Next":"B"}`),
			code:       CodeMissingTarget, location: "/States/A/Catch[0]/Next", message: "Missing 'Next' target: X"},
		{name: "nothing", definition: ` `, code: CodeMissing, location: "", message: "empty"},
		{name: "job that does not run",
			definition: inMachine(`{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.sync","Next":"B"}`),
			code:       CodeSchema, location: "/States/A/Resource", message: "not recognized"},
		{name: "second form of a job",
			definition: inMachine(
				`{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync:2","Next":"B"}`),
			code: CodeSchema, location: "/States/A/Resource", message: "not recognized"},
		{name: "JSONata", definition: `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`,
			code: CodeUnsupported, location: "/QueryLanguage", message: "JSONata"},
		{name: "distributed",
			definition: inMachine(`{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",` +
				`"ExecutionType":"STANDARD"},"StartAt":"X","States":{"X":{"Type":"Succeed"}}},"Next":"B"}`),
			code: CodeUnsupported, location: "/States/A/ItemProcessor/ProcessorConfig/Mode", message: "DISTRIBUTED"},
		{name: "item reader", definition: inMachine(`{"Type":"Map","ItemReader":{},"ItemProcessor":{"StartAt":"X",` +
			`"States":{"X":{"Type":"Succeed"}}},"Next":"B"}`), code: CodeUnsupported,
			location: "/States/A/ItemReader", message: "ItemReader"},
		{name: "activity",
			definition: inMachine(`{"Type":"Task","Resource":"arn:aws:states:us-east-1:1:activity:a","Next":"B"}`),
			code:       CodeUnsupported, location: "/States/A/Resource", message: "activities"},
		{name: "other service",
			definition: inMachine(`{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun","Next":"B"}`),
			code:       CodeUnsupported, location: "/States/A/Resource", message: "glue:startJobRun"},
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
