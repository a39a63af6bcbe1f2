package states

import (
	"strings"
	"testing"

	"orderflow/local/asl"
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
			"StateMachineAlreadyExists", "State Machine Already Exists: 'arn:aws:states:us-east-1:000000000000:stateMachine:taken'"},
		{"name with a blank", `{"name":"a b","roleArn":"` + role + `","definition":"{}"}`, "InvalidName", "Invalid Name: 'a b'"},
		{"long name", `{"name":"` + strings.Repeat("n", 81) + `","roleArn":"` + role + `","definition":"{}"}`, "ValidationException", "less than or equal to 80"},
		{"no role", `{"name":"n","roleArn":"nobody","definition":"{}"}`, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nobody'"},
		{"not JSON", `{"name":"n","roleArn":"` + role + `","definition":"{"}`, "InvalidDefinition", "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION"},
		{"missing target", `{"name":"n","roleArn":"` + role + `","definition":"{\"StartAt\":\"X\",\"States\":{}}"}`, "InvalidDefinition", "MISSING_TRANSITION_TARGET"},
		{"JSONata", `{"name":"n","roleArn":"` + role + `","definition":"` + quoted(`{"QueryLanguage":"JSONata","StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`) + `"}`, "InvalidDefinition", "UNSUPPORTED_BY_ENGINE"},
		{"express", `{"name":"n","type":"EXPRESS","roleArn":"` + role + `","definition":"` + quoted(passMachine) + `"}`, "StateMachineTypeNotSupported", "EXPRESS"},
		{"versions", `{"name":"n","publish":true,"roleArn":"` + role + `","definition":"` + quoted(passMachine) + `"}`, "NotImplemented", "versions"},
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
		out, err := h.DescribeStateMachine(ctx, DescribeStateMachineInput{arn})
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
	if _, err := h.UpdateStateMachine(ctx, UpdateStateMachineInput{StateMachineARN: machine, Definition: failMachine}); err != nil {
		t.Fatal(err)
	}
	if got := h.ended(h.begin(machine, "new", `{}`)); got.Status != asl.Failed || *got.Error != "Broken" {
		t.Errorf("the new execution = %+v", got)
	}
	out, err := h.DescribeStateMachineForExecution(ctx, ExecutionInput{old})
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
	out, err := h.DescribeStateMachine(ctx, DescribeStateMachineInput{machine})
	if err != nil || out.Status != "DELETING" {
		t.Errorf("described %+v, %v, want DELETING while an execution runs", out, err)
	}
	_, err = h.StartExecution(ctx, StartExecutionInput{StateMachineARN: machine})
	wantError(t, err, "StateMachineDeleting", machine)
	if _, err := h.StopExecution(ctx, StopExecutionInput{ExecutionARN: running}); err != nil {
		t.Fatal(err)
	}
	_, err = h.DescribeStateMachine(ctx, DescribeStateMachineInput{machine})
	wantError(t, err, "StateMachineDoesNotExist", "State Machine Does Not Exist: '"+machine+"'")
	if got := h.describe(running); got.RedriveStatusReason != "State machine is in DELETING status" {
		t.Errorf("redrive status of its execution: %q", got.RedriveStatusReason)
	}
	h.machine("m", passMachine)
	if out, err := h.DescribeStateMachineForExecution(ctx, ExecutionInput{running}); err != nil || out.Definition != hourMachine {
		t.Errorf("definition of the execution after the machine was made anew = %s, %v", out.Definition, err)
	}
}

func TestService_ListStateMachines(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	for _, n := range []string{"c", "a", "b", "ab"} {
		h.machine(n, passMachine)
	}
	var names []string
	in := ListStateMachinesInput{MaxResults: 3}
	for {
		out, err := h.ListStateMachines(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range out.StateMachines {
			names = append(names, m.Name)
		}
		if in.NextToken = out.NextToken; in.NextToken == "" {
			break
		}
	}
	if got := strings.Join(names, " "); got != "a ab b c" {
		t.Errorf("names = %s", got)
	}
	_, err := h.ListStateMachines(t.Context(), ListStateMachinesInput{NextToken: "!"})
	wantError(t, err, "InvalidToken", "Invalid Token: 'Invalid token'")
}

func TestService_ValidateStateMachineDefinition(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	for _, tt := range []struct{ name, definition, result, code string }{
		{"valid", passMachine, "OK", ""},
		{"missing target", `{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}}`, "FAIL", asl.CodeMissingTarget},
		{"not JSON", `{`, "FAIL", asl.CodeInvalidJSON},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := h.ValidateStateMachineDefinition(t.Context(), ValidateStateMachineDefinitionInput{Definition: tt.definition})
			if err != nil {
				t.Fatal(err)
			}
			code := ""
			if len(out.Diagnostics) > 0 {
				code = out.Diagnostics[0].Code
			}
			if out.Result != tt.result || code != tt.code {
				t.Errorf("got %+v", out)
			}
		})
	}
}

func TestService_Tags(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	machine := h.machine("m", passMachine)
	for _, c := range []struct{ op, input string }{
		{"TagResource", `{"resourceArn":"` + machine + `","tags":[{"key":"a","value":"1"},{"key":"b","value":"2"}]}`},
		{"TagResource", `{"resourceArn":"` + machine + `","tags":[{"key":"a","value":"3"}]}`},
		{"UntagResource", `{"resourceArn":"` + machine + `","tagKeys":["b"]}`},
	} {
		if _, err := h.wire(c.op, c.input); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.wire("ListTagsForResource", `{"resourceArn":"`+machine+`"}`)
	if err != nil || got != `{"tags":[{"key":"a","value":"3"}]}` {
		t.Errorf("tags = %s, %v", got, err)
	}
	_, err = h.wire("ListTagsForResource", `{"resourceArn":"`+machine+`2"}`)
	wantError(t, err, "ResourceNotFound", machine)
}
