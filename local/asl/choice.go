package asl

var choiceType = stateType{
	name: "Choice",
	schema: &schema{
		fields: of(common, inputOutput, assigning, fields{"Choices": {is: isFilledArray}, "Default": {is: isText}}),
		must:   []string{"Choices"},
	},
	newBody: func() body { return &choiceState{} },
	entered: EventChoiceStateEntered, exited: EventChoiceStateExited,
}

// choiceState continues with the state of the first rule that matches.
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

func (c *choiceState) read(r *stateReader) {
	for _, n := range r.n.objects("Choices") {
		rule := choiceRule{condition: r.condition(n, topRule, 0), next: r.target(n, "Next")}
		if !r.jsonata {
			rule.assign = r.assign(n)
		}
		c.rules = append(c.rules, rule)
	}
	c.fallback = r.target(r.n, "Default")
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
