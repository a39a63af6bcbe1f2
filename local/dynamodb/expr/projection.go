package expr

import (
	"maps"
	"slices"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// Projection is a set of paths that select parts of an item. A nil Projection selects the whole
// item.
type Projection struct{ root *branch }

// branch is one step of the paths: the whole value, or some of its children.
type branch struct {
	whole    bool
	names    map[string]*branch
	elements map[int]*branch
}

// ParseProjection parses a projection expression. The error is an *Error.
func ParseProjection(src string, ph *Placeholders) (*Projection, error) {
	var paths []Path
	err := parse(ProjectionKind, src, ph, func(p *parser) (err error) {
		if paths, err = list(p, p.path); err != nil {
			return err
		}
		p.checkDistinct(paths)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return NewProjection(paths), nil
}

// NewProjection makes a projection of paths that do not overlap.
func NewProjection(paths []Path) *Projection {
	root := &branch{}
	for _, path := range paths {
		b := root
		for _, s := range path {
			b = b.add(s)
		}
		b.whole = true
	}
	return &Projection{root}
}

func (b *branch) add(s Step) *branch {
	if s.IsIndex {
		return child(&b.elements, s.Index)
	}
	return child(&b.names, s.Name)
}

func child[K comparable](children *map[K]*branch, key K) *branch {
	if *children == nil {
		*children = map[K]*branch{}
	}
	c := (*children)[key]
	if c == nil {
		c = &branch{}
		(*children)[key] = c
	}
	return c
}

// Apply returns the parts of the item that the paths lead to. Elements of a list keep their order
// and close up.
func (p *Projection) Apply(item attr.Item) attr.Item {
	if p == nil {
		return item
	}
	return p.root.pick(item)
}

func (b *branch) pick(m map[string]attr.Value) map[string]attr.Value {
	out := map[string]attr.Value{}
	for name, c := range b.names {
		v, ok := m[name]
		if !ok {
			continue
		}
		if part, ok := c.part(v); ok {
			out[name] = part
		}
	}
	return out
}

func (b *branch) part(v attr.Value) (attr.Value, bool) {
	switch {
	case b.whole:
		return v, true
	case v.Kind == attr.M:
		v.Map = b.pick(v.Map)
		return v, len(v.Map) > 0
	case v.Kind == attr.L:
		var list []attr.Value
		for _, i := range slices.Sorted(maps.Keys(b.elements)) {
			if i >= len(v.List) {
				break
			}
			if part, ok := b.elements[i].part(v.List[i]); ok {
				list = append(list, part)
			}
		}
		v.List = list
		return v, len(list) > 0
	}
	return attr.Value{}, false
}
