package pattern

import (
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// compileOperator compiles {"name": v}.
func compileOperator(name string, v any) (matcher, error) {
	switch name {
	case "prefix", "suffix":
		return compileAffix(name, v)
	case "equals-ignore-case", "wildcard":
		s, ok := v.(string)
		if !ok {
			return nil, errorf("%s match pattern must be a string", name)
		}
		test, err := compileText(name, s)
		return onString(test), err
	case "anything-but":
		return compileAnythingBut(v)
	case "numeric":
		return compileNumeric(v)
	case "cidr":
		return compileCIDR(v)
	}
	return nil, errorf("Unrecognized match type %s", name)
}

// compileText returns the test for one of the operators that take a string.
func compileText(name, s string) (func(string) bool, error) {
	switch name {
	case "prefix":
		return func(v string) bool { return strings.HasPrefix(v, s) }, nil
	case "suffix":
		return func(v string) bool { return strings.HasSuffix(v, s) }, nil
	case "equals-ignore-case":
		return func(v string) bool { return strings.EqualFold(v, s) }, nil
	}
	return compileWildcard(s)
}

func onString(test func(string) bool) matcher {
	return func(v any) bool {
		s, ok := v.(string)
		return ok && test(s)
	}
}

func compileAffix(name string, v any) (matcher, error) {
	switch v := v.(type) {
	case string:
		test, err := compileText(name, v)
		return onString(test), err
	case map[string]any:
		s, ok := v["equals-ignore-case"].(string)
		if !ok || len(v) != 1 {
			return nil, errorf("%s match pattern must be a string", name)
		}
		if name == "prefix" {
			return onString(func(t string) bool { return hasPrefixFold(t, s) }), nil
		}
		return onString(func(t string) bool { return hasSuffixFold(t, s) }), nil
	}
	return nil, errorf("%s match pattern must be a string", name)
}

// hasPrefixFold compares runes, not bytes: letters of different case may differ in length.
func hasPrefixFold(s, prefix string) bool {
	have, want := []rune(s), []rune(prefix)
	return len(have) >= len(want) && strings.EqualFold(string(have[:len(want)]), prefix)
}

func hasSuffixFold(s, suffix string) bool {
	have, want := []rune(s), []rune(suffix)
	return len(have) >= len(want) && strings.EqualFold(string(have[len(have)-len(want):]), suffix)
}

const anythingButType = "Value of anything-but must be an array or single string/number value."

func compileAnythingBut(v any) (matcher, error) {
	switch v := v.(type) {
	case float64:
		return func(have any) bool { return have != any(v) }, checkNumber(v)
	case string:
		return func(have any) bool { return have != any(v) }, nil
	case []any:
		return compileNoneOf(v)
	case map[string]any:
		return compileAnythingButOperator(v)
	}
	return nil, errorf(anythingButType)
}

func compileNoneOf(list []any) (matcher, error) {
	if len(list) == 0 {
		return nil, errorf("Empty arrays are not allowed")
	}
	texts, numbers := 0, 0
	for _, v := range list {
		switch v := v.(type) {
		case string:
			texts++
		case float64:
			if err := checkNumber(v); err != nil {
				return nil, err
			}
			numbers++
		default:
			return nil, errorf("Inside anything but list, start|null|boolean is not supported.")
		}
	}
	if texts > 0 && numbers > 0 {
		return nil,
			errorf("Inside anything but list, either all values are number or string, mixed type is not supported")
	}
	return func(have any) bool { return !slices.Contains(list, have) }, nil
}

// compileAnythingButOperator compiles {"anything-but": {"prefix": "a" | ["a", "b"]}} and similar. A
// value that is not a string matches.
func compileAnythingButOperator(object map[string]any) (matcher, error) {
	if len(object) != 1 {
		return nil, errorf("Only one key allowed in match expression")
	}
	name := slices.Collect(maps.Keys(object))[0]
	if !slices.Contains([]string{"prefix", "suffix", "equals-ignore-case", "wildcard"}, name) {
		return nil, errorf("Unsupported anything-but pattern: %s", name)
	}
	var list []any
	switch v := object[name].(type) {
	case []any:
		list = v
	case map[string]any:
		return nil, errorf(anythingButType)
	default:
		list = []any{v}
	}
	if len(list) == 0 {
		return nil, errorf("Empty arrays are not allowed")
	}
	var tests []func(string) bool
	for _, v := range list {
		test, err := anythingButText(name, v)
		if err != nil {
			return nil, err
		}
		tests = append(tests, test)
	}
	return func(v any) bool {
		s, ok := v.(string)
		return !ok || !slices.ContainsFunc(tests, func(test func(string) bool) bool { return test(s) })
	}, nil
}

func anythingButText(name string, v any) (func(string) bool, error) {
	affix := name == "prefix" || name == "suffix"
	s, ok := v.(string)
	switch {
	case !ok && affix:
		return nil, errorf("prefix/suffix match pattern must be a string")
	case !ok:
		return nil, errorf("%s match pattern must be a string", name)
	case affix && s == "":
		return nil, errorf("Null prefix/suffix not allowed")
	}
	return compileText(name, s)
}

// maxNumber bounds the numbers that operators compare, which EventBridge keeps with six digits
// after the point.
const maxNumber = 5e9

// compileNumeric compiles ["=", n], [">", n] or a range [">", a, "<=", b], which must not be empty.
func compileNumeric(v any) (matcher, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, errorf("Value of numeric must be an array.")
	}
	if len(list) == 0 {
		return nil, errorf("Invalid member in numeric match: ]")
	}
	var tests []func(float64) bool
	var bounds []float64
	kinds := ""
	for i := 0; i < len(list); i += 2 {
		op, ok := list[i].(string)
		if !ok {
			return nil, errorf("Invalid member in numeric match: %v", list[i])
		}
		if !slices.Contains([]string{"=", "<", "<=", ">", ">="}, op) {
			return nil, errorf("Unrecognized numeric range operator: %s", op)
		}
		n, err := operand(op, list[i+1:])
		if err != nil {
			return nil, err
		}
		kinds += op[:1]
		tests, bounds = append(tests, compare(op, n)), append(bounds, n)
	}
	if !slices.Contains([]string{"=", "<", ">", "><"}, kinds) {
		return nil, errorf("Too many elements in numeric expression")
	}
	if len(bounds) == 2 && bounds[0] >= bounds[1] {
		return nil, errorf("Bottom must be less than top")
	}
	return func(v any) bool {
		n, ok := v.(float64)
		return ok && !slices.ContainsFunc(tests, func(test func(float64) bool) bool { return !test(n) })
	}, nil
}

