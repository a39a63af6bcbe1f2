package attr

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The JSON form of a value is an object with one member, its kind: {"S":"x"}, {"N":"1.5"},
// {"B":"<base64>"}, {"BOOL":true}, {"NULL":true}, {"L":[...]}, {"M":{...}}, {"SS":[...]},
// {"NS":[...]}, {"BS":[...]}. It is read by hand: items are most of what a request carries.

// maxDepth is how deep lists and maps may nest.
const maxDepth = 32

// UnmarshalJSON reads an object of values. The error is *Error for values that DynamoDB refuses,
// *SyntaxError for other JSON.
func (item *Item) UnmarshalJSON(data []byte) error {
	p := parser{data: data}
	if p.literal("null") {
		return nil
	}
	m, err := p.members(0)
	if err == nil {
		*item = m
	}
	return err
}

// UnmarshalJSON reads one value; errors as of Item.UnmarshalJSON.
func (v *Value) UnmarshalJSON(data []byte) error {
	p := parser{data: data}
	var err error
	*v, err = p.value(0)
	return err
}

// parser walks over JSON that encoding/json has found well-formed.
type parser struct {
	data []byte
	at   int
}

func (p *parser) space() {
	for p.at < len(p.data) && (p.data[p.at] == ' ' || p.data[p.at] == '\n' || p.data[p.at] == '\t' || p.data[p.at] == '\r') {
		p.at++
	}
}

