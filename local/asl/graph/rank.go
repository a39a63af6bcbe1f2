package graph

// span is the minimum number of ranks that a transition passes: one between its ends is kept for
// its label.
const span = 2

// rank assigns each state its rank, and each transition a bend in every rank that it passes.
func (l *layout) rank() {
	vertices := map[string]*vertex{}
	for _, n := range l.Nodes {
		vertices[n.Name] = &vertex{node: n, width: n.Width + 2*l.loopRoom(n.Name), height: n.Height}
	}
	back := l.backEdges()
	l.longestPaths(vertices, back)
	for _, v := range l.vertexOrder(vertices) {
		l.insert(v)
	}
	for _, e := range l.Edges {
		if e.From != e.To {
			l.addChain(e, back[e], vertices)
		}
	}
}

// loopRoom returns the room beside a state for a transition to itself.
func (l *layout) loopRoom(name string) float64 {
	for _, e := range l.Edges {
		if e.From == name && e.To == name {
			width, _ := e.labelSize()
			return loopWidth + width
		}
	}
	return 0
}

// backEdges finds the transitions that lead back to a state on the current path from the start.
// Without them the graph has no cycle.
func (l *layout) backEdges() map[*Edge]bool {
	back, state := map[*Edge]bool{}, map[string]int{} // 1: on the current path, 2: done
	var visit func(name string)
	visit = func(name string) {
		state[name] = 1
		for _, e := range l.Edges {
			switch {
			case e.From != name:
			case state[e.To] == 1:
				back[e] = true
			case state[e.To] == 0:
				visit(e.To)
			}
		}
		state[name] = 2
	}
	visit(l.Start)
	for _, n := range l.Nodes {
		if state[n.Name] == 0 { // no transition leads to it
			visit(n.Name)
		}
	}
	return back
}

// longestPaths ranks each state below all states that lead to it.
func (l *layout) longestPaths(vertices map[string]*vertex, back map[*Edge]bool) {
	for changed := true; changed; {
		changed = false
		for _, e := range l.Edges {
			from, to := vertices[e.From], vertices[e.To]
			if back[e] {
				from, to = to, from
			}
			if from != to && to.rank < from.rank+span {
				to.rank, changed = from.rank+span, true
			}
		}
	}
}

// vertexOrder lists the states in the order in which a walk from the start meets them: the first
// order for the ranks.
func (l *layout) vertexOrder(vertices map[string]*vertex) []*vertex {
	var out []*vertex
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		out = append(out, vertices[name])
		for _, e := range l.Edges {
			if e.From == name {
				visit(e.To)
			}
		}
	}
	visit(l.Start)
	for _, n := range l.Nodes {
		visit(n.Name)
	}
	return out
}

func (l *layout) insert(v *vertex) {
	for len(l.ranks) <= v.rank {
		l.ranks = append(l.ranks, nil)
	}
	l.ranks[v.rank] = append(l.ranks[v.rank], v)
}

// addChain leads a transition through the ranks. Its first bend carries the label.
func (l *layout) addChain(e *Edge, reversed bool, vertices map[string]*vertex) {
	from, to := vertices[e.From], vertices[e.To]
	if reversed {
		from, to = to, from
	}
	c := &chain{edge: e, reversed: reversed, vertices: []*vertex{from}}
	for rank := from.rank + 1; rank < to.rank; rank++ {
		bend := &vertex{rank: rank}
		if rank == from.rank+1 {
			bend.width, bend.height = e.labelSize()
		}
		l.insert(bend)
		c.vertices = append(c.vertices, bend)
	}
	c.vertices = append(c.vertices, to)
	l.chains = append(l.chains, c)
	for i := 1; i < len(c.vertices); i++ {
		c.segments = append(c.segments, link(c.vertices[i-1], c.vertices[i], weight(e)))
	}
}

// weight keeps the path of success straight, and lets other transitions bend around it.
func weight(e *Edge) float64 {
	if e.Kind == Next {
		return 16
	}
	return 1
}

func link(from, to *vertex, weight float64) *segment {
	s := &segment{from, to, weight}
	from.out = append(from.out, s)
	to.in = append(to.in, s)
	return s
}
