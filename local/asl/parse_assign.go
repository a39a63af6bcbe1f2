package asl

import (
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// nameScope holds the names of the variables of one workflow: the state machine, a branch, or an
// iteration.
type nameScope struct {
	outer *nameScope
	names map[string]bool // of all that the workflow's states assign, in any order
}

// enter opens the scope of a workflow's states, and returns a function that closes it.
func (p *parser) enter(states []value.Member) (leave func()) {
	p.scope = &nameScope{p.scope, make(map[string]bool)}
	for _, m := range states {
		p.scope.collect(m.Value)
	}
	return func() { p.scope = p.scope.outer }
}

// collect adds the variables that a state, a choice rule or a catcher assigns. Wrong types are
// reported where the fields are parsed.
func (s *nameScope) collect(v value.JSON) {
	if v.Kind() != value.Object {
		return
	}
	for _, m := range v.Members() {
		switch {
		case m.Key == "Assign" && m.Value.Kind() == value.Object:
			for _, a := range m.Value.Members() {
				s.names[variableName(a.Key)] = true
			}
		case (m.Key == "Choices" || m.Key == "Catch") && m.Value.Kind() == value.Array:
			for e := range m.Value.EachElement() {
				s.collect(e)
			}
		}
	}
}

// taken reports whether an outer scope assigns the name: an inner scope may read such a variable,
// but not assign it.
func (s *nameScope) taken(name string) bool {
	for o := s.outer; o != nil; o = o.outer {
		if o.names[name] {
			return true
		}
	}
	return false
}

func variableName(field string) string { return strings.TrimSuffix(field, ".$") }

func (r *stateReader) assign(n *node) *template {
	v, ok := n.of("Assign", value.Object)
	if !ok {
		return nil
	}
	for _, m := range v.Members() {
		name := variableName(m.Key)
		if path, err := jsonpath.Parse("$" + name); err != nil || path.Variable() != name || len(name) > MaxStateName {
			r.p.fail(n.at("Assign"), "The variable name '%s' is not valid", name)
		}
		if name == "states" {
			r.p.fail(n.at("Assign"), "The variable name 'states' is reserved")
		}
		if r.p.scope.taken(name) {
			r.p.fail(n.at("Assign"),
				"The variable '%s' is assigned in an outer scope and cannot be assigned in an inner one", name)
		}
	}
	return r.p.template(n.at("Assign"), v)
}
