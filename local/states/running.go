package states

import (
	"cmp"
	"slices"
	"sync"
)

// rank is the place of an execution in a listing: sorted by the relevant time, newest first.
type rank struct {
	at Millis
	id uint64
}

func (p rank) compare(o rank) int { return cmp.Or(cmp.Compare(p.at, o.at), cmp.Compare(p.id, o.id)) }

// since returns when a running execution was started, or redriven.
func (e *execution) since() Millis { return max(e.Start, e.RedriveDate) }

// rank returns the rank of an execution: a running one is listed by its start or redrive, another
// one by its end.
func (e *execution) rank() rank {
	if e.Stop == 0 {
		return rank{e.since(), e.ID}
	}
	return rank{e.Stop, e.ID}
}

// running lists the running executions by state machine. It is in memory only: a set on disk whose
// members are added and removed often leaves tombstones that slow down every listing. The zero
// value is ready.
type running struct {
	mu  sync.Mutex
	set map[string]*rankSet
}

func (r *running) add(machine string, p rank) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.set == nil {
		r.set = map[string]*rankSet{}
	}
	s := r.set[machine]
	if s == nil {
		s = &rankSet{}
		r.set[machine] = s
	}
	s.add(p)
}

func (r *running) remove(machine string, p rank) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.set[machine]; s != nil {
		s.remove(p)
	}
}

func (r *running) count(machine string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.set[machine]; s != nil {
		return len(s.entries) - s.removed
	}
	return 0
}

// before returns up to n ranks below the bound, the newest first.
func (r *running) before(machine string, bound rank, n int) []rank {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.set[machine]
	if s == nil {
		return nil
	}
	i, _ := s.search(bound)
	var out []rank
	for i--; i >= 0 && len(out) < n; i-- {
		if !s.entries[i].removed {
			out = append(out, s.entries[i].rank)
		}
	}
	return out
}

// rankSet is a sorted list in which ranks are mostly added at the end and removed anywhere: a
// removed entry is only marked.
type rankSet struct {
	entries []rankEntry
	removed int
}

type rankEntry struct {
	rank
	removed bool
}

func (s *rankSet) search(p rank) (int, bool) {
	return slices.BinarySearchFunc(s.entries, p, func(e rankEntry, p rank) int { return e.compare(p) })
}

func (s *rankSet) add(p rank) {
	if n := len(s.entries); n == 0 || s.entries[n-1].compare(p) < 0 {
		s.entries = append(s.entries, rankEntry{rank: p})
		return
	}
	i, found := s.search(p)
	switch {
	case !found:
		s.entries = slices.Insert(s.entries, i, rankEntry{rank: p})
	case s.entries[i].removed:
		s.entries[i].removed = false
		s.removed--
	}
}

func (s *rankSet) remove(p rank) {
	i, found := s.search(p)
	if !found || s.entries[i].removed {
		return
	}
	s.entries[i].removed = true
	s.removed++
	if s.removed > 64 && s.removed > len(s.entries)/2 {
		s.entries = slices.DeleteFunc(s.entries, func(e rankEntry) bool { return e.removed })
		s.removed = 0
	}
}
