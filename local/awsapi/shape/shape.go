// Package shape copies a value to a type of another package with the same members. The result is
// the same as if the value were encoded in JSON and decoded into the other type. So inputs of the
// SDK become inputs of the local services, and outputs of the services become outputs of the SDK. A
// copy shares no mutable memory with the original. Recursive types are not supported.
package shape

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
)

// Move sets dst, which can be set and is zero, from src.
type Move func(dst, src reflect.Value) error

// Copier copies values. Its zero value is ready to use; it is safe for concurrent use.
type Copier struct {
	// FromSDK is set for inputs of the SDK. Zero numbers, booleans and strings that are not behind
	// a pointer are left out, as the SDK does. Text that is not UTF-8 is refused: JSON would change
	// it.
	FromSDK bool
	// Always reports the members of a struct that are never left out.
	Always func(structure reflect.Type, member string) bool
	// Leaf returns the move of a pair of types that needs a special one; nil for all others.
	Leaf func(dst, src reflect.Type) Move

	plans sync.Map // pair -> plan
}

type pair struct{ dst, src reflect.Type }

type plan struct {
	move Move
	err  error
}

// Error is a value, or a type, that cannot be copied.
type Error struct{ Reason string }

func (e *Error) Error() string { return "copy between shapes: " + e.Reason }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// Copy sets what dst points to from src, a value or a pointer to one. The error is an *Error; dst
// is then of no use.
func (c *Copier) Copy(dst, src any) error {
	to, from := reflect.ValueOf(dst).Elem(), reflect.Indirect(reflect.ValueOf(src))
	if !from.IsValid() {
		return nil
	}
	move, err := c.plan(to.Type(), from.Type())
	if err != nil {
		return err
	}
	return move(to, from)
}

func (c *Copier) plan(dst, src reflect.Type) (Move, error) {
	p, ok := c.plans.Load(pair{dst, src})
	if !ok {
		move, err := c.compile(dst, src)
		p, _ = c.plans.LoadOrStore(pair{dst, src}, plan{move, err})
	}
	return p.(plan).move, p.(plan).err
}

// compile makes the move of a pair of types.
func (c *Copier) compile(dst, src reflect.Type) (Move, error) {
	if c.Leaf != nil {
		if move := c.Leaf(dst, src); move != nil {
			return move, nil
		}
	}
	if dst != timeType && src != timeType && (own(dst, unmarshaler) || own(src, marshaler)) {
		return nil, errorf("%s or %s has a JSON of its own", dst, src)
	}
	switch {
	case (dst == raw) != (src == raw):
		return absent, nil
	case src.Kind() == reflect.Interface:
		return c.dynamic, nil
	case src.Kind() == reflect.Pointer:
		return c.fromPointer(dst, src)
	case dst.Kind() == reflect.Pointer:
		return c.toPointer(dst, src)
	case src.Kind() == reflect.Struct && dst.Kind() == reflect.Struct && dst != timeType:
		return c.structs(dst, src)
	case src.Kind() == reflect.Slice && dst.Kind() == reflect.Slice:
		return c.slices(dst, src)
	case src.Kind() == reflect.Map && src.Key().Kind() == reflect.String && dst.Kind() == reflect.Struct:
		return c.object(dst, src)
	case src.Kind() == reflect.Map && src.Key().Kind() == reflect.String && dst.Kind() == reflect.Map &&
		dst.Key().Kind() == reflect.String:
		return c.maps(dst, src)
	}
	if move := c.scalar(dst, src); move != nil {
		return move, nil
	}
	return nil, errorf("%s is no %s", src, dst)
}

var (
	marshaler   = reflect.TypeFor[json.Marshaler]()
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
)

// own reports whether a type has its own conversion to or from JSON, which this package cannot
// follow.
func own(t, way reflect.Type) bool {
	known := t == raw || t.Implements(timerType) || reflect.PointerTo(t).Implements(texterType)
	return !known && t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(way)
}

// dynamic copies the value in an interface.
func (c *Copier) dynamic(dst, src reflect.Value) error {
	if src.IsNil() {
		return nil
	}
	move, err := c.plan(dst.Type(), src.Elem().Type())
	if err != nil {
		return err
	}
	return move(dst, src.Elem())
}

func (c *Copier) fromPointer(dst, src reflect.Type) (Move, error) {
	inner, err := c.compile(dst, src.Elem())
	return func(dst, src reflect.Value) error {
		if src.IsNil() {
			return nil
		}
		return inner(dst, src.Elem())
	}, err
}

func (c *Copier) toPointer(dst, src reflect.Type) (Move, error) {
	inner, err := c.compile(dst.Elem(), src)
	if nilable(src.Kind()) {
		return func(dst, src reflect.Value) error {
			if src.IsNil() {
				return nil
			}
			dst.Set(reflect.New(dst.Type().Elem()))
			return inner(dst.Elem(), src)
		}, err
	}
	return func(dst, src reflect.Value) error {
		dst.Set(reflect.New(dst.Type().Elem()))
		return inner(dst.Elem(), src)
	}, err
}

func nilable(k reflect.Kind) bool {
	return k == reflect.Map || k == reflect.Slice || k == reflect.Pointer
}
