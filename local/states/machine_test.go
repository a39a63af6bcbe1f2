package states

import (
	"reflect"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

const (
	passMachine = `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`
	hourMachine = `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":3600,"End":true}}}`
	failMachine = `{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Broken","Cause":"by design"}}}`
)

func TestService_CreateStateMachine(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	h.machine("taken", passMachine)
	quoted := func(s string) string { return strings.ReplaceAll(s, `"`, `\"`) }
	for _, tt := range []struct{ name, input, typ, message string }{
		{"same again", `{"name":"taken","roleArn":"` + role + `","definition":"` + quoted(passMachine) + `"}`, "", ""},
		{"other definition", `{"name":"taken","roleArn":"` + role + `","definition":"` + quoted(hourMachine) + `"}`,
			"StateMachineAlreadyExists",
			"State Machine Already Exists: 'arn:aws:states:us-east-1:000000000000:stateMachine:taken'"},
		{"name with a blank", `{"name":"a b","roleArn":"` + role + `","definition":"{}"}`, "InvalidName",
			"Invalid Name: 'a b'"},
		{"long name", `{"name":"` + strings.Repeat("n", 81) + `","roleArn":"` + role + `","definition":"{}"}`,
			"ValidationException", "less than or equal to 80"},
		{"no role", `{"name":"n","roleArn":"nobody","definition":"{}"}`, "InvalidArn",
			"Invalid Arn: 'Invalid ARN prefix: nobody'"},
		{"not JSON", `{"name":"n","roleArn":"` + role + `","definition":"{"}`, "InvalidDefinition",
			"Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION"},
		{"no definition", `{"name":"n","roleArn":"` + role + `","definition":""}`, "ValidationException", "'definition'"},
		{"missing target", `{"name":"n","roleArn":"` + role + `","definition":"{\"StartAt\":\"X\",\"States\":{}}"}`,
			"InvalidDefinition", "MISSING_TRANSITION_TARGET"},
		{"JSONata",
			`{"name":"n","roleArn":"` + role + `","definition":"` +
				quoted(`{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`) +
				`"}`, "InvalidDefinition", "UNSUPPORTED_BY_ENGINE"},
		{"express",
			`{"name":"n","type":"EXPRESS","roleArn":"` + role + `","definition":"` + quoted(passMachine) + `"}`,
			"StateMachineTypeNotSupported", "EXPRESS"},
		{"versions",
			`{"name":"n","publish":true,"roleArn":"` + role + `","definition":"` + quoted(passMachine) + `"}`,
			"NotImplemented", "versions"},
		{"description without a version",
			`{"name":"n","versionDescription":"first","roleArn":"` + role + `","definition":"` +
				quoted(passMachine) + `"}`,
			"ValidationException", "Version description can only be set when publish is true"},
		{"unknown field",
			`{"name":"n","roleArn":"` + role + `","definition":"` +
				quoted(`{"StartAt":"P","States":{"P":{"Type":"Pass","Ende":true,"End":true}}}`) + `"}`,
			"InvalidDefinition",
			"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Field 'Ende' is not supported at /States/P'"},
		{"logging without a destination",
			`{"name":"n","loggingConfiguration":{"level":"ALL"},"roleArn":"` + role + `","definition":"` +
				quoted(passMachine) + `"}`,
			"InvalidLoggingConfiguration", "Must specify exactly one Log Destination"},
		{"unknown logging level",
			`{"name":"n","loggingConfiguration":{"level":"SOME"},"roleArn":"` + role + `","definition":"` +
				quoted(passMachine) + `"}`,
			"ValidationException", "loggingConfiguration.level"},
		{"malformed", `{"name":7}`, "SerializationException", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := h.wire("CreateStateMachine", tt.input)
			if tt.typ == "" && err != nil {
				t.Error(err)
			} else if tt.typ != "" {
				wantError(t, err, tt.typ, tt.message)
			}
		})
	}
	if _, err := h.wire("CreateActivity", `{}`); err == nil {
		t.Error("CreateActivity succeeded")
	} else {
		wantError(t, err, "NotImplemented", "states:CreateActivity")
	}
}

