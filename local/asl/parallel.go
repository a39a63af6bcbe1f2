package asl

// parallelState runs its branches side by side, each with the effective input.
type parallelState struct{ branches []*workflow }

func (p *parallelState) run(x *Execution, b *branch) *fault {
	input, f := x.effective(b)
	if f != nil {
		return f
	}
	x.record(b, Event{Type: EventParallelStateStarted})
	g := &group{owner: b, running: len(p.branches), input: input}
	b.group = g
	for i, flow := range p.branches {
		inner := &branch{parent: g, index: i, last: b.last, vars: &scope{outer: b.vars}, item: b.item}
		g.branches = append(g.branches, inner)
		x.enter(inner, flow.start, input)
	}
	return nil
}
