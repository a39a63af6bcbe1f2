package asl

import (
	"errors"

	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// env is what expressions can read: "$", the context object, variables.
type env struct {
	x     *Execution
	b     *branch
	input value.JSON // "$"
	vars  *scope
	token string // of the task that is being scheduled
	item  *mapItem
}

// env returns the view of a branch's current state, with the given "$".
func (x *Execution) env(b *branch, input value.JSON) *env {
	return &env{x: x, b: b, input: input, vars: b.vars, item: b.item}
}

// errNoVariable is returned for a path that starts from a variable without a value.
var errNoVariable = errors.New("no such variable")

// find evaluates a path. It also returns the path's root value, for messages.
func (e *env) find(p *jsonpath.Path) (found, root value.JSON, err error) {
	switch p.Root() {
	case jsonpath.Input:
		root = e.input
	case jsonpath.Context:
		first, _ := p.FirstKey()
		root = e.context(first)
	case jsonpath.Variable:
		v, ok := e.vars.lookup(p.Variable())
		if !ok {
			return "", value.EmptyObject, errNoVariable
		}
		root = v
	}
	found, err = p.Eval(root)
	return found, root, err
}

// path evaluates the path of a field such as InputPath or OutputPath.
func (e *env) path(p *jsonpath.Path) (value.JSON, *fault) {
	v, _, err := e.find(p)
	if err != nil {
		return "", runtimeFault("Invalid path '%s' : %v", p, err)
	}
	return v, nil
}

// field applies InputPath or OutputPath.
func (e *env) field(f pathField) (value.JSON, *fault) {
	switch {
	case f.null:
		return value.EmptyObject, nil
	case f.path == nil:
		return e.input, nil
	}
	return e.path(f.path)
}

// scope holds the variables of one workflow level, and reads those of the outer levels.
type scope struct {
	outer *scope
	names []string
	vals  []value.JSON
}

func (s *scope) lookup(name string) (value.JSON, bool) {
	for ; s != nil; s = s.outer {
		for i, n := range s.names {
			if n == name {
				return s.vals[i], true
			}
		}
	}
	return "", false
}

// with returns a scope of the same level with variables set. Scopes are immutable: a redrive or
// another branch that holds one does not see the change.
func (s *scope) with(assigned []Variable) *scope {
	out := &scope{}
	if s != nil {
		out.outer = s.outer
		out.names = append([]string(nil), s.names...)
		out.vals = append([]value.JSON(nil), s.vals...)
	}
	for _, a := range assigned {
		at := -1
		for i, n := range out.names {
			if n == a.Name {
				at = i
			}
		}
		if at < 0 {
			out.names = append(out.names, a.Name)
			out.vals = append(out.vals, value.JSON(a.Value))
			continue
		}
		out.vals[at] = value.JSON(a.Value)
	}
	return out
}

// size returns the number of bytes of all values, those of outer levels included.
func (s *scope) size() int {
	n := 0
	for ; s != nil; s = s.outer {
		for _, v := range s.vals {
			n += len(v)
		}
	}
	return n
}
