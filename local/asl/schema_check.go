package asl

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// conform checks an object against its schema and reports the differences. The code that reads the
// object afterwards skips the fields that do not conform.
func (p *parser) conform(n *node, s *schema, inJSONata bool) {
	for _, m := range n.members {
		f, known := s.fields[m.Key]
		switch {
		case !known:
			p.failField(n, m.Key, "Field '%s' is not supported", m.Key)
		case f.only == jsonata && !inJSONata:
			p.failField(n, m.Key,
				"The QueryLanguage is set to 'JSONPath', "+
					"but field '%s' is only supported for the 'JSONata' QueryLanguage", m.Key)
		case f.only == jsonPath && inJSONata:
			p.failField(n, m.Key,
				"The QueryLanguage is set to 'JSONata', "+
					"but field '%s' is only supported for the 'JSONPath' QueryLanguage", m.Key)
		case inJSONata && isJSONata(m.Value):
		default:
			if text := f.is(m.Key, m.Value); text != "" {
				p.fail(n.at(m.Key), "%s", text)
			}
		}
	}
	if missing := n.missing(s.must...); missing != "" {
		p.fail(n.location(), "These fields are required: %s", missing)
	}
	p.groups(n, s)
}

// groups checks the fields that exclude each other, and the groups of which one field is required.
func (p *parser) groups(n *node, s *schema) {
	for i, group := range slices.Concat(s.oneOf, s.single) {
		found := slices.DeleteFunc(slices.Clone(group), func(name string) bool { return !n.has(name) })
		switch {
		case len(found) > 1:
			p.fail(n.location(), "There should only be one of the following fields: %s", list(found))
		case len(found) == 0 && i < len(s.oneOf):
			p.fail(n.location(), "One of these fields is required: %s", list(group))
		}
	}
}

// isJSONata reports whether a value is a JSONata expression: its type is known only when it is
// evaluated.
func isJSONata(v value.JSON) bool {
	return v.Kind() == value.String && strings.HasPrefix(v.Text(), "{%") && strings.HasSuffix(v.Text(), "%}")
}

func list(names []string) string { return "[" + strings.Join(names, ", ") + "]" }

// check returns what is wrong with the value of the named field; "" if nothing is.
type check func(name string, v value.JSON) string

func ofKind(kind value.Kind, kindName string) check {
	return func(_ string, v value.JSON) string {
		if v.Kind() != kind {
			return "Expected value of type " + kindName
		}
		return ""
	}
}

var (
	isText    = ofKind(value.String, "String")
	isBoolean = ofKind(value.Bool, "Boolean")
	isNumber  = ofKind(value.Number, "Number")
	isArray   = ofKind(value.Array, "Array")
	isObject  = ofKind(value.Object, "Object")
)

var operandChecks = [...]check{stringOperand: isText, numberOperand: isNumber, boolOperand: isBoolean,
	timestampOperand: isTimestamp}

func isAnything(string, value.JSON) string { return "" }

func isFilledArray(name string, v value.JSON) string { return filled(isArray, name, v) }

func isStates(name string, v value.JSON) string { return filled(isObject, name, v) }

func filled(is check, name string, v value.JSON) string {
	if text := is(name, v); text != "" {
		return text
	}
	if v.Len() == 0 {
		return "Value cannot be empty"
	}
	return ""
}

func isTrue(name string, v value.JSON) string {
	if text := isBoolean(name, v); text != "" {
		return text
	}
	if !v.Bool() {
		return "Value must be true"
	}
	return ""
}

func isTimestamp(_ string, v value.JSON) string {
	if _, ok := parseTimestamp(v); !ok {
		return "String does not match RFC3339 timestamp"
	}
	return ""
}

// oneOf checks for one of the texts of a list.
func oneOf(values ...string) check {
	return func(name string, v value.JSON) string {
		if text := isText(name, v); text != "" {
			return text
		}
		if !slices.Contains(values, v.Text()) {
			return fmt.Sprintf("The field '%s' should have one of these values: %s", name, list(values))
		}
		return ""
	}
}

const noMaximum = math.MaxInt64

// wholeIn checks for a whole number within limits; 5.0 is a whole number.
func wholeIn(least, most int64) check {
	return func(_ string, v value.JSON) string {
		n, whole := wholeNumber(v)
		switch {
		case !whole:
			return "Expected value of type Integer"
		case n < least:
			return fmt.Sprintf("Minimum value is %d", least)
		case n > most:
			return fmt.Sprintf("Maximum value is %d", most)
		}
		return ""
	}
}

// wholeNumber reads a whole number. A number that does not fit an int64 becomes the nearest that
// does.
func wholeNumber(v value.JSON) (n int64, ok bool) {
	if v.Kind() != value.Number {
		return 0, false
	}
	if n, ok = v.Int(); ok {
		return n, true
	}
	f, _ := v.Float()
	switch {
	case f != math.Trunc(f):
		return 0, false
	case f >= math.MaxInt64:
		return math.MaxInt64, true
	case f <= math.MinInt64:
		return math.MinInt64, true
	}
	return int64(f), true
}

// numberIn checks for a number within limits.
func numberIn(least, most float64) check {
	return func(name string, v value.JSON) string {
		if text := isNumber(name, v); text != "" {
			return text
		}
		switch f, _ := v.Float(); {
		case f < least:
			return fmt.Sprintf("Minimum value is %.1f", least)
		case f > most:
			return fmt.Sprintf("Maximum value is %.1f", most)
		}
		return ""
	}
}

func isPath(name string, v value.JSON) string {
	_, text := pathOf(name, v)
	return text
}

func pathOf(name string, v value.JSON) (*jsonpath.Path, string) {
	if text := isText(name, v); text != "" {
		return nil, text
	}
	path, err := jsonpath.Parse(v.Text())
	if err != nil {
		return nil, fmt.Sprintf("Value is not a valid JSONPath: %v", err)
	}
	return path, ""
}

func isPathOrNull(name string, v value.JSON) string {
	if v == value.NullValue {
		return ""
	}
	return isPath(name, v)
}

const noReference = "Value is not a Reference Path"

// isItemsPath checks for a path that finds at most one value.
func isItemsPath(name string, v value.JSON) string {
	path, text := pathOf(name, v)
	if text == "" && !path.Definite() {
		return noReference
	}
	return text
}

// isReference checks for such a path that does not start from the context object.
func isReference(name string, v value.JSON) string {
	path, text := pathOf(name, v)
	if text == "" && (!path.Definite() || path.Root() == jsonpath.Context) {
		return noReference
	}
	return text
}

// isResultPath checks for a place in the state's input, or null. A path with a negative index is
// not a place: it finds nothing.
func isResultPath(name string, v value.JSON) string {
	if v == value.NullValue {
		return ""
	}
	path, text := pathOf(name, v)
	if text != "" {
		return text
	}
	steps, ok := path.Reference()
	if !ok || slices.ContainsFunc(steps, func(s value.Step) bool { return s.Index < 0 }) {
		return noReference
	}
	return ""
}

// isExpression checks for a path or the call of an intrinsic function.
func isExpression(name string, v value.JSON) string {
	if text := isText(name, v); text != "" {
		return text
	}
	if _, err := parseExpression(v.Text()); err != nil {
		return "Value must be a valid JSONPath or a valid intrinsic function call"
	}
	return ""
}
