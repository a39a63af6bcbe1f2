package asl

import (
	"strings"

	"orderflow/local/asl/jsonpath"
	"orderflow/local/asl/value"
)

// maxRuleDepth is how deeply And, Or and Not may nest.
const maxRuleDepth = 100

func (r *stateReader) choice() body {
	c := &choiceState{}
	for _, n := range r.n.objects("Choices") {
		rule := choiceRule{condition: r.condition(n, topRule, 0), next: r.target(n, "Next")}
		if !r.jsonata {
			rule.assign = r.assign(n)
		}
		c.rules = append(c.rules, rule)
	}
	c.fallback = r.target(r.n, "Default")
	return c
}

// condition reads And, Or, Not, or a comparison.
func (r *stateReader) condition(n *node, s ruleSchemas, depth int) condition {
	if depth > maxRuleDepth {
		r.p.report(CodeTooDeep, n.loc, "The rule is nested too deeply")
		return anyCondition{}
	}
	switch {
	case r.jsonata:
		r.p.conform(n, s.condition, true)
		return anyCondition{}
	case n.has("And"), n.has("Or"), n.has("Not"):
		r.p.conform(n, s.logic, false)
		return r.logic(n, depth+1)
	}
	r.p.conform(n, s.comparison, false)
	return r.comparison(n)
}

func (r *stateReader) logic(n *node, depth int) condition {
	switch {
	case n.has("And"):
		return allConditions(r.conditions(n, "And", depth))
	case n.has("Or"):
		return anyCondition(r.conditions(n, "Or", depth))
	}
	inner, ok := n.object("Not")
	if !ok {
		return anyCondition{}
	}
	return notCondition{r.condition(inner, innerRule, depth)}
}

func (r *stateReader) conditions(n *node, field string, depth int) []condition {
	var out []condition
	for _, inner := range n.objects(field) {
		out = append(out, r.condition(inner, innerRule, depth))
	}
	return out
}

func (r *stateReader) comparison(n *node) condition {
	variable := n.path("Variable")
	for _, m := range n.members {
		if c, ok := r.operation(n, m, variable); ok {
			return c
		}
	}
	r.p.fail(n.loc, "A comparison is required")
	return anyCondition{}
}

// operation reads a member that is a comparison operator.
func (r *stateReader) operation(n *node, m value.Member, variable *jsonpath.Path) (condition, bool) {
	if m.Key == "IsPresent" {
		return &presence{variable, m.Value.Bool()}, true
	}
	if op, ok := operators[m.Key]; ok {
		return &comparison{variable: variable, test: op.test, operand: m.Value}, true
	}
	name, isPath := strings.CutSuffix(m.Key, "Path")
	op, ok := operators[name]
	if !isPath || !ok || !op.path {
		return nil, false
	}
	return &comparison{variable: variable, test: op.test, path: n.path(m.Key)}, true
}
