package shape

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"
	"unicode/utf8"
)

// Texter is a type that is set from a string.
type Texter interface{ SetText(text string) }

// Texted is a type that holds a string.
type Texted interface{ Text() string }

// timer is a type that holds a point in time.
type timer interface{ Time() time.Time }

var (
	raw        = reflect.TypeFor[json.RawMessage]()
	timeType   = reflect.TypeFor[time.Time]()
	texterType = reflect.TypeFor[Texter]()
	textedType = reflect.TypeFor[Texted]()
	timerType  = reflect.TypeFor[timer]()
)

// scalar returns the move between two types without members or elements; nil if the types are of
// different kinds.
func (c *Copier) scalar(dst, src reflect.Type) Move {
	switch {
	case src.Kind() == reflect.String && reflect.PointerTo(dst).Implements(texterType):
		return c.texter
	case src.Implements(textedType) && dst.Kind() == reflect.String:
		return func(dst, src reflect.Value) error { dst.SetString(src.Interface().(Texted).Text()); return nil }
	case src.Kind() == reflect.String && dst.Kind() == reflect.String:
		return c.text
	case src.Kind() == reflect.Bool && dst.Kind() == reflect.Bool:
		return func(dst, src reflect.Value) error { dst.SetBool(src.Bool()); return nil }
	case dst == timeType && src.Implements(timerType):
		return func(dst, src reflect.Value) error {
			dst.Set(reflect.ValueOf(src.Interface().(timer).Time()))
			return nil
		}
	case src == timeType && dst.Kind() == reflect.Float64:
		return seconds
	case isInt(src) && isInt(dst):
		return integer
	case src.Kind() == reflect.Float64 && dst.Kind() == reflect.Float64:
		return func(dst, src reflect.Value) error { dst.SetFloat(src.Float()); return nil }
	}
	return nil
}

func isInt(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64 }

// valid refuses text that JSON would change.
func (c *Copier) valid(text string) error {
	if c.FromSDK && !utf8.ValidString(text) {
		return errorf("a text is not UTF-8")
	}
	return nil
}

func (c *Copier) text(dst, src reflect.Value) error {
	dst.SetString(src.String())
	return c.valid(src.String())
}

func (c *Copier) texter(dst, src reflect.Value) error {
	dst.Addr().Interface().(Texter).SetText(src.String())
	return c.valid(src.String())
}

func integer(dst, src reflect.Value) error {
	if dst.OverflowInt(src.Int()) {
		return errorf("%d is no %s", src.Int(), dst.Type())
	}
	dst.SetInt(src.Int())
	return nil
}

// seconds sets epoch seconds with the precision of milliseconds, as in AWS JSON.
func seconds(dst, src reflect.Value) error {
	dst.SetFloat(float64(src.Interface().(time.Time).UnixMilli()) / 1e3)
	return nil
}

// blob copies bytes.
func blob(dst, src reflect.Value) error {
	if !src.IsNil() {
		dst.SetBytes(bytes.Clone(src.Bytes()))
	}
	return nil
}

// absent refuses a value whose counterpart is raw JSON.
func absent(_, src reflect.Value) error {
	if !src.IsZero() {
		return errorf("%s is for JSON alone", src.Type())
	}
	return nil
}