// TestService_CreateStateMachine_configuration: creation and update refuse the same encryption and
// logging.
func TestService_CreateStateMachine_configuration(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	arn := h.machine("there", passMachine)
	const key = `"kmsKeyId":"alias/orders"`
	group := func(arn string) string {
		return `"loggingConfiguration":{"level":"ERROR","destinations":[{"cloudWatchLogsLogGroup":{"logGroupArn":"` + arn + `"}}]}`
	}
	for name, tt := range map[string]struct{ member, typ, message string }{
		"owned key":   {`"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}`, "", ""},
		"managed key": {`"encryptionConfiguration":{"type":"CUSTOMER_MANAGED_KMS_KEY",` + key + `}`, "", ""},
		"shortest reuse": {`"encryptionConfiguration":{"type":"CUSTOMER_MANAGED_KMS_KEY",` + key +
			`,"kmsDataKeyReusePeriodSeconds":60}`, "", ""},
		"longest reuse": {`"encryptionConfiguration":{"type":"CUSTOMER_MANAGED_KMS_KEY",` + key +
			`,"kmsDataKeyReusePeriodSeconds":900}`, "", ""},
		"no type": {`"encryptionConfiguration":{}`, "ValidationException", "encryptionConfiguration.type"},
		"other type": {`"encryptionConfiguration":{"type":"NONE"}`, "ValidationException",
			"Value 'NONE' at 'encryptionConfiguration.type'"},
		"no key": {`"encryptionConfiguration":{"type":"CUSTOMER_MANAGED_KMS_KEY"}`,
			"InvalidEncryptionConfiguration", "kmsKeyId is required"},
		"empty key": {`"encryptionConfiguration":{"type":"CUSTOMER_MANAGED_KMS_KEY","kmsKeyId":""}`,
			"InvalidEncryptionConfiguration", "kmsKeyId is required"},
		"short reuse": {`"encryptionConfiguration":{"type":"CUSTOMER_MANAGED_KMS_KEY",` + key +
			`,"kmsDataKeyReusePeriodSeconds":59}`, "InvalidEncryptionConfiguration", "from 60 to 900"},
		"long reuse": {`"encryptionConfiguration":{"type":"CUSTOMER_MANAGED_KMS_KEY",` + key +
			`,"kmsDataKeyReusePeriodSeconds":901}`, "InvalidEncryptionConfiguration", "from 60 to 900"},
		"key of AWS named": {`"encryptionConfiguration":{"type":"AWS_OWNED_KEY",` + key + `}`,
			"InvalidEncryptionConfiguration", "apply only"},
		"reuse of AWS's key": {`"encryptionConfiguration":{"type":"AWS_OWNED_KEY",` +
			`"kmsDataKeyReusePeriodSeconds":300}`, "InvalidEncryptionConfiguration", "apply only"},
		"log group":          {group("arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/orders:*"), "", ""},
		"log group of China": {group("arn:aws-cn:logs:cn-north-1:000000000000:log-group:orders:*"), "", ""},
		"no ARN":             {group("orders"), "InvalidLoggingConfiguration", "ends with ':*'"},
		"no streams": {group("arn:aws:logs:us-east-1:000000000000:log-group:orders"),
			"InvalidLoggingConfiguration", "ends with ':*'"},
		"one stream": {group("arn:aws:logs:us-east-1:000000000000:log-group:orders:log-stream:x"),
			"InvalidLoggingConfiguration", "ends with ':*'"},
		"other service": {group("arn:aws:s3:::orders"), "InvalidLoggingConfiguration", "ends with ':*'"},
		"log group of no name": {group("arn:aws:logs:us-east-1:000000000000:log-group::*"),
			"InvalidLoggingConfiguration", "ends with ':*'"},
		"empty destination": {`"loggingConfiguration":{"level":"OFF","destinations":[{}]}`,
			"InvalidLoggingConfiguration", "ends with ':*'"},
	} {
		t.Run(name, func(t *testing.T) {
			_, created := h.wire("CreateStateMachine",
				`{"name":"`+strings.ReplaceAll(name, " ", "-")+`","roleArn":"`+role+`","definition":"`+
					strings.ReplaceAll(passMachine, `"`, `\"`)+`",`+tt.member+`}`)
			_, updated := h.wire("UpdateStateMachine", `{"stateMachineArn":"`+arn+`",`+tt.member+`}`)
			for _, err := range []error{created, updated} {
				if tt.typ == "" && err != nil {
					t.Error(err)
				} else if tt.typ != "" {
					wantError(t, err, tt.typ, tt.message)
				}
			}
		})
	}
	out, err := h.DescribeStateMachine(t.Context(),
		DescribeStateMachineInput{StateMachineARN: h.arns.machine("managed-key")})
	if want := `{"type":"CUSTOMER_MANAGED_KMS_KEY","kmsKeyId":"alias/orders","kmsDataKeyReusePeriodSeconds":300}`; err != nil || string(out.EncryptionConfiguration) != want {
		t.Errorf("encryption %s, %v; want %s", out.EncryptionConfiguration, err, want)
	}
}

