package asl

import (
	"strings"
	"testing"
)

// inMachine puts one state, with a second one to go on to, into a machine.
func inMachine(state string) string {
	return `{"StartAt":"A","States":{"A":` + state + `,"B":{"Type":"Succeed"}}}`
}

// passing is the workflow of one Pass that assigns variables.
func passing(assign string) string {
	return `{"StartAt":"In","States":{"In":{"Type":"Pass","Assign":{` + assign + `},"End":true}}}`
}

func TestParse_diagnostics(t *testing.T) {
	t.Parallel()
	const fn = `"Type":"Task","Resource":"arn:aws:lambda:r:1:function:F"`
	tests := []struct{ name, definition, code, location, message string }{
		{"empty", `{}`, CodeSchema, "/", "[States, StartAt]"},
		{"no object", `[]`, CodeSchema, "/", "Object"},
		{"cut off", `{"StartAt":`, CodeInvalidJSON, "", "unexpected end"},
		{"version", `{"Version":"2.0","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, CodeSchema, "/Version", "1.0"},
		{"start", `{"StartAt":"X","States":{"A":{"Type":"Succeed"}}}`, CodeMissingTarget, "/StartAt", "X"},
		{"type", inMachine(`{"Type":"Nap","Next":"B"}`), CodeSchema, "/States/A/Type", "Expected one of"},
		{"no type", inMachine(`{"Next":"B"}`), CodeSchema, "/States/A", "[Type]"},
		{"no transition", inMachine(`{"Type":"Pass"}`), CodeSchema, "/States/A", "[Next, End]"},
		{"both transitions", inMachine(`{"Type":"Pass","Next":"B","End":true}`), CodeSchema, "/States/A", "Only one"},
		{"target", inMachine(`{"Type":"Pass","Next":"X"}`), CodeMissingTarget, "/States/A/Next", "X"},
		{"unreachable", inMachine(`{"Type":"Pass","End":true}`), CodeMissingTarget, "/States/B", "not reachable"},
		{"long name", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"` + strings.Repeat("n", 81) + `"},"` + strings.Repeat("n", 81) + `":{"Type":"Succeed"}}}`, CodeSchema, "/States/" + strings.Repeat("n", 81), "80"},
		{"path", inMachine(`{"Type":"Pass","InputPath":"$.a[","Next":"B"}`), CodeSchema, "/States/A/InputPath", "JSONPath"},
		{"reference path", inMachine(`{"Type":"Pass","ResultPath":"$.a[*]","Next":"B"}`), CodeSchema, "/States/A/ResultPath", "Reference Path"},
		{"template", inMachine(`{"Type":"Pass","Parameters":{"x":[{"y.$":"oops"}]},"Next":"B"}`), CodeSchema, "/States/A/Parameters", "'y.$'"},
		{"template value", inMachine(`{"Type":"Pass","Parameters":{"y.$":1},"Next":"B"}`), CodeSchema, "/States/A/Parameters", "'y.$'"},
		{"unknown intrinsic", inMachine(`{"Type":"Pass","Parameters":{"y.$":"States.Magic(1)"},"Next":"B"}`), CodeSchema, "/States/A/Parameters", "'y.$'"},
		{"arguments", inMachine(`{"Type":"Pass","Parameters":{"y.$":"States.MathAdd(1)"},"Next":"B"}`), CodeSchema, "/States/A/Parameters", "'y.$'"},
		{"nested intrinsics", inMachine(`{"Type":"Pass","Parameters":{"y.$":"` + strings.Repeat("States.Array(", 11) + strings.Repeat(")", 11) + `"},"Next":"B"}`), CodeSchema, "/States/A/Parameters", "'y.$'"},
		{"variable name", inMachine(`{"Type":"Pass","Assign":{"1x":1},"Next":"B"}`), CodeSchema, "/States/A/Assign", "1x"},
		{"outer variable", inMachine(`{"Type":"Parallel","Assign":{"x":1},"Branches":[` + passing(`"y":1`) + `,` + passing(`"x.$":"$.n"`) + `],"Next":"B"}`), CodeSchema, "/States/A/Branches/1/States/In/Assign", "'x' is assigned in an outer scope"},
		{"variable of a later state", `{"StartAt":"A","States":{"A":{"Type":"Map","ItemProcessor":` + passing(`"x":2`) + `,"Next":"B"},"B":{"Type":"Pass","Assign":{"x":1},"End":true}}}`, CodeSchema, "/States/A/ItemProcessor/States/In/Assign", "'x'"},
		{"variable of a catcher", inMachine(`{"Type":"Map","ItemProcessor":` + passing(`"x":2`) + `,"Catch":[{"ErrorEquals":["E"],"Assign":{"x":1},"Next":"B"}],"Next":"B"}`), CodeSchema, "/States/A/ItemProcessor/States/In/Assign", "'x'"},
		{"variable of a rule", `{"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.n","IsNull":true,"Assign":{"x":1},"Next":"A"}],"Default":"A"},"A":{"Type":"Map","ItemProcessor":` + passing(`"x":2`) + `,"End":true}}}`, CodeSchema, "/States/A/ItemProcessor/States/In/Assign", "'x'"},
		{"variable two scopes out", inMachine(`{"Type":"Map","Assign":{"x":1},"ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[` + passing(`"x":2`) + `],"End":true}}},"Next":"B"}`), CodeSchema, "/States/A/ItemProcessor/States/P/Branches/0/States/In/Assign", "'x'"},
		{"resource", inMachine(`{"Type":"Task","Resource":"nonsense","Next":"B"}`), CodeSchema, "/States/A/Resource", "not recognized"},
		{"no resource", inMachine(`{"Type":"Task","Next":"B"}`), CodeSchema, "/States/A", "[Resource]"},
		{"seconds", inMachine(`{` + fn + `,"TimeoutSeconds":0,"Next":"B"}`), CodeSchema, "/States/A/TimeoutSeconds", "greater"},
		{"heartbeat", inMachine(`{` + fn + `,"TimeoutSeconds":5,"HeartbeatSeconds":5,"Next":"B"}`), CodeSchema, "/States/A/HeartbeatSeconds", "smaller"},
		{"both timeouts", inMachine(`{` + fn + `,"TimeoutSeconds":5,"TimeoutSecondsPath":"$.t","Next":"B"}`), CodeSchema, "/States/A", "Only one"},
		{"retrier", inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"]},{"MaxAttempts":1}],"Next":"B"}`), CodeSchema, "/States/A/Retry/1", "ErrorEquals"},
		{"attempts", inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":-1}],"Next":"B"}`), CodeSchema, "/States/A/Retry/0/MaxAttempts", "greater"},
		{"backoff", inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"BackoffRate":0.5}],"Next":"B"}`), CodeSchema, "/States/A/Retry/0/BackoffRate", "greater"},
		{"jitter", inMachine(`{` + fn + `,"Retry":[{"ErrorEquals":["E"],"JitterStrategy":"SOME"}],"Next":"B"}`), CodeSchema, "/States/A/Retry/0/JitterStrategy", "FULL"},
		{"States.ALL with others", inMachine(`{` + fn + `,"Catch":[{"ErrorEquals":["States.ALL","E"],"Next":"B"}],"Next":"B"}`), CodeSchema, "/States/A/Catch/0/ErrorEquals", "alone"},
		{"States.ALL not last", inMachine(`{` + fn + `,"Catch":[{"ErrorEquals":["States.ALL"],"Next":"B"},{"ErrorEquals":["E"],"Next":"B"}],"Next":"B"}`), CodeSchema, "/States/A/Catch/0/ErrorEquals", "last"},
		{"catcher without target", inMachine(`{` + fn + `,"Catch":[{"ErrorEquals":["E"]}],"Next":"B"}`), CodeSchema, "/States/A/Catch/0", "[Next]"},
		{"wait for nothing", inMachine(`{"Type":"Wait","Next":"B"}`), CodeSchema, "/States/A", "Exactly one"},
		{"wait for two", inMachine(`{"Type":"Wait","Seconds":1,"SecondsPath":"$.s","Next":"B"}`), CodeSchema, "/States/A", "Exactly one"},
		{"choices", inMachine(`{"Type":"Choice","Default":"B"}`), CodeSchema, "/States/A", "[Choices]"},
		{"comparison", inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","Next":"B"}]}`), CodeSchema, "/States/A/Choices/0", "comparison"},
		{"two comparisons", inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","IsNull":true,"IsString":true,"Next":"B"}]}`), CodeSchema, "/States/A/Choices/0", "Only one"},
		{"operand", inMachine(`{"Type":"Choice","Choices":[{"Or":[{"Variable":"$.a","NumericEquals":"1"}],"Next":"B"}]}`), CodeSchema, "/States/A/Choices/0/Or/0/NumericEquals", "Number"},
		{"timestamp", inMachine(`{"Type":"Choice","Choices":[{"Variable":"$.a","TimestampEquals":"today","Next":"B"}]}`), CodeSchema, "/States/A/Choices/0/TimestampEquals", "RFC3339"},
		{"branches", inMachine(`{"Type":"Parallel","Branches":[],"Next":"B"}`), CodeSchema, "/States/A/Branches", "empty"},
		{"inside a branch", inMachine(`{"Type":"Parallel","Branches":[{"StartAt":"X","States":{"X":{"Type":"Pass"}}}],"Next":"B"}`), CodeSchema, "/States/A/Branches/0/States/X", "[Next, End]"},
		{"processor", inMachine(`{"Type":"Map","Next":"B"}`), CodeSchema, "/States/A", "[ItemProcessor]"},
		{"JSONata", `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, CodeUnsupported, "/QueryLanguage", "JSONata"},
		{"distributed", inMachine(`{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"X","States":{"X":{"Type":"Succeed"}}},"Next":"B"}`), CodeUnsupported, "/States/A/ItemProcessor/ProcessorConfig/Mode", "DISTRIBUTED"},
		{"item reader", inMachine(`{"Type":"Map","ItemReader":{},"ItemProcessor":{"StartAt":"X","States":{"X":{"Type":"Succeed"}}},"Next":"B"}`), CodeUnsupported, "/States/A/ItemReader", "ItemReader"},
		{"activity", inMachine(`{"Type":"Task","Resource":"arn:aws:states:us-east-1:1:activity:a","Next":"B"}`), CodeUnsupported, "/States/A/Resource", "activities"},
		{"sync", inMachine(`{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2","Next":"B"}`), CodeUnsupported, "/States/A/Resource", ".sync:2"},
		{"other service", inMachine(`{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun","Next":"B"}`), CodeUnsupported, "/States/A/Resource", "glue:startJobRun"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, diags := Parse([]byte(tt.definition), Options{})
			if m != nil {
				t.Error("the definition is accepted")
			}
			for _, d := range diags {
				if d.Severity == SeverityError && d.Code == tt.code && d.Location == tt.location && strings.Contains(d.Message, tt.message) {
					return
				}
			}
			t.Errorf("want %s at %s with %q, got %v", tt.code, tt.location, tt.message, diags)
		})
	}
}

