package asl

import (
	"orderflow/local/asl/jsonpath"
	"orderflow/local/asl/value"
)

// choiceState goes on to the state of the first rule that holds.
type choiceState struct {
	rules    []choiceRule
	fallback *state // Default
}

// choiceRule is a top-level rule of Choices.
type choiceRule struct {
	condition condition
	assign    *template
	next      *state
}

func (c *choiceState) run(x *Execution, b *branch) *fault {
	input, f := x.effective(b)
	if f != nil {
		return f
	}
	e := x.env(b, input)
	for i := range c.rules {
		holds, f := c.rules[i].condition.holds(e)
		if f != nil {
			return f
		}
		if holds {
			return x.pass(b, input, c.rules[i].assign, c.rules[i].next)
		}
	}
	if c.fallback == nil {
		return runtimeFault("Failed to transition out of the state. The state does not point to a next state.")
	}
	return x.pass(b, input, b.state.assign, c.fallback)
}

// condition is a rule's test.
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
