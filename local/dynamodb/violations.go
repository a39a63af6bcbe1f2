package dynamodb

import (
	"fmt"
	"strconv"
	"strings"
)

// maxViolations is how many violations AWS reports at once.
const maxViolations = 10

// Value sets of parameters, in the order in which AWS's messages list them.
var (
	capacityModes   = []string{"INDEXES", "TOTAL", "NONE"}
	metricsModes    = []string{"SIZE", "NONE"}
	returnValues    = []string{"ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"}
	failureReturns  = []string{"ALL_OLD", "NONE"}
	selections      = []string{"SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"}
	billingModes    = []string{"PROVISIONED", "PAY_PER_REQUEST"}
	attributeTypes  = []string{"B", "N", "S"}
	keyTypes        = []string{"HASH", "RANGE"}
	projectionTypes = []string{"ALL", "INCLUDE", "KEYS_ONLY"}
	tableClasses    = []string{"STANDARD", "STANDARD_INFREQUENT_ACCESS"}
	encryptionTypes = []string{"AES256", "KMS"}
	viewTypes       = []string{"NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"}
	iteratorTypes   = []string{"AFTER_SEQUENCE_NUMBER", "LATEST", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"}
)

// violations are the bounds of the API's model (lengths, ranges, patterns, value sets) that a
// request breaks. AWS checks them before anything else and reports them together. Valid requests
// allocate nothing here.
type violations struct {
	found []string
	// In a transaction: the number of the action, from 1, and its kind, e.g. "put". Members are
	// then named within them.
	action int
	kind   string
}

// err is the ValidationException that reports the violations; nil if there are none.
func (v *violations) err() error {
	switch n := len(v.found); n {
	case 0:
		return nil
	case 1:
		return validation("1 validation error detected: %s", v.found[0])
	default:
		return validation("%d validation errors detected: %s", n, strings.Join(v.found, "; "))
	}
}

// add reports a member's value, as AWS's messages show it.
func (v *violations) add(value, member, constraint string) {
	if len(v.found) == maxViolations {
		return
	}
	if v.action > 0 {
		member = fmt.Sprintf("transactItems.%d.member.%s.%s", v.action, v.kind, member)
	}
	v.found = append(v.found, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, member, constraint))
}

// repeated is how messages show a list of n elements: AWS writes out each element, here only its
// type is named.
func repeated(element string, n int) string {
	return "[" + strings.TrimSuffix(strings.Repeat(element+", ", n), ", ") + "]"
}

func quoted(value string) string { return "'" + value + "'" }

// require refuses a member that is missing.
func (v *violations) require(given bool, member string) {
	if !given {
		v.add("null", member, "Member must not be null")
	}
}

// enum refuses a given value outside the set.
func (v *violations) enum(p parameter, member string, set []string) {
	if !p.given {
		return
	}
	for _, s := range set {
		if p.text == s {
			return
		}
	}
	v.add(quoted(p.text), member, "Member must satisfy enum value set: ["+strings.Join(set, ", ")+"]")
}

// length refuses a given value that is shorter or longer.
func (v *violations) length(p parameter, member string, shortest, longest int) {
	if p.given {
		v.count(len(p.text), func() string { return p.text }, member, shortest, longest)
	}
}

// count refuses a collection, or text, of fewer or more elements; value shows it.
func (v *violations) count(n int, value func() string, member string, fewest, most int) {
	switch {
	case n < fewest:
		v.add(quoted(value()), member, "Member must have length greater than or equal to "+strconv.Itoa(fewest))
	case n > most:
		v.add(quoted(value()), member, "Member must have length less than or equal to "+strconv.Itoa(most))
	}
}

// between refuses a given number outside the range.
func (v *violations) between(n *int, member string, lowest, highest int) {
	switch {
	case n == nil:
	case *n < lowest:
		v.add(quoted(strconv.Itoa(*n)), member, "Member must have value greater than or equal to "+strconv.Itoa(lowest))
	case *n > highest:
		v.add(quoted(strconv.Itoa(*n)), member, "Member must have value less than or equal to "+strconv.Itoa(highest))
	}
}

// Bounds of the names of tables and indexes; an ARN that stands for a table's name may be longer.
const (
	minName = 3
	maxName = 255
	maxARN  = 1024
)

// namePattern is how messages write what isName checks.
const namePattern = "[a-zA-Z0-9_.-]+"

func isName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '.', c == '-':
		default:
			return false
		}
	}
	return s != ""
}

// table refuses a missing or malformed table name; every operation but CreateTable takes an ARN for
// it.
func (v *violations) table(p parameter) {
	v.require(p.given, "tableName")
	if p.given {
		v.name(parameter{bareName(p.text), true}, "tableName", 1, p.text)
	}
}

// name refuses a given name that is too short, too long or has other characters; shown is what the
// request calls it.
func (v *violations) name(p parameter, member string, shortest int, shown string) {
	switch {
	case !p.given:
	case len(p.text) < shortest:
		v.add(quoted(shown), member, "Member must have length greater than or equal to "+strconv.Itoa(shortest))
	case len(p.text) > maxName || len(shown) > maxARN:
		v.add(quoted(shown), member, "Member must have length less than or equal to "+strconv.Itoa(maxName))
	case !isName(p.text):
		v.add(quoted(shown), member, "Member must satisfy regular expression pattern: "+namePattern)
	}
}
