package asl

import (
	"maps"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// VariableReferences lists, for each state of a valid definition at any depth, the variables that
// its fields read, sorted by name. States that read none are left out.
func VariableReferences(definition string) map[string][]string {
	v, err := value.Parse(definition)
	if err != nil {
		return nil
	}
	out := map[string][]string{}
	referencesOf(v, out)
	return out
}

// referencesOf collects the references of the states of a workflow.
func referencesOf(workflow value.JSON, out map[string][]string) {
	states, _ := workflow.Member("States")
	for _, s := range states.Members() {
		found := references{}
		found.fields(s.Value)
		if len(found) > 0 {
			out[s.Key] = slices.Sorted(maps.Keys(found))
		}
		for _, inner := range innerWorkflows(s.Value) {
			referencesOf(inner, out)
		}
	}
}

// innerWorkflows returns the branches or the item processor of a state.
func innerWorkflows(state value.JSON) []value.JSON {
	var out []value.JSON
	for _, field := range [...]string{"ItemProcessor", "Iterator"} {
		if f, ok := state.Member(field); ok {
			out = append(out, f)
		}
	}
	branches, _ := state.Member("Branches")
	return append(out, branches.Elements()...)
}

type references map[string]bool

// fields searches the fields of a state, a choice rule or a catcher.
func (r references) fields(v value.JSON) {
	for _, m := range v.Members() {
		switch {
		case slices.Contains([]string{"Branches", "ItemProcessor", "Iterator", "Result"}, m.Key):
		case slices.Contains([]string{"Choices", "And", "Or", "Catch"}, m.Key):
			for e := range m.Value.EachElement() {
				r.fields(e)
			}
		case m.Key == "Not":
			r.fields(m.Value)
		case m.Key == "Variable" || strings.HasSuffix(m.Key, "Path"):
			r.expression(m.Value)
		default:
			r.template(m.Value)
		}
	}
}

// template searches a payload template.
func (r references) template(v value.JSON) {
	for _, m := range v.Members() {
		if strings.HasSuffix(m.Key, ".$") {
			r.expression(m.Value)
		} else {
			r.template(m.Value)
		}
	}
	for e := range v.EachElement() {
		r.template(e)
	}
}

func (r references) expression(v value.JSON) {
	if v.Kind() != value.String {
		return
	}
	e, err := parseExpression(v.Text())
	if err != nil {
		return
	}
	r.path(e.path)
	r.call(e.call)
}

func (r references) path(p *jsonpath.Path) {
	if p != nil && p.Root() == jsonpath.Variable {
		r[p.Variable()] = true
	}
}

func (r references) call(c *call) {
	if c == nil {
		return
	}
	for _, a := range c.args {
		r.path(a.path)
		r.call(a.call)
	}
}
