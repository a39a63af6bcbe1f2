package graph

import "slices"

const (
	startHeight = 18 // above the first rank, for the dot that marks the start
	portMargin  = 12 // between a state's corner and the end of a transition
	loopWidth   = 24 // of a transition that leads back to its own state
)

// route sets the points that each transition passes: its start, pairs of the bottom of a rank and
// the top of the next, and its end. Between the points of a pair it may curve, elsewhere it is
// straight.
func (l *layout) route() {
	for _, e := range l.Edges {
		if e.From == e.To {
			e.loop(l.node(e.From))
		}
	}
	tops, bottoms := l.rankEdges()
	for _, c := range l.chains {
		last := len(c.vertices) - 1
		points := []point{{port(c.vertices[0], c.vertices[1]), c.vertices[0].y + c.vertices[0].height/2}}
		points = append(points, point{points[0].x, bottoms[c.vertices[0].rank]})
		for _, v := range c.vertices[1:last] {
			points = append(points, point{v.x, tops[v.rank]}, point{v.x, bottoms[v.rank]})
		}
		target := c.vertices[last]
		x := port(target, c.vertices[last-1])
		points = append(points, point{x, tops[target.rank]}, point{x, target.y - target.height/2})
		if c.reversed {
			slices.Reverse(points)
		}
		c.edge.route = points
		if bend := c.vertices[1]; bend.height > 0 {
			c.edge.at = &point{bend.x, bend.y}
		}
	}
}

// port returns where a transition leaves or enters a state: straight below or above the next bend
// if possible.
func port(v, next *vertex) float64 {
	half := 0.0
	if v.node != nil {
		half = v.node.Width/2 - portMargin
	}
	return min(max(next.x, v.x-half), v.x+half)
}

// loop draws a transition to its own state on the state's right side.
func (e *Edge) loop(n *Node) {
	right, third := n.X+n.Width/2, n.Height/6
	e.route = []point{{right, n.Y - third}, {right + loopWidth, n.Y - third}, {right + loopWidth, n.Y + third},
		{right, n.Y + third}}
	if width, height := e.labelSize(); height > 0 {
		e.at = &point{right + loopWidth + width/2, n.Y}
	}
}

// rankEdges returns the tops and bottoms of the ranks.
func (l *layout) rankEdges() (tops, bottoms []float64) {
	for _, rank := range l.ranks {
		height, y := 0.0, 0.0
		for _, v := range rank {
			height, y = max(height, v.height), v.y
		}
		tops, bottoms = append(tops, y-height/2), append(bottoms, y+height/2)
	}
	return tops, bottoms
}
