package asl

var parallelType = stateType{
	name: "Parallel",
	schema: &schema{
		fields: of(working, parameters, arguments, fields{"Branches": {is: isFilledArray}}),
		must:   []string{"Branches"},
		oneOf:  [][]string{nextOrEnd},
	},
	newBody: func() body { return &parallelState{} },
	entered: EventParallelStateEntered, exited: EventParallelStateExited, aborted: EventParallelStateAborted,
}

var branchSchema = &schema{fields: of(fields{"Comment": {is: isText}}, workflowFields), must: workflowMust}

// parallelState runs its branches concurrently, each with the effective input.
type parallelState struct{ branches []*workflow }

func (p *parallelState) read(r *stateReader) {
	for _, n := range r.n.objects("Branches") {
		p.branches = append(p.branches, r.inner(n, branchSchema))
	}
}

func (p *parallelState) run(x *Execution, b *branch) *fault {
	input, f := x.effective(b)
	if f != nil {
		return f
	}
	g := &group{owner: b, running: len(p.branches), input: input}
	b.group = g
	if x.trial != nil { // a mock replaces the branches
		return nil
	}
	x.record(b, Event{Type: EventParallelStateStarted})
	for i, flow := range p.branches {
		inner := &branch{parent: g, index: i, last: b.last, vars: &scope{outer: b.vars}, item: b.item}
		g.branches = append(g.branches, inner)
		x.enter(inner, flow.start, input)
	}
	return nil
}
