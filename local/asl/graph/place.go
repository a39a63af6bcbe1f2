package graph

import (
	"math"
	"slices"
)

// rounds is how often the blocks are moved towards their neighbours.
const rounds = 60

// place gives the vertices their coordinates.
func (l *layout) place() {
	l.stack()
	blocks := l.blocks()
	for _, b := range blocks {
		low, _ := l.room(b)
		b.moveTo(max(low, 0))
	}
	for range rounds {
		slices.Reverse(blocks) // first from the right, where there is room
		for _, b := range blocks {
			low, high := l.room(b)
			b.moveTo(min(max(b.wish(), low), high))
		}
	}
	l.fit()
}

// stack sets the ranks below each other, each as high as its highest vertex, and notes the places in them.
func (l *layout) stack() {
	y := float64(margin + startHeight)
	for _, rank := range l.ranks {
		height := 0.0
		for i, v := range rank {
			v.place = i
			height = max(height, v.height)
		}
		for _, v := range rank {
			v.y = y + height/2
		}
		y += height + rankGap
	}
	l.Height = y - rankGap + margin
}

// room is where a block may stand between its neighbours.
func (l *layout) room(b *block) (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	for _, v := range b.vertices {
		rank := l.ranks[v.rank]
		if v.place > 0 {
			left := rank[v.place-1]
			low = max(low, left.block.x+distance(left, v))
		}
		if v.place < len(rank)-1 {
			right := rank[v.place+1]
			high = min(high, right.block.x-distance(v, right))
		}
	}
	return low, high
}

// distance is what the middles of two neighbours keep apart at least.
func distance(a, b *vertex) float64 {
	gap := float64(nodeGap)
	if a.node == nil || b.node == nil {
		gap = edgeGap
	}
	return (a.width+b.width)/2 + gap
}

// centring is how much a transition wishes to meet a state in its middle, against 1 for being straight.
const centring = 0.1

// wish is where a block would like to be, so that its transitions to other blocks are straight.
func (b *block) wish() float64 {
	sum, weights := 0.0, 0.0
	for _, v := range b.vertices {
		for _, s := range slices.Concat(v.in, v.out) {
			other := s.from
			if other == v {
				other = s.to
			}
			if other.block == b {
				continue
			}
			bent := port(other, v) - port(v, other)
			sum += s.weight * ((b.x + bent) + centring*other.x) / (1 + centring)
			weights += s.weight
		}
	}
	if weights == 0 {
		return b.x
	}
	return sum / weights
}

func (b *block) moveTo(x float64) {
	b.x = x
	for _, v := range b.vertices {
		v.x = x
	}
}

// fit moves everything to the margin and gives the graph its width, and the states their places.
func (l *layout) fit() {
	left, right := math.Inf(1), math.Inf(-1)
	for _, v := range l.vertices() {
		left, right = min(left, v.x-v.width/2), max(right, v.x+v.width/2)
	}
	for _, v := range l.vertices() {
		v.x += margin - left
		if v.node != nil {
			v.node.X, v.node.Y = v.x, v.y
		}
	}
	l.Width = right - left + 2*margin
}

func (l *layout) vertices() []*vertex { return slices.Concat(l.ranks...) }