func TestService_Put(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	ctx := t.Context()
	var revisions []string
	for _, d := range []string{hourMachine, hourMachine, passMachine, passMachine} {
		arn, err := h.Put(ctx, "deployed", role, d)
		if err != nil {
			t.Fatal(err)
		}
		out, err := h.DescribeStateMachine(ctx, DescribeStateMachineInput{StateMachineARN: arn})
		if err != nil {
			t.Fatal(err)
		}
		if out.Definition != d || out.RoleARN != role || out.Status != "ACTIVE" {
			t.Errorf("described %+v", out)
		}
		revisions = append(revisions, out.RevisionID)
	}
	if revisions[0] != revisions[1] || revisions[1] == revisions[2] || revisions[2] != revisions[3] {
		t.Errorf("revisions = %q: only the change makes one", revisions)
	}
}

func TestService_UpdateStateMachine_revision(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	machine := h.machine("m", passMachine)
	last := ""
	for i, tt := range []struct {
		in      UpdateStateMachineInput
		changes bool
	}{
		{UpdateStateMachineInput{RoleARN: role}, false},
		{UpdateStateMachineInput{RoleARN: role + "2"}, true},
		{UpdateStateMachineInput{RoleARN: role + "2", Definition: passMachine}, false},
		{UpdateStateMachineInput{LoggingConfiguration: []byte(`{}`),
			TracingConfiguration: []byte(`{"enabled":false}`)}, false},
		{UpdateStateMachineInput{Definition: hourMachine}, true},
		{UpdateStateMachineInput{TracingConfiguration: []byte(`{"enabled":true}`)}, true},
		{UpdateStateMachineInput{TracingConfiguration: []byte(`{ "enabled": true }`)}, false},
	} {
		tt.in.StateMachineARN = machine
		out, err := h.UpdateStateMachine(t.Context(), tt.in)
		if err != nil {
			t.Fatal(err)
		}
		if (out.RevisionID != last) != tt.changes || out.UpdateDate == 0 {
			t.Errorf("update %d returns %+v after %q, changes: %t", i, out, last, tt.changes)
		}
		last = out.RevisionID
	}
	_, err := h.wire("UpdateStateMachine",
		`{"stateMachineArn":"`+machine+`","roleArn":"`+role+`","versionDescription":"x"}`)
	wantError(t, err, "ValidationException", "Version description can only be set when publish is true")
}

