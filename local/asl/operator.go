package asl

import (
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// operandType is the type of a comparison's operand.
type operandType uint8

const (
	stringOperand operandType = iota
	numberOperand
	boolOperand
	timestampOperand
)

// operator is a comparison: the type of its operand, and the test. The test fails for a value of
// another type.
type operator struct {
	operand operandType
	path    bool // the operator also has a ...Path form
	test    func(v, operand value.JSON) bool
}

// operators are the comparisons of a Choice, except IsPresent.
var operators = makeOperators()

func makeOperators() map[string]operator {
	ops := map[string]operator{
		"BooleanEquals": {boolOperand, true, func(v, o value.JSON) bool { return v.Kind() == value.Bool && v == o }},
		"StringMatches": {stringOperand, false, func(v, o value.JSON) bool {
			return v.Kind() == value.String && matchWildcard(o.Text(), v.Text())
		}},
		"IsNull":      isKind(func(v value.JSON) bool { return v.Kind() == value.Null }),
		"IsNumeric":   isKind(func(v value.JSON) bool { return v.Kind() == value.Number }),
		"IsString":    isKind(func(v value.JSON) bool { return v.Kind() == value.String }),
		"IsBoolean":   isKind(func(v value.JSON) bool { return v.Kind() == value.Bool }),
		"IsTimestamp": isKind(func(v value.JSON) bool { _, ok := parseTimestamp(v); return ok }),
	}
	orders := map[string]func(int) bool{
		"Equals":            func(o int) bool { return o == 0 },
		"LessThan":          func(o int) bool { return o < 0 },
		"GreaterThan":       func(o int) bool { return o > 0 },
		"LessThanEquals":    func(o int) bool { return o <= 0 },
		"GreaterThanEquals": func(o int) bool { return o >= 0 },
	}
	for name, holds := range orders {
		ops["String"+name] = operator{stringOperand, true, ordered(compareStrings, holds)}
		ops["Numeric"+name] = operator{numberOperand, true, ordered(compareNumbers, holds)}
		ops["Timestamp"+name] = operator{timestampOperand, true, ordered(compareTimestamps, holds)}
	}
	return ops
}

func isKind(is func(value.JSON) bool) operator {
	return operator{boolOperand, false, func(v, want value.JSON) bool { return is(v) == want.Bool() }}
}

func ordered(order func(v, o value.JSON) (int, bool), holds func(int) bool) func(v, o value.JSON) bool {
	return func(v, o value.JSON) bool {
		n, ok := order(v, o)
		return ok && holds(n)
	}
}

func compareStrings(v, o value.JSON) (int, bool) {
	if v.Kind() != value.String || o.Kind() != value.String {
		return 0, false
	}
	return strings.Compare(v.Text(), o.Text()), true
}

func compareNumbers(v, o value.JSON) (int, bool) {
	if v.Kind() != value.Number || o.Kind() != value.Number {
		return 0, false
	}
	return value.Compare(v, o), true
}

func compareTimestamps(v, o value.JSON) (int, bool) {
	var t [2]time.Time
	for i, text := range [...]value.JSON{v, o} {
		var ok bool
		if t[i], ok = parseTimestamp(text); !ok {
			return 0, false
		}
	}
	return t[0].Compare(t[1]), true
}

// matchWildcard matches a StringMatches pattern: * matches any text, \* and \\ match a plain
// character.
func matchWildcard(pattern, text string) bool {
	type token struct {
		any bool
		b   byte
	}
	var tokens []token
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '*':
			tokens = append(tokens, token{any: true})
		case pattern[i] == '\\' && i+1 < len(pattern) && (pattern[i+1] == '*' || pattern[i+1] == '\\'):
			i++
			fallthrough
		default:
			tokens = append(tokens, token{b: pattern[i]})
		}
	}
	// The match is greedy and backtracks only to the last star.
	t, i, star, from := 0, 0, -1, 0
	for i < len(text) {
		switch {
		case t < len(tokens) && tokens[t].any:
			star, from = t, i
			t++
		case t < len(tokens) && tokens[t].b == text[i]:
			t++
			i++
		case star >= 0:
			from++
			t, i = star+1, from
		default:
			return false
		}
	}
	for t < len(tokens) && tokens[t].any {
		t++
	}
	return t == len(tokens)
}
