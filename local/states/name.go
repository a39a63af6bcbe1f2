package states

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

const maxName = 80 // characters, for state machines and executions

// checkName checks the name of a state machine or an execution: 1-80 characters; no white space,
// control characters, brackets, wildcards or any of "#%\^|~`$&,;:/ (API reference of StartExecution
// and CreateStateMachine).
func checkName(name string) error {
	n := utf8.RuneCountInString(name)
	if n < 1 {
		return validation("Value '' at 'name' failed to satisfy constraint: " +
			"Member must have length greater than or equal to 1")
	}
	if n > maxName {
		return validation("Value '%s' at 'name' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d", name, maxName)
	}
	if strings.ContainsFunc(name, forbidden) {
		return awsapi.Errorf("InvalidName", "Invalid Name: '%s'", name)
	}
	return nil
}

func forbidden(r rune) bool {
	switch {
	case r <= ' ', r >= 0x7F && r <= 0x9F, r >= 0xFFFE && r <= 0xFFFF, r == utf8.RuneError:
		return true
	}
	return strings.ContainsRune("<>{}[]?*\"#%\\^|~`$&,;:/\u00A0\u2028\u2029\u3000", r)
}

// validation returns the error with which the service's front end answers a member that violates
// its model.
func validation(format string, args ...any) error {
	return awsapi.Errorf("ValidationException", "1 validation error detected: %s", fmt.Sprintf(format, args...))
}
