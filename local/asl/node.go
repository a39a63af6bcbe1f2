package asl

import (
	"slices"
	"strconv"

	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// node is a JSON object of a definition. Its methods return the fields that conform to the object's
// schema: a value of another type is reported there, and treated as missing here.
type node struct {
	p       *parser
	loc     string // "" for the machine
	members []value.Member
}

func (p *parser) node(loc string, v value.JSON) *node { return &node{p, loc, v.Members()} }

func (n *node) location() string {
	if n.loc == "" {
		return "/"
	}
	return n.loc
}

func (n *node) at(field string) string { return n.loc + "/" + field }

func (n *node) atIndex(field string, i int) string { return n.at(field) + "[" + strconv.Itoa(i) + "]" }

func (n *node) get(field string) (value.JSON, bool) {
	for _, m := range n.members {
		if m.Key == field {
			return m.Value, true
		}
	}
	return "", false
}

func (n *node) has(field string) bool {
	_, ok := n.get(field)
	return ok
}

// missing lists the fields that are missing: "[States, StartAt]", or "".
func (n *node) missing(fields ...string) string {
	out := slices.DeleteFunc(slices.Clone(fields), n.has)
	if len(out) == 0 {
		return ""
	}
	return list(out)
}

// of returns a field of the given kind.
func (n *node) of(field string, kind value.Kind) (value.JSON, bool) {
	v, ok := n.get(field)
	return v, ok && v.Kind() == kind
}

func (n *node) text(field string) (string, bool) {
	v, ok := n.of(field, value.String)
	if !ok {
		return "", false
	}
	return v.Text(), true
}

func (n *node) optional(field string) *string {
	if s, ok := n.text(field); ok {
		return &s
	}
	return nil
}

func (n *node) array(field string) []value.JSON {
	v, _ := n.of(field, value.Array)
	return v.Elements()
}

func (n *node) object(field string) (*node, bool) {
	v, ok := n.of(field, value.Object)
	return n.p.node(n.at(field), v), ok
}

// objects returns the objects in an array, and reports other elements.
func (n *node) objects(field string) []*node {
	var out []*node
	for i, v := range n.array(field) {
		at := n.atIndex(field, i)
		if v.Kind() != value.Object {
			n.p.fail(at, "Expected value of type Object")
			continue
		}
		out = append(out, n.p.node(at, v))
	}
	return out
}

// integer returns a whole number.
func (n *node) integer(field string, fallback int64) int64 {
	v, ok := n.get(field)
	if !ok {
		return fallback
	}
	i, whole := wholeNumber(v)
	if !whole {
		return fallback
	}
	return i
}

func (n *node) path(field string) *jsonpath.Path {
	text, ok := n.text(field)
	if !ok {
		return nil
	}
	path, err := jsonpath.Parse(text)
	if err != nil {
		return nil
	}
	return path
}

// expression parses a path or the call of an intrinsic function.
func (n *node) expression(field string) *expression {
	text, ok := n.text(field)
	if !ok {
		return nil
	}
	e, err := parseExpression(text)
	if err != nil {
		return nil
	}
	return e
}

func (n *node) template(field string) *template {
	v, ok := n.get(field)
	if !ok {
		return nil
	}
	return n.p.template(n.at(field), v)
}

func (p *parser) template(location string, v value.JSON) *template {
	return parseTemplate(v, func(field, _ string) {
		p.fail(location, "The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call",
			field)
	})
}
