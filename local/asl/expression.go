package asl

import (
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// expression is the value of a field that ends in ".$": a path, or the call of an intrinsic
// function.
type expression struct {
	path *jsonpath.Path
	call *call
}

// parseExpression compiles the text of an expression.
func parseExpression(text string) (*expression, error) {
	if strings.HasPrefix(text, "$") {
		p, err := jsonpath.Parse(text)
		if err != nil {
			return nil, err
		}
		return &expression{path: p}, nil
	}
	c, err := parseCall(text)
	if err != nil {
		return nil, err
	}
	return &expression{call: c}, nil
}

// template is a payload template: a literal, or an object or array with expressions
// somewhere inside.
type template struct {
	literal value.JSON // if set, the whole value; otherwise members or items
	members []templateMember
	items   []*template // with members nil: an array
	isArray bool
}

type templateMember struct {
	key   []byte // quoted, with the colon
	name  string // as shown in messages: "price.$"
	value *template
	expr  *expression // instead of value
}

// parseTemplate compiles a payload template. It calls fail for each field whose name ends in ".$"
// but whose value is not an expression.
func parseTemplate(v value.JSON, fail func(field, text string)) *template {
	t, _ := compileTemplate(v, fail)
	return t
}

func compileTemplate(v value.JSON, fail func(field, text string)) (t *template, dynamic bool) {
	switch v.Kind() {
	case value.Object:
		t = &template{}
		t.members, dynamic = compileMembers(v.Members(), fail)
	case value.Array:
		t = &template{isArray: true}
		for e := range v.EachElement() {
			item, inner := compileTemplate(e, fail)
			dynamic = dynamic || inner
			t.items = append(t.items, item)
		}
	}
	if !dynamic {
		t = &template{literal: value.Compact(v)}
	}
	return t, dynamic
}

// compileMembers compiles the members of an object. If "a" and "a.$" name the same member, the
// later one counts.
func compileMembers(members []value.Member, fail func(field, text string)) (out []templateMember, dynamic bool) {
	at := make(map[string]int, len(members))
	for _, m := range members {
		tm := templateMember{name: m.Key}
		key, isExpr := strings.CutSuffix(m.Key, ".$")
		if isExpr {
			dynamic = true
			tm.expr = compileField(m, fail)
		} else {
			var inner bool
			tm.value, inner = compileTemplate(m.Value, fail)
			dynamic = dynamic || inner
		}
		tm.key = append(value.AppendString(nil, key), ':')
		if i, ok := at[key]; ok {
			out[i] = tm
			continue
		}
		at[key] = len(out)
		out = append(out, tm)
	}
	return out, dynamic
}

func compileField(m value.Member, fail func(field, text string)) *expression {
	if m.Value.Kind() != value.String {
		fail(m.Key, string(m.Value))
		return nil
	}
	e, err := parseExpression(m.Value.Text())
	if err != nil {
		fail(m.Key, m.Value.Text())
		return nil
	}
	return e
}

// eval returns the template's value.
func (t *template) eval(e *env) (value.JSON, *fault) {
	if t.literal != "" {
		return t.literal, nil
	}
	dst, f := t.appendTo(make([]byte, 0, 128), e)
	return value.JSON(dst), f
}

func (t *template) appendTo(dst []byte, e *env) ([]byte, *fault) {
	if t.literal != "" {
		return append(dst, t.literal...), nil
	}
	if t.isArray {
		dst = append(dst, '[')
		for i, item := range t.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			var f *fault
			if dst, f = item.appendTo(dst, e); f != nil {
				return nil, f
			}
		}
		return append(dst, ']'), nil
	}
	dst = append(dst, '{')
	for i := range t.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		var f *fault
		if dst, f = t.members[i].appendTo(dst, e); f != nil {
			return nil, f
		}
	}
	return append(dst, '}'), nil
}

func (m *templateMember) appendTo(dst []byte, e *env) ([]byte, *fault) {
	dst = append(dst, m.key...)
	if m.expr == nil {
		return m.value.appendTo(dst, e)
	}
	v, f := m.expr.eval(e, m.name)
	return append(dst, v...), f
}

// eval returns the expression's value; messages use field as its name.
func (x *expression) eval(e *env, field string) (value.JSON, *fault) {
	if x.call != nil {
		return x.call.eval(e)
	}
	v, root, err := e.find(x.path)
	if err != nil {
		return "",
			runtimeFault("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'",
				x.path, field, root)
	}
	return v, nil
}