func TestService_DescribeStateMachine(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	const definition = `{"StartAt":"Set","States":{
		"Set":{"Type":"Pass","Assign":{"a.$":"$.n","b":{"$c":1}},"Next":"Go"},
		"Go":{"Type":"Choice","Choices":[{"Not":{"Variable":"$a","NumericLessThanPath":"$b.c"},"Next":"Each"}],"Default":"No"},
		"No":{"Type":"Fail","ErrorPath":"States.Format('{}-{}', $b, $a.x)"},
		"Each":{"Type":"Map","ItemsPath":"$$.Execution.Input.n","ItemSelector":{"i.$":"$a","s":"$b"},"End":true,
			"ItemProcessor":{"StartAt":"In","States":{"In":{"Type":"Pass","Parameters":{"l":[{"v.$":"$b"}]},"End":true}}}}}}`
	_, err := h.wire("CreateStateMachine",
		`{"name":"m","roleArn":"`+role+`","loggingConfiguration":{},"tracingConfiguration":{},"definition":`+
			string(value.OfString(definition))+`}`)
	if err != nil {
		t.Fatal(err)
	}
	arn := h.arns.machine("m")
	out, err := h.DescribeStateMachine(t.Context(), DescribeStateMachineInput{StateMachineARN: arn})
	if err != nil {
		t.Fatal(err)
	}
	if !sameJSON(t, string(out.LoggingConfiguration), `{"level":"OFF","includeExecutionData":false}`) ||
		string(out.TracingConfiguration) != `{"enabled":false}` {
		t.Errorf("logging %s, tracing %s", out.LoggingConfiguration, out.TracingConfiguration)
	}
	want := map[string][]string{"Go": {"a", "b"}, "No": {"a", "b"}, "Each": {"a"}, "In": {"b"}}
	execution := h.begin(arn, "x", `{"n":[1]}`)
	of, err := h.DescribeStateMachineForExecution(t.Context(), ExecutionInput{ExecutionARN: execution})
	if err != nil || !reflect.DeepEqual(out.VariableReferences, want) || !reflect.DeepEqual(of.VariableReferences, want) {
		t.Errorf("references %v, of the execution %v, %v", out.VariableReferences, of.VariableReferences, err)
	}
	out, err = h.DescribeStateMachine(t.Context(),
		DescribeStateMachineInput{StateMachineARN: arn, IncludedData: "METADATA_ONLY"})
	if err != nil || out.Definition != "{}" || out.VariableReferences != nil || out.RoleARN != role {
		t.Errorf("metadata only: %+v, %v", out, err)
	}
	of, err = h.DescribeStateMachineForExecution(t.Context(), ExecutionInput{execution, "METADATA_ONLY"})
	if err != nil || of.Definition != "{}" {
		t.Errorf("metadata only: %+v, %v", of, err)
	}
	for _, op := range []string{"DescribeStateMachine", "DescribeStateMachineForExecution", "DescribeExecution"} {
		_, err := h.wire(op, `{"stateMachineArn":"`+arn+`","executionArn":"`+execution+`","includedData":"SOME"}`)
		wantError(t, err, "ValidationException", "includedData")
	}
}

func TestService_UpdateKeepsRunningExecutions(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	ctx := t.Context()
	machine := h.machine("m", hourMachine)
	old := h.begin(machine, "old", `{}`)
	if _, err := h.UpdateStateMachine(ctx, UpdateStateMachineInput{StateMachineARN: machine}); err == nil {
		t.Error("an update of nothing succeeded")
	} else {
		wantError(t, err, "MissingRequiredParameter", "must be specified")
	}
	if _, err := h.UpdateStateMachine(ctx,
		UpdateStateMachineInput{StateMachineARN: machine, Definition: failMachine}); err != nil {
		t.Fatal(err)
	}
	if got := h.ended(h.begin(machine, "new", `{}`)); got.Status != asl.Failed || *got.Error != "Broken" {
		t.Errorf("the new execution = %+v", got)
	}
	out, err := h.DescribeStateMachineForExecution(ctx, ExecutionInput{ExecutionARN: old})
	if err != nil || out.Definition != hourMachine {
		t.Errorf("definition of the old execution = %s, %v", out.Definition, err)
	}
	h.advance(3600e9)
	if got := h.ended(old); got.Status != asl.Succeeded {
		t.Errorf("the old execution = %+v", got)
	}
}

func TestService_DeleteStateMachine(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	ctx := t.Context()
	machine := h.machine("m", hourMachine)
	running := h.begin(machine, "x", `{}`)
	for range 2 {
		if _, err := h.DeleteStateMachine(ctx, DeleteStateMachineInput{machine}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := h.DescribeStateMachine(ctx, DescribeStateMachineInput{StateMachineARN: machine})
	if err != nil || out.Status != "DELETING" {
		t.Errorf("described %+v, %v, want DELETING while an execution runs", out, err)
	}
	_, err = h.StartExecution(ctx, StartExecutionInput{StateMachineARN: machine})
	wantError(t, err, "StateMachineDeleting", machine)
	if _, err := h.StopExecution(ctx, StopExecutionInput{ExecutionARN: running}); err != nil {
		t.Fatal(err)
	}
	_, err = h.DescribeStateMachine(ctx, DescribeStateMachineInput{StateMachineARN: machine})
	wantError(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+machine+"'")
	if got := h.describe(running); got.RedriveStatusReason != "State machine is in DELETING status" {
		t.Errorf("redrive status of its execution: %q", got.RedriveStatusReason)
	}
	h.machine("m", passMachine)
	if out, err := h.DescribeStateMachineForExecution(ctx,
		ExecutionInput{ExecutionARN: running}); err != nil || out.Definition != hourMachine {
		t.Errorf("definition of the execution after the machine was made anew = %s, %v", out.Definition, err)
	}
}
