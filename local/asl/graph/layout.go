package graph

// Sizes in pixels.
const (
	nodeHeight  = 40
	nodePadding = 14
	titleHeight = 34 // of a state that contains others
	lineHeight  = 14 // of a label
	rankGap     = 16
	nodeGap     = 26
	edgeGap     = 14
	margin      = 16
)

// vertex is what the layout places: a state, or a bend of a transition that passes a rank. A bend
// may carry the transition's label.
type vertex struct {
	node          *Node   // nil for a bend
	rank, place   int     // the place counts from the left
	x, y          float64 // the middle
	width, height float64
	in, out       []*segment
	block         *block
}

// segment is a part of a transition, from one rank to the next.
type segment struct {
	from, to *vertex
	weight   float64 // how much straightness matters
}

// chain is a transition in the layout. It always leads down through the ranks, whichever way the
// transition leads.
type chain struct {
	edge     *Edge
	reversed bool // the transition leads back up
	vertices []*vertex
	segments []*segment
}

// layout is the state of the layout of one graph.
type layout struct {
	*Graph
	chains []*chain
	ranks  [][]*vertex // the vertices of each rank, from left to right
}

// Layout gives every state and transition its place, and the graph its size.
func (g *Graph) Layout() {
	for _, n := range g.Nodes {
		n.size()
	}
	l := &layout{Graph: g}
	l.rank()
	l.order()
	l.place()
	l.route()
}

// size makes a state as large as its texts, or as its contents.
func (n *Node) size() {
	n.Width = max(textWidth(n.Name, nameSize), textWidth(n.subtitle(), detailSize)) + 2*nodePadding
	n.Height = nodeHeight
	if len(n.Inner) == 0 {
		return
	}
	inner, height := float64(0), float64(0)
	for _, g := range n.Inner {
		g.Layout()
		inner += g.Width
		height = max(height, g.Height)
	}
	n.Width = max(n.Width, inner)
	n.Height = titleHeight + height
}

// subtitle returns the second line of a state.
func (n *Node) subtitle() string {
	s := n.Type
	if n.Detail != "" {
		s += " · " + n.Detail
	}
	if n.Retry {
		s += " · retried"
	}
	return s
}

func (e *Edge) labelSize() (width, height float64) {
	for _, line := range e.Label {
		width = max(width, textWidth(line, labelSize)+8)
	}
	return width, float64(len(e.Label)) * lineHeight
}
