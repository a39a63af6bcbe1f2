package expr

import (
	"strconv"
	"strings"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// Path is a document path: an attribute's name, then names within maps and indexes of list
// elements.
type Path []Step

// Step is one step of a path: a name, or the index of a list element where IsIndex is set.
type Step struct {
	Name    string
	Index   int
	IsIndex bool
}

// String is the path as AWS's messages show it: [a, b, [1]].
func (p Path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = s.Name
		if s.IsIndex {
			parts[i] = "[" + strconv.Itoa(s.Index) + "]"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Get returns the value at the path; false if there is none.
func (p Path) Get(item attr.Item) (attr.Value, bool) {
	v, ok := item[p[0].Name]
	for _, s := range p[1:] {
		if !ok {
			break
		}
		v, ok = s.child(v)
	}
	return v, ok
}

func (s Step) child(v attr.Value) (attr.Value, bool) {
	if !s.IsIndex {
		if v.Kind != attr.M {
			return attr.Value{}, false
		}
		c, ok := v.Map[s.Name]
		return c, ok
	}
	if v.Kind != attr.L || s.Index >= len(v.List) {
		return attr.Value{}, false
	}
	return v.List[s.Index], true
}

func (p Path) equal(q Path) bool {
	return len(p) == len(q) && p.overlaps(q)
}

// overlaps reports whether one path is the other or leads to it.
func (p Path) overlaps(q Path) bool {
	for i := range min(len(p), len(q)) {
		if p[i] != q[i] {
			return false
		}
	}
	return true
}

// conflicts reports whether the paths use one element as a map and as a list.
func (p Path) conflicts(q Path) bool {
	for i := range min(len(p), len(q)) {
		if p[i].IsIndex != q[i].IsIndex {
			return true
		}
		if p[i] != q[i] {
			return false
		}
	}
	return false
}

// checkDistinct refuses paths that overlap or conflict.
func (p *parser) checkDistinct(paths []Path) {
	for i, q := range paths {
		for _, earlier := range paths[:i] {
			if q.overlaps(earlier) {
				p.fail(overlapError, errorf("Two document paths overlap with each other; must remove or rewrite one "+
					"of these paths; path one: %s, path two: %s", earlier, q))
			}
			if q.conflicts(earlier) {
				p.fail(conflictError, errorf("Two document paths conflict with each other; must remove or rewrite one "+
					"of these paths; path one: %s, path two: %s", earlier, q))
			}
		}
	}
}
