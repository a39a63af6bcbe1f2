package asl

import (
	"fmt"
	"strings"
)

// Diagnostic is one finding about a definition, in the shape of
// ValidateStateMachineDefinition.
type Diagnostic struct {
	Severity string // ERROR or WARNING
	Code     string // one of the codes below
	Location string // "/States/Charge/Retry[0]"; "/" is the whole machine, "" is nowhere
	Message  string
	// Line and Column say where in the text of the definition it is, from 1; the column in characters.
	Line, Column int

	member string // of the object at Location, that it is about
	offset int    // in the text and 1, if there is no Location that tells it
}

// Codes of diagnostics.
// Source: AWS Step Functions API reference, ValidateStateMachineDefinitionDiagnostic.
const (
	CodeInvalidJSON = "INVALID_JSON_DESCRIPTION"
	CodeMissing     = "MISSING_DESCRIPTION"
	CodeSchema      = "SCHEMA_VALIDATION_FAILED"
	// CodeMissingTarget: a transition to a state that does not exist, or a state without one to it.
	CodeMissingTarget  = "MISSING_TRANSITION_TARGET"
	CodeNoEnd          = "MISSING_END_STATE"
	CodeDuplicateState = "DUPLICATE_STATE_NAME"
	CodeStateName      = "INVALID_STATE_NAME"
	CodeTooDeep        = "TOO_DEEPLY_NESTED"
	// CodeUnsupported: valid language that this engine does not run (JSONata,
	// distributed Map, activities, other services' integrations).
	CodeUnsupported = "UNSUPPORTED_BY_ENGINE"
)

// Severities of diagnostics.
const (
	SeverityError   = "ERROR"
	SeverityWarning = "WARNING"
)

// Diagnostics of one definition, in the order of the document.
type Diagnostics []Diagnostic

// Invalid returns the errors that AWS would report too.
func (d Diagnostics) Invalid() Diagnostics {
	return d.filter(func(x Diagnostic) bool { return x.Severity == SeverityError && x.Code != CodeUnsupported })
}

// Unsupported returns what is valid but not run by this engine.
func (d Diagnostics) Unsupported() Diagnostics {
	return d.filter(func(x Diagnostic) bool { return x.Code == CodeUnsupported })
}

// Err returns nil if no diagnostic is an error; else one error with the text that
// CreateStateMachine gives under InvalidDefinition.
func (d Diagnostics) Err() error {
	var parts []string
	for _, x := range d {
		if x.Severity == SeverityError {
			parts = append(parts, x.String())
		}
	}
	if parts == nil {
		return nil
	}
	return fmt.Errorf("Invalid State Machine Definition: '%s'", strings.Join(parts, ", "))
}

// String gives "CODE: message at /location"; "at null" stands for no location, as on AWS.
func (x Diagnostic) String() string {
	location := x.Location
	if location == "" {
		location = "null"
	}
	return x.Code + ": " + strings.TrimSpace(x.Message) + " at " + location
}

func (d Diagnostics) filter(keep func(Diagnostic) bool) Diagnostics {
	var out Diagnostics
	for _, x := range d {
		if keep(x) {
			out = append(out, x)
		}
	}
	return out
}
