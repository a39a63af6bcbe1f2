package expr

import (
	"maps"
	"slices"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// document is an item under change. Its containers may be shared with other items: a change copies
// those on its path. Indexes mean the list as it was before the update: removed elements stay as
// Missing values until closeUp.
type document struct{ root attr.Item }

func cloneItem(item attr.Item) attr.Item {
	if item == nil {
		return attr.Item{}
	}
	return maps.Clone(item)
}

func (d *document) set(path Path, v attr.Value) error {
	if len(path) == 1 {
		d.root[path[0].Name] = v
		return nil
	}
	return d.rewrite(path, func(container attr.Value, last Step) (attr.Value, error) {
		err := put(&container, last, v)
		return container, err
	})
}

// remove marks an element of a list, or deletes a name. An element or name that does not exist
// counts as removed; its container must exist.
func (d *document) remove(path Path) error {
	if len(path) == 1 {
		delete(d.root, path[0].Name)
		return nil
	}
	return d.rewrite(path, func(container attr.Value, last Step) (attr.Value, error) {
		switch {
		case last.IsIndex != (container.Kind == attr.L), !last.IsIndex && container.Kind != attr.M:
			return container, errInvalidPath
		case !last.IsIndex:
			delete(container.Map, last.Name)
		case last.Index < len(container.List):
			container.List[last.Index] = attr.Value{}
		}
		return container, nil
	})
}

// closeUp drops the marked elements of the list that the path's last step is in.
func (d *document) closeUp(path Path) {
	if !path[len(path)-1].IsIndex {
		return
	}
	// The container exists: remove has found it.
	_ = d.rewrite(path, func(container attr.Value, _ Step) (attr.Value, error) {
		container.List = slices.DeleteFunc(container.List, func(v attr.Value) bool { return v.Kind == attr.Missing })
		return container, nil
	})
}

// rewrite replaces the container of the path's last step by what f makes of a copy of it.
func (d *document) rewrite(path Path, f func(container attr.Value, last Step) (attr.Value, error)) error {
	top, ok := d.root[path[0].Name]
	if !ok {
		return errInvalidPath
	}
	v, err := rewriteIn(top, path[1:], f)
	if err != nil {
		return err
	}
	d.root[path[0].Name] = v
	return nil
}

func rewriteIn(v attr.Value, rest Path, f func(attr.Value, Step) (attr.Value, error)) (attr.Value, error) {
	v.Map, v.List = maps.Clone(v.Map), slices.Clone(v.List)
	if len(rest) == 1 {
		return f(v, rest[0])
	}
	child, ok := rest[0].child(v)
	if !ok || child.Kind == attr.Missing {
		return v, errInvalidPath
	}
	child, err := rewriteIn(child, rest[1:], f)
	if err != nil {
		return v, err
	}
	err = put(&v, rest[0], child)
	return v, err
}

// put stores a child of a map or list; beyond the end of a list it is appended.
func put(container *attr.Value, s Step, v attr.Value) error {
	switch {
	case !s.IsIndex && container.Kind == attr.M:
		container.Map[s.Name] = v
	case s.IsIndex && container.Kind == attr.L && s.Index < len(container.List):
		container.List[s.Index] = v
	case s.IsIndex && container.Kind == attr.L:
		container.List = append(container.List, v)
	default:
		return errInvalidPath
	}
	return nil
}