// take consumes c, which white space may precede.
func (p *parser) take(c byte) bool {
	p.space()
	if p.at < len(p.data) && p.data[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) literal(word string) bool {
	p.space()
	if strings.HasPrefix(string(p.data[p.at:min(len(p.data), p.at+len(word))]), word) {
		p.at += len(word)
		return true
	}
	return false
}

func (p *parser) unexpected(want string) error {
	return &SyntaxError{fmt.Sprintf("expected %s at byte %d of an attribute value", want, p.at)}
}

// text reads a JSON string.
func (p *parser) text() (string, error) {
	if !p.take('"') {
		return "", p.unexpected("a string")
	}
	start, plain := p.at, true
	for p.at < len(p.data) && p.data[p.at] != '"' {
		if p.data[p.at] == '\\' {
			plain = false
			p.at++
		}
		p.at++
	}
	if p.at >= len(p.data) {
		return "", p.unexpected("the end of a string")
	}
	p.at++
	if plain && utf8.Valid(p.data[start:p.at-1]) {
		return string(p.data[start : p.at-1]), nil
	}
	var s string
	if err := json.Unmarshal(p.data[start-1:p.at], &s); err != nil {
		return "", &SyntaxError{err.Error()}
	}
	return s, nil
}

// each calls f for every element between the brackets.
func (p *parser) each(opening, closing byte, f func() error) error {
	if !p.take(opening) {
		return p.unexpected(string(opening))
	}
	if p.take(closing) {
		return nil
	}
	for {
		if err := f(); err != nil {
			return err
		}
		if p.take(closing) {
			return nil
		}
		if !p.take(',') {
			return p.unexpected(string(closing))
		}
	}
}

func (p *parser) member(f func(name string) error) error {
	name, err := p.text()
	if err != nil {
		return err
	}
	if !p.take(':') {
		return p.unexpected("a colon")
	}
	return f(name)
}

func (p *parser) members(depth int) (map[string]Value, error) {
	m := map[string]Value{}
	err := p.each('{', '}', func() error {
		return p.member(func(name string) error {
			v, err := p.value(depth)
			if err == nil {
				err = checkName(name)
			}
			m[name] = v
			return within(name, depth, err)
		})
	})
	return m, err
}

// maxName is the longest attribute name in bytes.
const maxName = 65535

func checkName(name string) error {
	switch {
	case name == "":
		return &Error{Message: "One or more parameter values were invalid: Empty attribute name"}
	case len(name) > maxName:
		return &Error{Message: "1 validation error detected: Attribute name is too large, must be less than 65536 bytes"}
	}
	return nil
}

// within records the top-level attribute in an error of its value.
func within(name string, depth int, err error) error {
	if e, ok := err.(*Error); ok && depth == 0 {
		return &Error{e.Message, name}
	}
	return err
}

func (p *parser) value(depth int) (Value, error) {
	var v Value
	if depth > maxDepth {
		return v, &Error{Message: "Nesting Levels have exceeded supported limits"}
	}
	kinds := 0
	err := p.each('{', '}', func() error {
		return p.member(func(kind string) error {
			var err error
			v, err = p.typed(KindOf(kind), depth)
			kinds++
			return err
		})
	})
	if err == nil && kinds > 1 {
		err = &Error{Message: "Supplied AttributeValue has more than one datatypes set, must contain exactly one of " +
			"the supported datatypes"}
	}
	if err == nil && v.Kind == Missing {
		err = &Error{Message: "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"}
	}
	return v, err
}

// typed reads what follows the name of a kind.
func (p *parser) typed(kind Kind, depth int) (Value, error) {
	switch kind {
	case S, N, B:
		return p.scalar(kind)
	case BOOL:
		b, err := p.boolean()
		return Value{Kind: BOOL, Bool: b}, err
	case NULL:
		b, err := p.boolean()
		if err == nil && !b {
			err = &Error{Message: "One or more parameter values were invalid: Null attribute value types must have " +
				"the value of true"}
		}
		return Value{Kind: NULL}, err
	case M:
		m, err := p.members(depth + 1)
		return Value{Kind: M, Map: m}, err
	case L:
		v := Value{Kind: L}
		err := p.each('[', ']', func() error {
			e, err := p.value(depth + 1)
			v.List = append(v.List, e)
			return err
		})
		return v, err
	case SS, NS, BS:
		return p.set(kind)
	}
	return Value{}, &Error{Message: "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"}
}

func (p *parser) boolean() (bool, error) {
	switch {
	case p.literal("true"):
		return true, nil
	case p.literal("false"):
		return false, nil
	}
	return false, p.unexpected("a boolean")
}

func (p *parser) scalar(kind Kind) (Value, error) {
	s, err := p.text()
	if err != nil {
		return Value{}, err
	}
	switch kind {
	case N:
		return Number(s)
	case B:
		raw, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return Value{}, &SyntaxError{"binary value: " + err.Error()}
		}
		return Value{Kind: B, Text: string(raw)}, nil
	}
	return Value{Kind: kind, Text: s}, nil
}

func (p *parser) set(kind Kind) (Value, error) {
	var list []Value
	err := p.each('[', ']', func() error {
		e, err := p.scalar(kind.Element())
		list = append(list, e)
		return err
	})
	if err != nil {
		return Value{}, err
	}
	if len(list) == 0 {
		return Value{}, &Error{Message: map[Kind]string{
			SS: "One or more parameter values were invalid: An string set  may not be empty",
			NS: "One or more parameter values were invalid: An number set  may not be empty",
			BS: "One or more parameter values were invalid: Binary sets should not be empty",
		}[kind]}
	}
	v, distinct := NewSet(kind, list)
	if !distinct {
		return v, duplicates(kind, list)
	}
	return v, nil
}

// duplicates is the error of a set that names an element twice. AWS has another text for each kind.
func duplicates(kind Kind, list []Value) error {
	if kind == NS {
		return &Error{Message: "Input collection contains duplicates"}
	}
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = v.Text
		if kind == BS {
			texts[i] = base64.StdEncoding.EncodeToString([]byte(v.Text))
		}
	}
	message := "One or more parameter values were invalid: Input collection [" + strings.Join(texts, ", ") + "]"
	if kind == BS {
		message += "of type BS"
	}
	return &Error{Message: message + " contains duplicates."}
}
