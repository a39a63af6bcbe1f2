package asl

import (
	"fmt"
	"strings"
)

// Diagnostic is one finding about a definition, in the form of ValidateStateMachineDefinition.
type Diagnostic struct {
	Severity string // ERROR or WARNING
	Code     string // one of the codes below
	Location string // "/States/Charge/Retry[0]"; "/" is the whole machine, "" is unknown
	Message  string
	// Line and Column are the position in the text of the definition, from 1. The column counts
	// characters.
	Line, Column int

	member string // the member of the object at Location that the finding is about
	offset int    // byte offset in the text plus 1, for a finding without a Location
}

// Codes of diagnostics.
// Source: AWS Step Functions API reference, ValidateStateMachineDefinitionDiagnostic.
const (
	CodeInvalidJSON = "INVALID_JSON_DESCRIPTION"
	CodeMissing     = "MISSING_DESCRIPTION"
	CodeSchema      = "SCHEMA_VALIDATION_FAILED"
	// CodeMissingTarget: a transition leads to a state that does not exist, or no transition leads
	// to a state.
	CodeMissingTarget  = "MISSING_TRANSITION_TARGET"
	CodeNoEnd          = "MISSING_END_STATE"
	CodeDuplicateState = "DUPLICATE_STATE_NAME"
	CodeStateName      = "INVALID_STATE_NAME"
	CodeTooDeep        = "TOO_DEEPLY_NESTED"
	// CodeUnsupported: valid language that this engine does not run (JSONata, distributed Map,
	// activities, integrations of other services).
	CodeUnsupported = "UNSUPPORTED_BY_ENGINE"
)

// Severities of diagnostics.
const (
	SeverityError   = "ERROR"
	SeverityWarning = "WARNING"
)

// Diagnostics of one definition, in the order of the document.
type Diagnostics []Diagnostic

// Invalid returns the errors that AWS reports too.
func (d Diagnostics) Invalid() Diagnostics {
	return d.filter(func(x Diagnostic) bool { return x.Severity == SeverityError && x.Code != CodeUnsupported })
}

// Unsupported returns the findings about valid parts of the definition that this engine does not
// run.
func (d Diagnostics) Unsupported() Diagnostics {
	return d.filter(func(x Diagnostic) bool { return x.Code == CodeUnsupported })
}

// Err returns nil if no diagnostic is an error. Otherwise it returns one error, with the text that
// CreateStateMachine returns for InvalidDefinition.
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

// String returns "CODE: message at /location". A missing location is written "at null", as AWS
// does.
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
