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
	Location string // "/States/Charge/Retry/0"; "/" is the whole machine
	Message  string
}

// Codes of diagnostics.
const (
	CodeInvalidJSON = "INVALID_JSON_DESCRIPTION"
	CodeSchema      = "SCHEMA_VALIDATION_FAILED"
	// CodeMissingTarget: a transition to a state that does not exist.
	CodeMissingTarget = "MISSING_TRANSITION_TARGET"
	// CodeUnsupported: valid language that this engine does not run (JSONata,
	// distributed Map, activities, .sync, other services' integrations).
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

// String gives "CODE: message at /location".
func (x Diagnostic) String() string {
	if x.Location == "" {
		return x.Code + ": " + strings.TrimSpace(x.Message)
	}
	return x.Code + ": " + strings.TrimSpace(x.Message) + " at " + x.Location
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