func TestParse_allAtOnce(t *testing.T) {
	t.Parallel()
	_, diags := Parse([]byte(`{"StartAt":"A","Extra":1,"States":{"A":{"Type":"Wait","Next":"X"},"B":{"Type":"Task","Resource":"?","Next":"A"}}}`), Options{})
	if len(diags) != 5 { // no time, no X, resource, unreachable, unknown field
		t.Errorf("%d diagnostics: %v", len(diags), diags)
	}
	if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "SCHEMA_VALIDATION_FAILED: ") || !strings.Contains(err.Error(), " at /States/B/Resource") {
		t.Errorf("error %v", err)
	}
}

func TestParse_accepts(t *testing.T) {
	t.Parallel()
	for name, definition := range map[string]string{
		"unknown fields":   `{"StartAt":"A","States":{"A":{"Type":"Succeed","Color":"blue"}}}`,
		"old map names":    inMachine(`{"Type":"Map","Iterator":{"StartAt":"X","States":{"X":{"Type":"Succeed"}}},"Parameters":{"v.$":"$$.Map.Item.Value"},"Next":"B"}`),
		"whole floats":     inMachine(`{"Type":"Wait","Seconds":5.0,"Next":"B"}`),
		"empty handlers":   inMachine(`{"Type":"Task","Resource":"arn:aws:lambda:r:1:function:F","Retry":[],"Catch":[],"Next":"B"}`),
		"the integration":  inMachine(`{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:sfn:redriveExecution","Next":"B"}`),
		"nested depth":     nested(40),
		"same in siblings": inMachine(`{"Type":"Parallel","Branches":[` + passing(`"x":1`) + `,` + passing(`"x":2`) + `],"Next":"B"}`),
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

// nested makes Parallel in Parallel, n deep.
func nested(n int) string {
	text := `{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}`
	for range n {
		text = `{"StartAt":"S","States":{"S":{"Type":"Parallel","Branches":[` + text + `],"End":true}}}`
	}
	return text
}
