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
		slices.Reverse(blocks) // from the right first, where there is room
		for _, b := range blocks {
			low, high := l.room(b)
			b.moveTo(min(max(b.wish(), low), high))
		}
	}
	l.fit()
}

// stack places the ranks below each other, each as high as its highest vertex, and records the
// places of the vertices in them.
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

// room returns the range in which a block may stand between its neighbours.
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

// distance returns the minimum distance between the middles of two neighbours.
func distance(a, b *vertex) float64 {
	gap := float64(nodeGap)
	if a.node == nil || b.node == nil {
		gap = edgeGap
	}
	return (a.width+b.width)/2 + gap
}

// centring is the weight of meeting a state in its middle; being straight has weight 1.
const centring = 0.1

// wish returns the position of a block at which its transitions to other blocks are straight.
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

// fit moves everything to the margin, and sets the width of the graph and the places of the states.
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
