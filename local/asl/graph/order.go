package graph

import (
	"cmp"
	"slices"
)

// sweeps is how often the ranks are ordered, alternately down and up.
const sweeps = 24

// order orders the vertices of each rank so that few transitions cross: it moves each vertex to the
// mean place of its neighbours in the rank before, and keeps the best order found.
func (l *layout) order() {
	best, crossings := l.copyRanks(), l.crossings()
	for i := range sweeps {
		if i%2 == 0 {
			for r := 1; r < len(l.ranks); r++ {
				l.sortRank(r, func(v *vertex) float64 { return l.meanPlace(v.in, from) })
			}
		} else {
			for r := len(l.ranks) - 2; r >= 0; r-- {
				l.sortRank(r, func(v *vertex) float64 { return l.meanPlace(v.out, to) })
			}
		}
		if n := l.crossings(); n < crossings {
			best, crossings = l.copyRanks(), n
		}
	}
	l.ranks = best
}

func from(s *segment) *vertex { return s.from }
func to(s *segment) *vertex   { return s.to }

func (l *layout) copyRanks() [][]*vertex {
	out := make([][]*vertex, len(l.ranks))
	for i, rank := range l.ranks {
		out[i] = slices.Clone(rank)
	}
	return out
}

// sortRank orders a rank by the wanted places of its vertices. A vertex without one (-1) stays
// where it is.
func (l *layout) sortRank(r int, wish func(*vertex) float64) {
	rank, wishes := l.ranks[r], map[*vertex]float64{}
	var movable []*vertex
	for _, v := range rank {
		if wishes[v] = wish(v); wishes[v] >= 0 {
			movable = append(movable, v)
		}
	}
	slices.SortStableFunc(movable, func(a, b *vertex) int { return cmp.Compare(wishes[a], wishes[b]) })
	for i, v := range rank {
		if wishes[v] >= 0 {
			rank[i], movable = movable[0], movable[1:]
		}
	}
}

// meanPlace returns the weighted mean of the places of a vertex's neighbours; -1 without
// neighbours.
func (l *layout) meanPlace(segments []*segment, end func(*segment) *vertex) float64 {
	sum, weights := 0.0, 0.0
	for _, s := range segments {
		v := end(s)
		sum += s.weight * float64(slices.Index(l.ranks[v.rank], v))
		weights += s.weight
	}
	if weights == 0 {
		return -1
	}
	return sum / weights
}

// crossings counts the pairs of segments that cross. Segments that should be straight count more.
func (l *layout) crossings() (n float64) {
	for r := range l.ranks {
		segments := l.segmentsBelow(r)
		for i, a := range segments {
			for _, b := range segments[i+1:] {
				if (a.from-b.from)*(a.to-b.to) < 0 {
					n += a.weight * b.weight
				}
			}
		}
	}
	return n
}

// places returns the places of a segment's ends in their ranks.
type places struct {
	from, to int
	weight   float64
}

func (l *layout) segmentsBelow(r int) []places {
	var out []places
	for i, v := range l.ranks[r] {
		for _, s := range v.out {
			out = append(out, places{i, slices.Index(l.ranks[r+1], s.to), s.weight})
		}
	}
	return out
}
