package states

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

func TestService_TestState(t *testing.T) {
	t.Parallel()
	h := start(t, map[string]func(string) (string, error){
		"f":      func(p string) (string, error) { return `{"got":` + p + `}`, nil },
		"broken": func(string) (string, error) { return "", functionFailure(`{"errorType":"Broken"}`) },
	})
	h.clock.Advance(1_700 * time.Microsecond) // a real clock is rarely at a whole millisecond
	const parallel = `{"Type":"Parallel","Branches":[{"StartAt":"L","States":{"L":{"Type":"Succeed"}}},` +
		`{"StartAt":"R","States":{"R":{"Type":"Succeed"}}}],"End":true}`
	const tolerant = `{"Type":"Map","ToleratedFailureCount":1,` +
		`"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"I",` +
		`"States":{"I":{"Type":"Succeed"}}},` +
		`"Catch":[{"ErrorEquals":["States.ExceedToleratedFailureThreshold"],"Next":"N"}],"End":true}`
	const mockOf = `,"input":{"n":1},"mock":{"result":"{\"r\":1}"}}`
	const success = `{"output":"{\"r\":1}","status":"SUCCEEDED"}`
	const retrying = `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` +
		`"Parameters":{"FunctionName":"f"},"End":true,` +
		`"Retry":[{"ErrorEquals":["Other"]},{"ErrorEquals":["Busy"],"IntervalSeconds":2,"MaxAttempts":3}],` +
		`"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Undo"}]}`
	for _, tt := range []struct{ name, input, want string }{
		{"calls the function",
			`{"definition":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f",` +
				`"Next":"N"},"roleArn":"` + role + `","input":{"a":1}}`,
			`{"output":"{\"got\":{\"a\":1}}","nextState":"N","status":"SUCCEEDED"}`},
		{"retriable",
			`{"definition":` + retrying +
				`,"inspectionLevel":"DEBUG","mock":{"errorOutput":{"error":"Busy","cause":"c"}},` +
				`"stateConfiguration":{"retrierRetryCount":1}}`,
			`{"error":"Busy","cause":"c","status":"RETRIABLE","inspectionData":{"input":"{}",` +
				`"afterInputPath":"{}","afterParameters":"{\"FunctionName\":\"f\"}",` +
				`"errorDetails":{"retryIndex":1,"retryBackoffIntervalSeconds":4}}}`},
		{"retriable at first",
			`{"definition":` + retrying + `,"inspectionLevel":"DEBUG","mock":{"errorOutput":{"error":"Busy"}}}`,
			`{"error":"Busy","status":"RETRIABLE","inspectionData":{"input":"{}","afterInputPath":"{}",` +
				`"afterParameters":"{\"FunctionName\":\"f\"}",` +
				`"errorDetails":{"retryIndex":1,"retryBackoffIntervalSeconds":2}}}`},
		{"parallel", `{"definition":` + parallel + `,"inspectionLevel":"TRACE","mock":{"result":"[1, {\"r\": 2}]"}}`,
			`{"output":"[1, {\"r\": 2}]","status":"SUCCEEDED","inspectionData":{"input":"{}",` +
				`"afterResultSelector":"[1, {\"r\": 2}]","afterResultPath":"[1, {\"r\": 2}]"}}`},
		{"mock of a job",
			`{"definition":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync",` +
				`"Parameters":{"JobName":"j"},"End":true}` + mockOf, success},
		{"mock of a child execution",
			`{"definition":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",` +
				`"Parameters":{"StateMachineArn":"a"},"End":true}` + mockOf, success},
		{"mock of an activity",
			`{"definition":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a","End":true}` + mockOf, success},
		{"mock of another service",
			`{"definition":{"Type":"Task","Resource":"arn:aws:states:::aws-sdk:s3:listBuckets","End":true}` +
				mockOf, success},
		{"mock of a distributed map",
			`{"definition":{"Type":"Map","Label":"L","ToleratedFailureCountPath":"$.n",` +
				`"ItemReader":{"Resource":"arn:aws:states:::s3:getObject"},` +
				`"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},` +
				`"StartAt":"L","States":{"L":{"Type":"Succeed"}}},"End":true},"input":{"n":1},` +
				`"mock":{"result":"[]"}}`, `{"output":"[]","status":"SUCCEEDED"}`},
		{"map that tolerates",
			`{"definition":` + tolerant +
				`,"inspectionLevel":"DEBUG","input":[1,2,3],"stateConfiguration":{"mapIterationFailureCount":1},` +
				`"mock":{"result":"[1,0,1]"}}`,
			`{"output":"[1,0,1]","status":"SUCCEEDED","inspectionData":{"input":"[1,2,3]",` +
				`"afterInputPath":"[1,2,3]","maxConcurrency":0,"toleratedFailureCount":1,` +
				`"afterResultSelector":"[1,0,1]","afterResultPath":"[1,0,1]"}}`},
		{"map that does not",
			`{"definition":` + tolerant +
				`,"inspectionLevel":"DEBUG","input":[1,2,3],"stateConfiguration":{"mapIterationFailureCount":2},` +
				`"mock":{"result":"[1,0,1]"}}`,
			`{"error":"States.ExceedToleratedFailureThreshold",` +
				`"cause":"The specified tolerated failure threshold was exceeded","status":"CAUGHT_ERROR",` +
				`"nextState":"N",` +
				`"output":"{\"Error\":\"States.ExceedToleratedFailureThreshold\",\"Cause\":\"The specified tolerated failure threshold was exceeded\"}",` +
				`"inspectionData":{"input":"[1,2,3]","afterInputPath":"[1,2,3]","maxConcurrency":0,` +
				`"toleratedFailureCount":1,"errorDetails":{"catchIndex":0}}}`},
		{"map without limits of failures",
			`{"definition":` + strings.Replace(tolerant, `"ToleratedFailureCount":1,`, ``, 1) +
				`,"input":[1,2,3],"stateConfiguration":{"mapIterationFailureCount":3},"mock":{"result":"[1,0,1]"}}`,
			`{"output":"[1,0,1]","status":"SUCCEEDED"}`},
		{"share of failures",
			`{"definition":` +
				strings.Replace(tolerant, `"ToleratedFailureCount":1,`, `"ItemsPath":"$.i",`+
					`"ToleratedFailurePercentagePath":"$.p",`, 1) +
				`,"inspectionLevel":"DEBUG","input":{"p":50,"i":[1,2]},` +
				`"stateConfiguration":{"mapIterationFailureCount":1},"mock":{"result":"[1,0]"}}`,
			`{"output":"[1,0]","status":"SUCCEEDED","inspectionData":{"input":"{\"i\":[1,2],\"p\":50}",` +
				`"afterInputPath":"{\"i\":[1,2],\"p\":50}","afterItemsPath":"[1,2]","maxConcurrency":0,` +
				`"toleratedFailurePercentage":50,"afterResultSelector":"[1,0]","afterResultPath":"[1,0]"}}`},
		{"invalid items",
			`{"definition":` + strings.Replace(tolerant, `"ToleratedFailureCount":1,`, `"ItemsPath":"$.i",`, 1) +
				`,"inspectionLevel":"DEBUG","input":{"i":1},"mock":{"result":"[]"}}`,
			`{"error":"States.Runtime","cause":"Reference path \"$.i\" must point to array.","status":"FAILED",` +
				`"inspectionData":{"input":"{\"i\":1}","afterInputPath":"{\"i\":1}"}}`},
		{"caught", `{"definition":` + retrying + `,"inspectionLevel":"DEBUG","mock":{"errorOutput":{"error":"Gone"}}}`,
			`{"output":"{\"Error\":\"Gone\",\"Cause\":null}","error":"Gone","nextState":"Undo",` +
				`"status":"CAUGHT_ERROR","inspectionData":{"input":"{}","afterInputPath":"{}",` +
				`"afterParameters":"{\"FunctionName\":\"f\"}","errorDetails":{"catchIndex":0}}}`},
		{"wait takes no time", `{"definition":{"Type":"Wait","Seconds":100000,"Next":"N"},"input":{"a":1}}`,
			`{"output":"{\"a\":1}","nextState":"N","status":"SUCCEEDED"}`},
		{"variables",
			`{"definition":{"Type":"Pass","Parameters":{"v.$":"$v.x"},"End":true},"variables":{"v":{"x":7}}}`,
			`{"output":"{\"v\":7}","status":"SUCCEEDED"}`},
		{"context object",
			`{"definition":{"Type":"Pass","Parameters":{"n.$":"$$.a.b","text":"$$.a.b"},"End":true},` +
				`"context":{"a":{"b":3}}}`,
			`{"output":"{\"n\":3,\"text\":\"$$.a.b\"}","status":"SUCCEEDED"}`},
		{"variable named like a path",
			`{"definition":{"Type":"Pass","Parameters":{"v.$":"$v"},"End":true},"variables":{"v":"$.x","v.$":1}}`,
			`{"output":"{\"v\":\"$.x\"}","status":"SUCCEEDED"}`},
		{"continues with itself", `{"definition":{"Type":"Pass","Next":"StateName"}}`,
			`{"output":"{}","nextState":"StateName","status":"SUCCEEDED"}`},
		{"caught before the call",
			`{"roleArn":"` + role +
				`","definition":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` +
				`"Parameters":{"FunctionName":"F","Payload.$":"States.StringToJson('{')"},"End":true,` +
				`"Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":null,"Next":"N"}]},"inspectionLevel":"DEBUG"}`,
			`{"error":"States.IntrinsicFailure",` +
				`"cause":"The function 'States.StringToJson('{')' had the following error: the string is not JSON: expected a key at offset 1","output":"{}","nextState":"N","status":"CAUGHT_ERROR",` +
				`"inspectionData":{"input":"{}","afterInputPath":"{}","errorDetails":{"catchIndex":0}}}`},
		{"no rule holds",
			`{"definition":{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"N"}]},` +
				`"input":{"a":2}}`,
			`{"error":"States.Runtime",` +
				`"cause":"Failed to transition out of the state. The state does not point to a next state.",` +
				`"status":"FAILED"}`},
		{"function fails",
			`{"definition":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:broken",` +
				`"End":true},"roleArn":"` + role + `"}`,
			`{"error":"Broken","cause":"{\"errorType\":\"Broken\"}","status":"FAILED"}`},
		{"failures that are not a number",
			`{"definition":` +
				strings.Replace(tolerant, `"ToleratedFailureCount":1,`, `"ItemsPath":"$.i",`+
					`"ToleratedFailureCountPath":"$.n",`, 1) + `,"input":{"n":"x","i":[1]},"mock":{"result":"[1]"}}`,
			`{"error":"States.Runtime",` +
				`"cause":"The ToleratedFailureCountPath field refers to value \"x\" which is not a valid integer: $.n","status":"FAILED"}`},
		{"state of a branch",
			`{"stateName":"In","definition":{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,` +
				`"Branches":[{"StartAt":"In","States":{"In":{"Type":"Fail","Error":"E"}}}]}}}}`,
			`{"error":"E","status":"FAILED"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := h.wire("TestState", texts(t, tt.input))
			if err != nil || !sameJSON(t, got, tt.want) {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
	for _, tt := range []struct{ name, input, typ, message string }{
		{"JSONata", `{"definition":{"Type":"Pass","QueryLanguage":"JSONata","End":true}}`, "InvalidDefinition",
			"UNSUPPORTED"},
		{"state of a branch in JSONata",
			`{"stateName":"In","definition":{"QueryLanguage":"JSONata","StartAt":"P",` +
				`"States":{"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"In",` +
				`"States":{"In":{"Type":"Pass","End":true}}}]}}}}`,
			"InvalidDefinition", "UNSUPPORTED"},
		{"variables", `{"definition":{"Type":"Pass","End":true},"variables":[1]}`, "ValidationException",
			"Value at 'variables' is not a JSON object"},
		{"not mocked",
			`{"roleArn":"` + role +
				`","definition":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync","End":true}}`,
			"InvalidDefinition", "UNSUPPORTED"},
		{"type", `{"definition":{"Type":"Nap","End":true}}`, "InvalidDefinition",
			"SCHEMA_VALIDATION_FAILED: The field 'Type' should have one of these values: " +
				"[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/StateName/Type'"},
		{"field", `{"definition":{"Type":"Wait","Seconds":1,"Retry":[],"End":true}}`, "InvalidDefinition",
			"Field 'Retry' is not supported at /States/StateName'"},
		{"too many failures",
			`{"definition":` + tolerant +
				`,"stateConfiguration":{"mapIterationFailureCount":3},"mock":{"result":"[1,2]"}}`,
			"ValidationException",
			"Map iteration failure count must be less than or equal to the number of Map iterations"},
		{"no transition", `{"definition":{"Type":"Pass"}}`, "InvalidDefinition",
			"'SCHEMA_VALIDATION_FAILED: One of these fields is required: [Next, End] at /States/StateName'"},
		{"context object", `{"definition":{"Type":"Wait","SecondsPath":"$$.s","End":true},"context":{"s":1}}`,
			"InvalidDefinition", "Value is not a Reference Path at /States/StateName/SecondsPath"},
		{"too few branches", `{"definition":` + parallel + `,"mock":{"result":"[1]"}}`, "ValidationException",
			"Mocked result must contain the same number of items as number of Parallel branches."},
		{"no JSON", `{"definition":"{","input":{}}`, "InvalidDefinition", "INVALID_JSON_DESCRIPTION"},
		{"capacity", mockOfItem(`{"ConsumedCapacity":{"CapacityUnits":"1"}}`), "ValidationException",
			"Mock result schema validation error: Field 'CapacityUnits' must be a number"},
		{"capacity of an index",
			mockOfItem(`{"ConsumedCapacity":{"GlobalSecondaryIndexes":{"i":{"ReadCapacityUnits":true}}}}`),
			"ValidationException", "Field 'ReadCapacityUnits' must be a number"},
		{"attribute", mockOfItem(`{"Attributes":{"a":{"L":[{"M":{"b":{"S":1}}}]}}}`), "ValidationException",
			"Field 'S' must be a string"},
		{"attribute value", mockOfItem(`{"Attributes":{"a":"x"}}`), "ValidationException", "Field 'a' must be an object"},
		{"sizes", mockOfItem(`{"ItemCollectionMetrics":{"SizeEstimateRangeGB":[1,"2"]}}`), "ValidationException",
			"Field 'SizeEstimateRangeGB' must be a number"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := h.wire("TestState", texts(t, tt.input))
			wantError(t, err, tt.typ, tt.message)
		})
	}
}

// mockOfItem tests a dynamodb:updateItem with a result.
func mockOfItem(result string) string {
	return `{"definition":{"Type":"Task","Resource":"arn:aws:states:::dynamodb:updateItem","Parameters":{},` +
		`"End":true},"mock":{"result":` + string(value.OfString(result)) + `}}`
}

// texts converts the members that are JSON texts on the wire to texts.
func texts(t testing.TB, request string) string {
	t.Helper()
	var in map[string]any
	if err := json.Unmarshal([]byte(request), &in); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"definition", "input", "variables", "context"} {
		v, ok := in[k]
		if _, isText := v.(string); !ok || isText {
			continue
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		in[k] = string(b)
	}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func sameJSON(t testing.TB, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

// recordedTest is a call of TestState recorded against AWS.
type recordedTest struct {
	Name          string
	Request       json.RawMessage
	Response      map[string]any
	ExpectedError *struct {
		Code, Message string
		Kind          string `json:"exception_typename"`
		Value         string `json:"exception_value"`
	}
}

// leftOut returns why a recorded call is not checked: it needs a feature that is not supported.
func (c recordedTest) leftOut() string {
	req := string(c.Request)
	switch {
	case strings.Contains(req, "JSONata"):
		return "JSONata"
	case strings.Contains(req, "aws-sdk:s3") || strings.Contains(req, "aws-sdk:kms") ||
		strings.Contains(req, "aws-sdk:lambda"):
		return "other services' integrations"
	case strings.Contains(req, "<unresolved:") && !strings.Contains(req, "snf_role_arn") &&
		!strings.Contains(req, "long_uid"):
		return "unresolved"
	}
	return ""
}

// TestService_TestState_Recorded replays the calls of $RECORDED_CASES/teststate.json.
func TestService_TestState_Recorded(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("RECORDED_CASES")
	if dir == "" {
		t.Skip("RECORDED_CASES is not set: no recorded calls to check")
	}
	data, err := os.ReadFile(filepath.Join(dir, "teststate.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []recordedTest
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	left, checked := map[string]int{}, 0
	for _, c := range cases {
		if why := c.leftOut(); why != "" {
			left[why]++
			continue
		}
		checked++
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := start(t,
				map[string]func(string) (string,
					error){"<lambda_function_name>": func(string) (string, error) { return `"HelloWorld!"`, nil }})
			got, err := h.wire("TestState", texts(t, string(c.Request)))
			c.check(t, got, err)
		})
	}
	if checked == 0 {
		t.Error("no recorded call was checked")
	}
	t.Logf("TestState: %d checked, left out %v", checked, left)
}

func (c recordedTest) check(t *testing.T, got string, err error) {
	if e := c.ExpectedError; e != nil && e.Kind != "" {
		if e.Kind == "ParamValidationError" { // the client refuses it; here the service does
			wantError(t, err, "ValidationException", "")
			return
		}
		_, message, _ := strings.Cut(e.Value, "operation: ")
		wantError(t, err, e.Kind, message)
		return
	} else if e != nil {
		wantError(t, err, e.Code, e.Message)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(got), &out); err != nil {
		t.Fatal(err)
	}
	scrub := func(v any) string {
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(parsed(v)); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	want := scrub(any(c.Response))
	// Values that the recording replaced are replaced here too.
	have := strings.NewReplacer("arn:aws:states:::", "arn:<partition>:states:::", "arn:aws:iam:", "arn:<partition>:iam:",
		"2025-01-15T10:30:00.000Z", "date", "2025-01-15T10:30:01.500Z", "date", "<unresolved:long_uid_>",
		"<uuid:1>").Replace(scrub(any(out)))
	if have != want {
		t.Errorf("got  %s\nwant %s", have, want)
	}
}

// parsed replaces JSON texts by their values, as the recording did.
func parsed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = parsed(e)
		}
	case []any:
		for i, e := range v {
			v[i] = parsed(e)
		}
	case string:
		var inner any
		if (strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[") || strings.HasPrefix(v, `"`)) &&
			json.Unmarshal([]byte(v), &inner) == nil {
			return parsed(inner)
		}
	}
	return v
}
