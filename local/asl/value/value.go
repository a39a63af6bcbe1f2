// Package value works on JSON as text. A value is its own source text: numbers keep their digits,
// objects keep their order, and parts that are not read are copied without being decoded. Parse
// checks a text once, where it is received; all other functions rely on that check.
//
// The last of duplicate keys counts, as in AWS's JSON reader; a text that is passed through keeps
// them all.
package value

import (
	"math/big"
	"strconv"
	"strings"
)

// JSON is a valid JSON text without white space around it.
type JSON string

// Kind is the type of a JSON value.
type Kind uint8

// The kinds of JSON values. Invalid is the kind of an empty text.
const (
	Invalid Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// String returns the name of the kind in AWS's messages.
func (k Kind) String() string {
	return [...]string{"invalid", "null", "boolean", "number", "string", "array", "object"}[k]
}

// Constants that come up often.
const (
	NullValue   JSON = "null"
	True        JSON = "true"
	False       JSON = "false"
	EmptyObject JSON = "{}"
	EmptyArray  JSON = "[]"
)

// Kind returns the type of v.
func (v JSON) Kind() Kind {
	if v == "" {
		return Invalid
	}
	switch v[0] {
	case 'n':
		return Null
	case 't', 'f':
		return Bool
	case '"':
		return String
	case '[':
		return Array
	case '{':
		return Object
	}
	return Number
}

// Bool returns a boolean's value; false for any other kind.
func (v JSON) Bool() bool { return v == True }

// Text decodes a string; for other kinds it returns the text of v itself. The result is valid UTF-8
// unless the string has the escape of a lone surrogate, which OfString restores.
func (v JSON) Text() string {
	if v.Kind() != String {
		return string(v)
	}
	return unquote(string(v[1 : len(v)-1]))
}

// Float returns a number as the nearest float64.
func (v JSON) Float() (float64, bool) {
	if v.Kind() != Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(v), 64)
	return f, err == nil || f != 0
}

// Int returns a number that is written as an integer ("5", not "5.0") and fits.
func (v JSON) Int() (int64, bool) {
	if v.Kind() != Number {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil
}

// Compare orders two numbers exactly, whatever their size.
func Compare(a, b JSON) int {
	x, okX := a.Int()
	y, okY := b.Int()
	if okX && okY {
		return compare(x, y)
	}
	// An exponent can make the exact form of a number huge; then the comparison uses floats.
	if len(a)+len(b) < 80 && !strings.ContainsAny(string(a)+string(b), "eE") {
		r, okR := new(big.Rat).SetString(string(a))
		s, okS := new(big.Rat).SetString(string(b))
		if okR && okS {
			return r.Cmp(s)
		}
	}
	f, _ := a.Float()
	g, _ := b.Float()
	return compare(f, g)
}

func compare[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// OfString returns a string's JSON text.
func OfString(s string) JSON { return JSON(AppendString(make([]byte, 0, len(s)+2), s)) }

// OfInt returns a number's JSON text.
func OfInt(n int64) JSON { return JSON(strconv.FormatInt(n, 10)) }

// OfArray returns the array of the items.
func OfArray(items []JSON) JSON {
	n := 2 + len(items)
	for _, it := range items {
		n += len(it)
	}
	dst := append(make([]byte, 0, n), '[')
	for i, it := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, it...)
	}
	return JSON(append(dst, ']'))
}

// OfMembers returns the object of the members, in their order.
func OfMembers(members []Member) JSON {
	dst := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, m.Key), ':')
		dst = append(dst, m.Value...)
	}
	return JSON(append(dst, '}'))
}

// Equal compares two values: numbers by value, objects without regard to order.
func Equal(a, b JSON) bool {
	if a == b {
		return true
	}
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case Number:
		return Compare(a, b) == 0
	case String:
		return a.Text() == b.Text()
	case Array:
		x, y := a.Elements(), b.Elements()
		if len(x) != len(y) {
			return false
		}
		for i := range x {
			if !Equal(x[i], y[i]) {
				return false
			}
		}
		return true
	case Object:
		return equalObjects(a, b)
	}
	return false
}

func equalObjects(a, b JSON) bool {
	x, y := a.Members(), b.Members()
	if len(x) != len(y) {
		return false
	}
	other := make(map[string]JSON, len(y))
	for _, m := range y {
		other[m.Key] = m.Value
	}
	for _, m := range x {
		v, ok := other[m.Key]
		if !ok || !Equal(m.Value, v) {
			return false
		}
	}
	return true
}
