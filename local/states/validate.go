package states

import (
	"context"
	"slices"

	"github.com/orderflow-dev/orderflow/local/asl"
)

// ValidateStateMachineDefinitionInput is the request of ValidateStateMachineDefinition.
type ValidateStateMachineDefinitionInput struct {
	Definition string `json:"definition"`
	Type       string `json:"type,omitempty"`
	Severity   string `json:"severity,omitempty"` // ERROR (default) or WARNING: the lowest severity to return
	MaxResults int    `json:"maxResults,omitempty"`
}

// ValidateStateMachineDefinitionOutput is the answer of ValidateStateMachineDefinition. Result is
// OK or FAIL.
type ValidateStateMachineDefinitionOutput struct {
	Result      string           `json:"result"`
	Diagnostics []DiagnosticItem `json:"diagnostics"`
	Truncated   bool             `json:"truncated"`
}

// DiagnosticItem is a finding about a definition.
type DiagnosticItem struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}

// ValidateStateMachineDefinition checks a definition, including whether this engine can run it.
func (s *Service) ValidateStateMachineDefinition(_ context.Context,
	in ValidateStateMachineDefinitionInput) (ValidateStateMachineDefinitionOutput, error) {
	return inside(s, in, s.validateDefinition)
}

func (s *Service) validateDefinition(in ValidateStateMachineDefinitionInput) (out ValidateStateMachineDefinitionOutput, err error) {
	if !slices.Contains([]string{"", "STANDARD", "EXPRESS"}, in.Type) {
		return out,
			validation("Value '%s' at 'type' failed to satisfy constraint: Member must satisfy enum value set: "+
				"[STANDARD, EXPRESS]", in.Type)
	}
	if !slices.Contains([]string{"", asl.SeverityError, asl.SeverityWarning}, in.Severity) {
		return out,
			validation("Value '%s' at 'severity' failed to satisfy constraint: "+
				"Member must satisfy enum value set: [ERROR, WARNING]", in.Severity)
	}
	if in.Definition == "" {
		return out, checkDefinition(in.Definition)
	}
	limit := in.MaxResults
	if limit == 0 {
		limit = 100
	}
	if limit < 0 || limit > 100 {
		return out,
			validation("Value '%d' at 'maxResults' failed to satisfy constraint: "+
				"Member must have value less than or equal to 100", limit)
	}
	_, diagnostics := asl.Parse([]byte(in.Definition), asl.Options{Express: in.Type == "EXPRESS"})
	out = ValidateStateMachineDefinitionOutput{Result: "OK", Diagnostics: []DiagnosticItem{}}
	for _, d := range diagnostics {
		if d.Severity == asl.SeverityError {
			out.Result = "FAIL"
		} else if in.Severity != asl.SeverityWarning {
			continue
		}
		if len(out.Diagnostics) == limit {
			out.Truncated = true
			break
		}
		out.Diagnostics = append(out.Diagnostics,
			DiagnosticItem{Severity: d.Severity, Code: d.Code, Message: d.Message, Location: d.Location})
	}
	return out, nil
}
