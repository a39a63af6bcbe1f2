package asl

import (
	"strings"

	"orderflow/local/asl/jsonpath"
	"orderflow/local/asl/value"
)

// maxRuleDepth is how deeply And, Or and Not may nest.
const maxRuleDepth = 100

func (r *stateReader) choice() body {
	n := r.n
	c := &choiceState{fallback: r.target(n, "Default")}
	if !n.has("Choices") {
		r.p.fail(n.loc, "These fields are required: [Choices]")
	}
	rules, ok := n.array("Choices")
	if ok && len(rules) == 0 {
		r.p.fail(n.at("Choices"), "Value cannot be empty")
	}
	for i, v := range rules {
		at := n.atIndex("Choices", i)
		if v.Kind() != value.Object {
			r.p.fail(at, "Expected value of type Object")
			continue
		}
		rule := r.p.node(at, v)
		if !rule.has("Next") {
			r.p.fail(at, "These fields are required: [Next]")
		}
		c.rules = append(c.rules, choiceRule{next: r.target(rule, "Next"), assign: r.assign(rule), condition: r.condition(rule, 0)})
		rule.unknown()
	}
	return c
}

// condition reads And, Or, Not, or a comparison.
func (r *stateReader) condition(n *node, depth int) condition {
	n.ignore("Comment")
	if depth > maxRuleDepth {
		r.p.fail(n.loc, "The rule is nested too deeply")
		return anyCondition{}
	}
	switch {
	case n.has("And"):
		return allConditions(r.conditions(n, "And", depth))
	case n.has("Or"):
		return anyCondition(r.conditions(n, "Or", depth))
	case n.has("Not"):
		inner, ok := n.object("Not")
		if !ok {
			return anyCondition{}
		}
		c := notCondition{r.condition(inner, depth+1)}
		inner.unknown()
		return c
	}
	return r.comparison(n)
}

func (r *stateReader) conditions(n *node, field string, depth int) []condition {
	list, ok := n.array(field)
	if ok && len(list) == 0 {
		r.p.fail(n.at(field), "Value cannot be empty")
	}
	var out []condition
	for i, v := range list {
		if v.Kind() != value.Object {
			r.p.fail(n.atIndex(field, i), "Expected value of type Object")
			continue
		}
		inner := r.p.node(n.atIndex(field, i), v)
		out = append(out, r.condition(inner, depth+1))
		inner.unknown()
	}
	return out
}

func (r *stateReader) comparison(n *node) condition {
	if !n.has("Variable") {
		r.p.fail(n.loc, "These fields are required: [Variable]")
	}
	variable := n.path("Variable")
	var found condition
	for _, m := range n.members {
		c, ok := r.operation(n, m, variable)
		if !ok {
			continue
		}
		if found != nil {
			r.p.fail(n.loc, "Only one comparison is allowed")
		}
		found = c
	}
	if found == nil {
		r.p.fail(n.loc, "A comparison is required")
		return anyCondition{}
	}
	return found
}

// operation reads a member that is a comparison operator.
func (r *stateReader) operation(n *node, m value.Member, variable *jsonpath.Path) (condition, bool) {
	if m.Key == "IsPresent" {
		want, _ := n.of(m.Key, value.Bool, "Boolean")
		return &presence{variable, want.Bool()}, true
	}
	if op, ok := operators[m.Key]; ok {
		n.ignore(m.Key)
		r.operand(n.at(m.Key), op, m.Value)
		return &comparison{variable: variable, test: op.test, operand: m.Value}, true
	}
	name, isPath := strings.CutSuffix(m.Key, "Path")
	op, ok := operators[name]
	if !isPath || !ok || !op.path {
		return nil, false
	}
	return &comparison{variable: variable, test: op.test, path: n.path(m.Key)}, true
}

func (r *stateReader) operand(at string, op operator, v value.JSON) {
	switch op.operand {
	case boolOperand:
		if v.Kind() != value.Bool {
			r.p.fail(at, "Expected value of type Boolean")
		}
	case numberOperand:
		if v.Kind() != value.Number {
			r.p.fail(at, "Expected value of type Number")
		}
	case stringOperand:
		if v.Kind() != value.String {
			r.p.fail(at, "Expected value of type String")
		}
	case timestampOperand:
		if _, ok := parseTimestamp(v); !ok {
			r.p.fail(at, "String does not match RFC3339 timestamp")
		}
	}
}
