package asl

import (
	"maps"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/jsonpath"
	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// ruleSchemas are the schemas of the rules of a Choice: comparisons, And, Or and Not, and the
// conditions of JSONata. A rule in Choices has a Next; a rule nested in another one has none.
type ruleSchemas struct{ comparison, logic, condition *schema }

var (
	topRule   = makeRules(fields{"Next": {is: isText}, "Assign": {is: isObject}, "Output": {jsonata, isAnything}}, "Next")
	innerRule = makeRules(nil)
)

func makeRules(more fields, must ...string) ruleSchemas {
	more = of(more, fields{"Comment": {is: isText}})
	compare := fields{"Variable": {jsonPath, isPath}, "IsPresent": {jsonPath, isBoolean}}
	for name, op := range operators {
		compare[name] = field{jsonPath, operandChecks[op.operand]}
		if op.path {
			compare[name+"Path"] = field{jsonPath, isPath}
		}
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(compare)), func(name string) bool { return name == "Variable" })
	logic := fields{"And": {jsonPath, isFilledArray}, "Or": {jsonPath, isFilledArray}, "Not": {jsonPath, isObject}}
	return ruleSchemas{
		comparison: &schema{fields: of(more, compare), must: append([]string{"Variable"}, must...),
			single: [][]string{names}},
		logic: &schema{fields: of(more, logic), must: must, single: [][]string{{"And", "Or", "Not"}}},
		condition: &schema{fields: of(more, fields{"Condition": {jsonata, isAnything}}),
			must: append([]string{"Condition"}, must...)},
	}
}

// condition is the test of a rule.
type condition interface {
	holds(e *env) (bool, *fault)
}

type (
	allConditions []condition
	anyCondition  []condition
	notCondition  struct{ of condition }
	comparison    struct {
		variable *jsonpath.Path
		test     func(v, operand value.JSON) bool
		operand  value.JSON
		path     *jsonpath.Path // instead of operand
	}
	presence struct {
		variable *jsonpath.Path
		want     bool
	}
)

// maxRuleDepth is how deeply And, Or and Not may nest.
const maxRuleDepth = 100

// condition parses And, Or, Not, or a comparison.
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

// operation parses a member that is a comparison operator.
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

func (c allConditions) holds(e *env) (bool, *fault) {
	for _, one := range c {
		if ok, f := one.holds(e); !ok || f != nil {
			return false, f
		}
	}
	return true, nil
}

func (c anyCondition) holds(e *env) (bool, *fault) {
	for _, one := range c {
		if ok, f := one.holds(e); ok || f != nil {
			return ok, f
		}
	}
	return false, nil
}

func (c notCondition) holds(e *env) (bool, *fault) {
	ok, f := c.of.holds(e)
	return !ok, f
}

func (c *comparison) holds(e *env) (bool, *fault) {
	v, _, err := e.find(c.variable)
	if err != nil {
		return false, invalidChoicePath(c.variable)
	}
	operand := c.operand
	if c.path != nil {
		if operand, _, err = e.find(c.path); err != nil {
			return false, invalidChoicePath(c.path)
		}
	}
	return c.test(v, operand), nil
}

func (c *presence) holds(e *env) (bool, *fault) {
	_, _, err := e.find(c.variable)
	return (err == nil) == c.want, nil
}

func invalidChoicePath(p *jsonpath.Path) *fault {
	return runtimeFault("Invalid path '%s': The choice state's condition path references an invalid value.", p)
}
