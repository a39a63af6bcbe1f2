package states

import (
	"slices"
	"sync"
)

// running lists the executions that run, by state machine. It is in memory only: a set on disk whose members come and go leaves
// tombstones that slow down every listing. The zero value is ready.
type running struct {
	mu  sync.Mutex
	set map[string]*idSet
}

func (r *running) add(machine string, id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.set == nil {
		r.set = map[string]*idSet{}
	}
	s := r.set[machine]
	if s == nil {
		s = &idSet{}
		r.set[machine] = s
	}
	s.add(id)
}

func (r *running) remove(machine string, id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.set[machine]; s != nil {
		s.remove(id)
	}
}

func (r *running) count(machine string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.set[machine]; s != nil {
		return len(s.ids) - s.removed
	}
	return 0
}

// before returns up to n ids below the bound, the highest first.
func (r *running) before(machine string, bound uint64, n int) []uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.set[machine]
	if s == nil {
		return nil
	}
	i, _ := slices.BinarySearch(s.ids, bound<<1)
	var out []uint64
	for i--; i >= 0 && len(out) < n; i-- {
		if s.ids[i]&1 == 0 {
			out = append(out, s.ids[i]>>1)
		}
	}
	return out
}

// idSet is a sorted list in which ids mostly arrive in order and leave at any place: an entry is the id shifted left, with the
// lowest bit set once it is removed.
type idSet struct {
	ids     []uint64
	removed int
}

func (s *idSet) add(id uint64) {
	if n := len(s.ids); n == 0 || s.ids[n-1]>>1 < id {
		s.ids = append(s.ids, id<<1)
		return
	}
	i, found := slices.BinarySearch(s.ids, id<<1)
	switch {
	case found:
	case i < len(s.ids) && s.ids[i]>>1 == id:
		s.ids[i] = id << 1
		s.removed--
	default:
		s.ids = slices.Insert(s.ids, i, id<<1)
	}
}

func (s *idSet) remove(id uint64) {
	i, found := slices.BinarySearch(s.ids, id<<1)
	if !found {
		return
	}
	s.ids[i] |= 1
	s.removed++
	if s.removed > 64 && s.removed > len(s.ids)/2 {
		s.ids = slices.DeleteFunc(s.ids, func(x uint64) bool { return x&1 == 1 })
		s.removed = 0
	}
}
