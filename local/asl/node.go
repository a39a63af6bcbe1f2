package asl

import (
	"strconv"
	"strings"

	"orderflow/local/asl/jsonpath"
	"orderflow/local/asl/value"
)

// node is a JSON object of the definition that is being read.
type node struct {
	p       *parser
	loc     string // "" is the machine
	members []value.Member
	used    []bool
}

func (p *parser) node(loc string, v value.JSON) *node {
	members := v.Members()
	return &node{p: p, loc: loc, members: members, used: make([]bool, len(members))}
}

func (n *node) location() string {
	if n.loc == "" {
		return "/"
	}
	return n.loc
}

func (n *node) at(field string) string { return n.loc + "/" + field }

func (n *node) atIndex(field string, i int) string { return n.at(field) + "/" + strconv.Itoa(i) }

func (n *node) get(field string) (value.JSON, bool) {
	for i, m := range n.members {
		if m.Key == field {
			n.used[i] = true
			return m.Value, true
		}
	}
	return "", false
}

func (n *node) has(field string) bool {
	for _, m := range n.members {
		if m.Key == field {
			return true
		}
	}
	return false
}

func (n *node) ignore(fields ...string) {
	for _, f := range fields {
		n.get(f)
	}
}

// unknown warns of the fields that nothing has read.
func (n *node) unknown() {
	for i, m := range n.members {
		if !n.used[i] {
			n.p.warn(n.at(m.Key), "The field '%s' is not known here, and is ignored", m.Key)
		}
	}
}

// missing lists the fields that are not there: "[States, StartAt]", or "".
func (n *node) missing(fields ...string) string {
	var out []string
	for _, f := range fields {
		if !n.has(f) {
			out = append(out, f)
		}
	}
	if out == nil {
		return ""
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// of reads a field of a kind; a value of another kind is reported.
func (n *node) of(field string, kind value.Kind, name string) (value.JSON, bool) {
	v, ok := n.get(field)
	if !ok {
		return "", false
	}
	if v.Kind() != kind {
		n.p.fail(n.at(field), "Expected value of type %s", name)
		return "", false
	}
	return v, true
}

func (n *node) text(field string) (string, bool) {
	v, ok := n.of(field, value.String, "String")
	return v.Text(), ok
}

func (n *node) optional(field string) *string {
	if s, ok := n.text(field); ok {
		return &s
	}
	return nil
}

func (n *node) array(field string) ([]value.JSON, bool) {
	v, ok := n.of(field, value.Array, "Array")
	return v.Elements(), ok
}

func (n *node) object(field string) (*node, bool) {
	v, ok := n.of(field, value.Object, "Object")
	return n.p.node(n.at(field), v), ok
}

// integer reads a whole number of at least least.
func (n *node) integer(field string, least, fallback int64) int64 {
	v, ok := n.of(field, value.Number, "Integer")
	if !ok {
		return fallback
	}
	f, _ := v.Float()
	i, whole := v.Int()
	if !whole && f == float64(int64(f)) && f > -1e15 && f < 1e15 {
		i, whole = int64(f), true // 5.0
	}
	if !whole {
		n.p.fail(n.at(field), "Expected value of type Integer")
		return fallback
	}
	if i < least {
		n.p.fail(n.at(field), "Value must be greater than or equal to %d", least)
		return fallback
	}
	return i
}

// positive reads a positive number of seconds; 0 if the field is missing.
func (n *node) positive(field string) int64 { return n.integer(field, 1, 0) }

func (n *node) path(field string) *jsonpath.Path {
	text, ok := n.text(field)
	if !ok {
		return nil
	}
	path, err := jsonpath.Parse(text)
	if err != nil {
		n.p.fail(n.at(field), "Value is not a valid JSONPath: %v", err)
	}
	return path
}

// referencePath reads a path that finds at most one value.
func (n *node) referencePath(field string) *jsonpath.Path {
	path := n.path(field)
	if path != nil && !path.Definite() {
		n.p.fail(n.at(field), "Value is not a Reference Path")
	}
	return path
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
		p.fail(location, "The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call", field)
	})
}
