package expr

import (
	"unicode/utf16"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// operand is a part of an expression that has a value: a path, a placeholder or a function of
// these.
type operand interface {
	// value is the operand's value for the item; false if it has none.
	value(item attr.Item) (attr.Value, bool)
}

type pathOperand struct{ path Path }

func (o pathOperand) value(item attr.Item) (attr.Value, bool) { return o.path.Get(item) }

type constOperand struct{ v attr.Value }

func (o constOperand) value(attr.Item) (attr.Value, bool) { return o.v, true }

// sizeOperand is size(x): UTF-16 code units of a string, bytes of a binary, elements of a set, list
// or map.
type sizeOperand struct{ of operand }

func (o sizeOperand) value(item attr.Item) (attr.Value, bool) {
	v, ok := o.of.value(item)
	if !ok {
		return attr.Value{}, false
	}
	switch v.Kind {
	case attr.S:
		n := 0
		for _, r := range v.Text {
			n += utf16.RuneLen(r)
		}
		return attr.Int(int64(n)), true
	case attr.B:
		return attr.Int(int64(len(v.Text))), true
	case attr.M:
		return attr.Int(int64(len(v.Map))), true
	case attr.L, attr.SS, attr.NS, attr.BS:
		return attr.Int(int64(len(v.List))), true
	}
	return attr.Value{}, false
}

// constKind is the kind of an operand that is a placeholder; Missing for others.
func constKind(o operand) attr.Kind {
	switch o := o.(type) {
	case constOperand:
		return o.v.Kind
	case sizeOperand:
		return attr.N
	}
	return attr.Missing
}

// walk calls f for every path within an operand.
func walk(o operand, f func(Path)) {
	switch o := o.(type) {
	case pathOperand:
		f(o.path)
	case sizeOperand:
		walk(o.of, f)
	}
}
