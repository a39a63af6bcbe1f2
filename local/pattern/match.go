package pattern

// node is an object of a pattern: every field and, in each group of or, one alternative must match.
type node struct {
	fields []*field
	or     [][]*node
}

// field is a member of a node: an object or a list of alternatives.
type field struct {
	name  string
	child *node
	leaf  *leaf
}

// leaf is a list of alternatives for the value at path.
type leaf struct {
	path     []string
	absent   bool // {"exists": false} is one of them
	exact    map[string]bool
	matchers []matcher
}

// matcher tests one value: a string, float64, bool or nil.
type matcher func(v any) bool

// match tests an object of the event, or the value in its place. An array matches if one of its
// elements does: all fields of one object of the pattern must match within the same element.
func (n *node) match(v any, root Event) bool {
	if list, ok := v.([]any); ok {
		for _, e := range list {
			if n.match(e, root) {
				return true
			}
		}
		return len(list) == 0 && n.match(nil, root)
	}
	object, _ := v.(map[string]any)
	for _, f := range n.fields {
		value, present := object[f.name]
		if f.child != nil && !f.child.match(value, root) {
			return false
		}
		if f.leaf != nil && !f.leaf.match(value, present, root) {
			return false
		}
	}
	for _, group := range n.or {
		if !anyMatch(group, v, root) {
			return false
		}
	}
	return true
}

func anyMatch(alternatives []*node, v any, root Event) bool {
	for _, n := range alternatives {
		if n.match(v, root) {
			return true
		}
	}
	return false
}

func (l *leaf) match(v any, present bool, root Event) bool {
	if present && l.matchValue(v) {
		return true
	}
	return l.absent && !leafAt(map[string]any(root), l.path)
}

func (l *leaf) matchValue(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return false
	case []any:
		for _, e := range v {
			if l.matchValue(e) {
				return true
			}
		}
		return false
	case string:
		if l.exact[v] {
			return true
		}
	}
	for _, m := range l.matchers {
		if m(v) {
			return true
		}
	}
	return false
}

// leafAt reports whether there is a value at path that is neither object nor array, in any element
// of the arrays on the path.
func leafAt(v any, path []string) bool {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if leafAt(e, path) {
				return true
			}
		}
		return false
	case map[string]any:
		if len(path) == 0 {
			return false
		}
		next, ok := v[path[0]]
		return ok && leafAt(next, path[1:])
	}
	return len(path) == 0
}
