package states

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestService_TestState(t *testing.T) {
	t.Parallel()
	h := start(t, map[string]func(string) (string, error){"f": func(p string) (string, error) { return `{"got":` + p + `}`, nil }})
	const retrying = `{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"End":true,` +
		`"Retry":[{"ErrorEquals":["Other"]},{"ErrorEquals":["Busy"],"IntervalSeconds":2,"MaxAttempts":3}],"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Undo"}]}`
	for _, tt := range []struct{ name, input, want string }{
		{"calls the function", `{"definition":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Next":"N"},"roleArn":"` + role + `","input":{"a":1}}`,
			`{"output":"{\"got\":{\"a\":1}}","nextState":"N","status":"SUCCEEDED"}`},
		{"retriable", `{"definition":` + retrying + `,"inspectionLevel":"DEBUG","mock":{"errorOutput":{"error":"Busy","cause":"c"}},"stateConfiguration":{"retrierRetryCount":1}}`,
			`{"error":"Busy","cause":"c","status":"RETRIABLE","inspectionData":{"input":"{}","afterInputPath":"{}","afterParameters":"{\"FunctionName\":\"f\"}",` +
				`"errorDetails":{"retryIndex":1,"retryBackoffIntervalSeconds":4}}}`},
		{"caught", `{"definition":` + retrying + `,"inspectionLevel":"DEBUG","mock":{"errorOutput":{"error":"Gone"}}}`,
			`{"output":"{\"Error\":\"Gone\",\"Cause\":null}","error":"Gone","nextState":"Undo","status":"CAUGHT_ERROR","inspectionData":{"input":"{}","afterInputPath":"{}",` +
				`"afterParameters":"{\"FunctionName\":\"f\"}","errorDetails":{"catchIndex":0}}}`},
		{"wait takes no time", `{"definition":{"Type":"Wait","Seconds":100000,"Next":"N"},"input":{"a":1}}`, `{"output":"{\"a\":1}","nextState":"N","status":"SUCCEEDED"}`},
		{"variables", `{"definition":{"Type":"Pass","Parameters":{"v.$":"$v.x"},"End":true},"variables":{"v":{"x":7}}}`, `{"output":"{\"v\":7}","status":"SUCCEEDED"}`},
		{"state of a branch", `{"stateName":"In","definition":{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"In","States":{"In":{"Type":"Fail","Error":"E"}}}]}}}}`,
			`{"error":"E","status":"FAILED"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := h.wire("TestState", texts(t, tt.input))
			if err != nil || !sameJSON(t, got, tt.want) {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
	_, err := h.wire("TestState", texts(t, `{"definition":{"Type":"Pass","QueryLanguage":"JSONata","End":true}}`))
	wantError(t, err, "InvalidDefinition", "UNSUPPORTED")
}

// texts turns the members that are JSON texts on the wire into texts.
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

// leftOut tells why a recorded call is not checked: what it needs is not claimed.
func (c recordedTest) leftOut() string {
	req := string(c.Request)
	switch {
	case strings.Contains(req, "JSONata"):
		return "JSONata"
	case strings.Contains(req, "DISTRIBUTED") || strings.Contains(req, "ItemReader"):
		return "distributed Map / ItemReader"
	case strings.Contains(req, "aws-sdk:s3") || strings.Contains(req, "aws-sdk:kms") || strings.Contains(req, "aws-sdk:lambda"):
		return "other services' integrations"
	case strings.Contains(req, "<unresolved:") && !strings.Contains(req, "snf_role_arn") && !strings.Contains(req, "long_uid"):
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
			h := start(t, map[string]func(string) (string, error){"<lambda_function_name>": func(string) (string, error) { return `"HelloWorld!"`, nil }})
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
		if e.Kind == "ParamValidationError" { // the client's refusal, here the service's
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
	// What the recording replaced, is replaced here too.
	have := strings.NewReplacer("arn:aws:states:::", "arn:<partition>:states:::", "arn:aws:iam:", "arn:<partition>:iam:",
		"2025-01-15T10:30:00.000Z", "date", "2025-01-15T10:30:01.500Z", "date", "<unresolved:long_uid_>", "<uuid:1>").Replace(scrub(any(out)))
	if have != want {
		t.Errorf("got  %s\nwant %s", have, want)
	}
}

// parsed replaces texts that are JSON by their values, as the recording did.
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
		if (strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[") || strings.HasPrefix(v, `"`)) && json.Unmarshal([]byte(v), &inner) == nil {
			return parsed(inner)
		}
	}
	return v
}
