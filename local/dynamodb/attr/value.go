// Package attr holds DynamoDB attribute values: their JSON form on the wire, their binary form in
// the store, exact decimal numbers, sizes as DynamoDB counts them, and the order-preserving form of
// keys.
package attr

import (
	"cmp"
	"slices"
)

// Kind is the type of a value.
type Kind byte

// The kinds, in the order in which the binary form numbers them.
const (
	Missing Kind = iota // the zero Value: no value
	S
	N
	B
	BOOL
	NULL
	L
	M
	SS
	NS
	BS
)

var kindNames = [...]string{"", "S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"}

// String is the name of the kind on the wire: S, N, B, BOOL, NULL, L, M, SS, NS or BS.
func (k Kind) String() string { return kindNames[k] }

// KindOf returns the kind with the given wire name, or Missing.
func KindOf(name string) Kind {
	for k, n := range kindNames {
		if n == name {
			return Kind(k)
		}
	}
	return Missing
}

// IsSet reports whether the kind is SS, NS or BS.
func (k Kind) IsSet() bool { return k >= SS }

// Element is the kind of a set's elements.
func (k Kind) Element() Kind {
	switch k {
	case SS:
		return S
	case NS:
		return N
	case BS:
		return B
	}
	return Missing
}

// Value is one attribute value. Values are immutable: to change a document, copy the path to the
// change.
type Value struct {
	Kind Kind
	Bool bool             // BOOL
	Text string           // S; N in canonical decimal notation; B as raw bytes
	List []Value          // L; the elements of a set, sorted and distinct
	Map  map[string]Value // M
}

// Item is the attributes of one item by name.
type Item map[string]Value

// Equal reports whether two values are the same: numbers by value, sets without regard to order.
func Equal(a, b Value) bool {
	if a.Kind != b.Kind || a.Bool != b.Bool || a.Text != b.Text || len(a.List) != len(b.List) {
		return false
	}
	for i := range a.List {
		if !Equal(a.List[i], b.List[i]) {
			return false
		}
	}
	return equalMaps(a.Map, b.Map)
}

func equalMaps(a, b map[string]Value) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || !Equal(v, w) {
			return false
		}
	}
	return true
}

// Compare orders two scalars of the same kind: S and B by bytes, N by value. Other kinds have no
// order: ok is false.
func Compare(a, b Value) (order int, ok bool) {
	if a.Kind != b.Kind {
		return 0, false
	}
	switch a.Kind {
	case S, B:
		return cmp.Compare(a.Text, b.Text), true
	case N:
		return compareNumbers(a.Text, b.Text), true
	}
	return 0, false
}

// NewSet makes a set of distinct elements of one scalar kind; the order of the elements does not
// matter. It reports false for duplicates.
func NewSet(kind Kind, elements []Value) (Value, bool) {
	sorted := slices.Clone(elements)
	slices.SortFunc(sorted, func(a, b Value) int { n, _ := Compare(a, b); return n })
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Text == sorted[i-1].Text {
			return Value{}, false
		}
	}
	return Value{Kind: kind, List: sorted}, true
}

// Union returns the elements of both sets, which are of one kind.
func Union(a, b Value) Value {
	out := slices.Clone(a.List)
	for _, v := range b.List {
		if !a.Contains(v) {
			out = append(out, v)
		}
	}
	set, _ := NewSet(a.Kind, out)
	return set
}

// Difference returns the elements of a that are not in b.
func Difference(a, b Value) Value {
	out := Value{Kind: a.Kind}
	for _, v := range a.List {
		if !b.Contains(v) {
			out.List = append(out.List, v)
		}
	}
	return out
}

// Contains reports whether a set or list holds an element.
func (v Value) Contains(element Value) bool {
	return slices.ContainsFunc(v.List, func(e Value) bool { return Equal(e, element) })
}