// operand reads the number that follows an operator.
func operand(op string, rest []any) (float64, error) {
	if len(rest) > 0 {
		if n, ok := rest[0].(float64); ok {
			return n, checkNumber(n)
		}
	}
	if op == "=" {
		op = "equals"
	}
	return 0, errorf("Value of %s must be numeric", op)
}

func checkNumber(n float64) error {
	if math.Abs(n) > maxNumber {
		return errorf("Value must be between -5.0E9 and 5.0E9, inclusive")
	}
	return nil
}

func compare(op string, n float64) func(float64) bool {
	switch op {
	case "=":
		return func(v float64) bool { return v == n }
	case "<":
		return func(v float64) bool { return v < n }
	case "<=":
		return func(v float64) bool { return v <= n }
	case ">":
		return func(v float64) bool { return v > n }
	}
	return func(v float64) bool { return v >= n }
}

func compileCIDR(v any) (matcher, error) {
	s, ok := v.(string)
	if !ok {
		return nil, errorf("prefix match pattern must be a string") // AWS's own words for cidr
	}
	ip, bits, ok := strings.Cut(s, "/")
	if !ok || strings.Contains(bits, "/") {
		return nil, errorf("Malformed CIDR, one '/' required")
	}
	n, err := strconv.Atoi(bits)
	if err != nil {
		return nil, errorf("Malformed CIDR, mask bits must be an integer")
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Zone() != "" {
		return nil, errorf("Nonstandard IP address: %s", ip)
	}
	switch { // a mask of all bits is refused: it would be an exact value
	case n < 0:
		return nil, errorf("Malformed CIDR, mask bits must not be negative")
	case addr.Is4() && n >= addr.BitLen():
		return nil, errorf("IPv4 mask bits must be < 32")
	case n >= addr.BitLen():
		return nil, errorf("IPv6 mask bits must be < 128")
	}
	prefix, err := addr.Prefix(n)
	if err != nil {
		return nil, errorf("Malformed CIDR: %v", err)
	}
	return onString(func(s string) bool {
		have, err := netip.ParseAddr(s)
		return err == nil && prefix.Contains(have)
	}), nil
}
