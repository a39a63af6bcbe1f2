package graph

// block is a run of vertices of successive ranks that are placed exactly below each other: the path
// of success, and the bends of a long transition.
type block struct {
	vertices []*vertex
	x        float64
}

// blocks joins vertices into blocks as far as the order of the ranks allows, and lists the blocks
// from left to right.
func (l *layout) blocks() []*block {
	for _, v := range l.vertices() {
		v.block = &block{vertices: []*vertex{v}}
	}
	for _, straight := range []func(*chain, *segment) bool{
		func(c *chain, _ *segment) bool { return c.edge.Kind == Next && !c.reversed },
		func(_ *chain, s *segment) bool { return s.from.node == nil && s.to.node == nil },
	} {
		for _, c := range l.chains {
			for _, s := range c.segments {
				if straight(c, s) {
					l.join(s.from.block, s.to.block)
				}
			}
		}
	}
	order, _ := l.leftToRight()
	return order
}

// join merges two blocks, unless both have a vertex in one rank or a third block would have to be
// on both sides of the result.
func (l *layout) join(a, b *block) {
	ranks := map[int]bool{}
	for _, v := range a.vertices {
		ranks[v.rank] = true
	}
	for _, v := range b.vertices {
		if ranks[v.rank] {
			return
		}
	}
	both := &block{vertices: append(append([]*vertex{}, a.vertices...), b.vertices...)}
	both.adopt()
	if _, ok := l.leftToRight(); !ok {
		a.adopt()
		b.adopt()
	}
}

func (b *block) adopt() {
	for _, v := range b.vertices {
		v.block = b
	}
}

// leftToRight sorts the blocks so that each comes after all blocks to the left of it. It reports
// whether that is possible.
func (l *layout) leftToRight() (order []*block, ok bool) {
	right := map[*block][]*block{}
	for _, rank := range l.ranks {
		for i := 1; i < len(rank); i++ {
			right[rank[i-1].block] = append(right[rank[i-1].block], rank[i].block)
		}
	}
	state, ok := map[*block]int{}, true // 1: on the current path, 2: done
	var visit func(b *block)
	visit = func(b *block) {
		state[b] = 1
		for _, next := range right[b] {
			switch state[next] {
			case 0:
				visit(next)
			case 1:
				ok = false
			}
		}
		state[b] = 2
		order = append([]*block{b}, order...)
	}
	for _, v := range l.vertices() {
		if state[v.block] == 0 {
			visit(v.block)
		}
	}
	return order, ok
}
