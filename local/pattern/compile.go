package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
)

// Compile compiles an event pattern, a JSON object. It returns an *Error for a pattern that AWS
// refuses.
func Compile(text []byte) (*Pattern, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, errorf("%v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errorf("text follows the JSON object")
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, errorf("Filter is not an object")
	}
	root := &node{}
	if err := root.fill(object, nil); err != nil {
		return nil, err
	}
	return &Pattern{root}, nil
}

// fill adds the members of an object of the pattern. It adds them sorted by name, so that the same
// pattern always returns the same error.
func (n *node) fill(object map[string]any, path []string) error {
	if len(object) == 0 {
		return errorf("Empty objects are not allowed")
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		var err error
		if name == "$or" {
			err = n.fillOr(object[name], path)
		} else {
			err = n.fillField(name, object[name], path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (n *node) fillOr(v any, path []string) error {
	list, ok := v.([]any)
	if !ok {
		return errorf(`"$or" must be an array`)
	}
	if len(list) < 2 {
		return errorf("There must have at least 2 Objects in $or relationship.")
	}
	group := make([]*node, len(list))
	for i, e := range list {
		object, ok := e.(map[string]any)
		if !ok {
			return errorf("Only objects are allowed in array of $or relationship.")
		}
		if err := checkReserved(object); err != nil {
			return err
		}
		group[i] = &node{}
		if err := group[i].fill(object, path); err != nil {
			return err
		}
	}
	n.or = append(n.or, group)
	return nil
}

// reserved are the names that a field inside of "$or" must not have: operators, and names that may
// become one.
var reserved = strings.Fields(`exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr = < <= > >= regex
	not-wildcard not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before in-date-range ip-address-in-range ip-address-not-in-range`)

func checkReserved(object map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if slices.Contains(reserved, name) {
			return errorf("%s is Ruler reserved fieldName which cannot be used inside $or.", name)
		}
		if inner, ok := object[name].(map[string]any); ok {
			if err := checkReserved(inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// fillField adds one member. A name with dots is a path.
func (n *node) fillField(name string, v any, path []string) error {
	head, rest, dotted := strings.Cut(name, ".")
	path = append(slices.Clone(path), head)
	if dotted {
		return n.child(head).fillField(rest, v, path)
	}
	switch v := v.(type) {
	case map[string]any:
		return n.child(head).fill(v, path)
	case []any:
		l, err := compileLeaf(v, path)
		if err != nil {
			return err
		}
		n.fields = append(n.fields, &field{name: head, leaf: l})
		return nil
	}
	return errorf(`"%s" must be an object or an array`, name)
}

func (n *node) child(name string) *node {
	for _, f := range n.fields {
		if f.name == name && f.child != nil {
			return f.child
		}
	}
	f := &field{name: name, child: &node{}}
	n.fields = append(n.fields, f)
	return f.child
}

func compileLeaf(list []any, path []string) (*leaf, error) {
	if len(list) == 0 {
		return nil, errorf("Empty arrays are not allowed")
	}
	l := &leaf{path: path, exact: map[string]bool{}}
	for _, v := range list {
		if err := l.add(v); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *leaf) add(v any) error {
	switch v := v.(type) {
	case string:
		l.exact[v] = true
	case map[string]any:
		return l.addOperator(v)
	case []any:
		return errorf("Match value must be String, number, true, false, or null")
	default: // number, boolean, null
		l.matchers = append(l.matchers, func(have any) bool { return have == v })
	}
	return nil
}

func (l *leaf) addOperator(object map[string]any) error {
	if len(object) != 1 {
		return errorf("Only one key allowed in match expression")
	}
	for name, v := range object {
		if name == "exists" {
			return l.addExists(v)
		}
		m, err := compileOperator(name, v)
		if err != nil {
			return err
		}
		l.matchers = append(l.matchers, m)
	}
	return nil
}

func (l *leaf) addExists(v any) error {
	exists, ok := v.(bool)
	if !ok {
		return errorf("exists match pattern must be either true or false.")
	}
	if !exists {
		l.absent = true
		return nil
	}
	l.matchers = append(l.matchers, func(any) bool { return true })
	return nil
}
