package states

import (
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow/local/asl"
)

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

// TestService_EmptyListings: listings of unsupported resources are empty.
func TestService_EmptyListings(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	machine := h.machine("m", passMachine)
	execution := h.begin(machine, "x", `{}`)
	for _, tt := range []struct{ op, resource, want, missing string }{
		{"ListStateMachineVersions", `"stateMachineArn":"` + machine, `{"stateMachineVersions":[]}`,
			"StateMachineDoesNotExist"},
		{"ListStateMachineAliases", `"stateMachineArn":"` + machine, `{"stateMachineAliases":[]}`,
			"StateMachineDoesNotExist"},
		{"ListMapRuns", `"executionArn":"` + execution, `{"mapRuns":[]}`, "ExecutionDoesNotExist"},
	} {
		if got, err := h.wire(tt.op, `{`+tt.resource+`"}`); err != nil || got != tt.want {
			t.Errorf("%s = %s, %v", tt.op, got, err)
		}
		_, err := h.wire(tt.op, `{`+tt.resource+`2"}`)
		wantError(t, err, tt.missing, "2'")
		_, err = h.wire(tt.op, `{`+strings.Replace(tt.resource, "arn:aws", "aws", 1)+`"}`)
		wantError(t, err, "InvalidArn", "Invalid ARN prefix")
		_, err = h.wire(tt.op, `{`+tt.resource+`","maxResults":1001}`)
		wantError(t, err, "ValidationException", "maxResults")
		_, err = h.wire(tt.op, `{`+tt.resource+`","nextToken":"t"}`)
		wantError(t, err, "InvalidToken", "")
	}
	if got, err := h.wire("ListActivities", `{}`); err != nil || got != `{"activities":[]}` {
		t.Errorf("ListActivities = %s, %v", got, err)
	}
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
			out, err := h.ValidateStateMachineDefinition(t.Context(),
				ValidateStateMachineDefinitionInput{Definition: tt.definition})
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
	_, err := h.ValidateStateMachineDefinition(t.Context(),
		ValidateStateMachineDefinitionInput{Definition: passMachine, Severity: "error"})
	wantError(t, err, "ValidationException", "Value 'error' at 'severity'")
}
