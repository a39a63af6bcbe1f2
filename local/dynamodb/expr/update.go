package expr

import (
	"slices"

	"orderflow/local/dynamodb/attr"
)

// Update is a parsed update expression.
type Update struct {
	sets, adds, deletes []action
	removes             []Path
	closing             []Path // removes, the deepest first: indexes in a path mean lists that are not closed up yet
	paths               []Path
}

// action changes the value at a path by an operand.
type action struct {
	path Path
	by   updateOperand
}

// updateOperand is the right side of an action. Unlike the operands of conditions it may fail for an item.
type updateOperand interface {
	compute(item attr.Item) (attr.Value, error)
}

// Paths are the document paths that the update changes.
func (u *Update) Paths() []Path { return u.paths }

// Apply returns the updated item; the given one, which all operands are computed from, stays as it is.
// The error is an *Error, or one of attr's for a number out of range.
func (u *Update) Apply(item attr.Item) (attr.Item, error) {
	d := document{root: cloneItem(item)}
	for _, a := range u.sets {
		v, err := a.by.compute(item)
		if err != nil {
			return nil, err
		}
		if err := d.set(a.path, v); err != nil {
			return nil, err
		}
	}
	for _, a := range u.adds {
		if err := d.change(item, a, add); err != nil {
			return nil, err
		}
	}
	for _, a := range u.deletes {
		if err := d.change(item, a, subtract); err != nil {
			return nil, err
		}
	}
	for _, path := range u.removes {
		if err := d.remove(path); err != nil {
			return nil, err
		}
	}
	for _, path := range u.closing {
		d.closeUp(path)
	}
	return d.root, nil
}

// change replaces a value by f of the old value and the operand; f returns a value of kind Missing to remove it.
func (d *document) change(item attr.Item, a action, f func(old, by attr.Value) (attr.Value, error)) error {
	by, err := a.by.compute(item)
	if err != nil {
		return err
	}
	old, _ := a.path.Get(item)
	v, err := f(old, by)
	switch {
	case err != nil:
		return err
	case v.Kind != attr.Missing:
		return d.set(a.path, v)
	case old.Kind != attr.Missing:
		return d.remove(a.path)
	}
	return nil
}

// add is ADD: to a number, or to a set.
func add(old, by attr.Value) (attr.Value, error) {
	switch {
	case old.Kind == attr.Missing:
		return by, nil
	case old.Kind != by.Kind:
		return attr.Value{}, errDataType
	case old.Kind == attr.N:
		return attr.Add(old, by)
	}
	return attr.Union(old, by), nil
}

// subtract is DELETE: elements from a set. A set that becomes empty is removed.
func subtract(old, by attr.Value) (attr.Value, error) {
	if old.Kind == attr.Missing {
		return old, nil
	}
	if old.Kind != by.Kind {
		return attr.Value{}, errDataType
	}
	rest := attr.Difference(old, by)
	if len(rest.List) == 0 {
		return attr.Value{}, nil
	}
	return rest, nil
}

func (o pathOperand) compute(item attr.Item) (attr.Value, error) {
	v, ok := o.path.Get(item)
	if !ok {
		return v, errNoAttribute
	}
	return v, nil
}

func (o constOperand) compute(attr.Item) (attr.Value, error) { return o.v, nil }

// arithmetic is left + right or left - right.
type arithmetic struct {
	left, right updateOperand
	minus       bool
}

func (o arithmetic) compute(item attr.Item) (attr.Value, error) {
	a, err := o.left.compute(item)
	if err != nil {
		return a, err
	}
	b, err := o.right.compute(item)
	if err != nil {
		return b, err
	}
	switch {
	case a.Kind != attr.N || b.Kind != attr.N:
		return attr.Value{}, errDataType
	case o.minus:
		return attr.Subtract(a, b)
	}
	return attr.Add(a, b)
}

// fallback is if_not_exists(path, otherwise).
type fallback struct {
	path      Path
	otherwise updateOperand
}

func (o fallback) compute(item attr.Item) (attr.Value, error) {
	if v, ok := o.path.Get(item); ok {
		return v, nil
	}
	return o.otherwise.compute(item)
}

// listAppend is list_append(left, right).
type listAppend struct{ left, right updateOperand }

func (o listAppend) compute(item attr.Item) (attr.Value, error) {
	a, err := o.left.compute(item)
	if err != nil {
		return a, err
	}
	b, err := o.right.compute(item)
	if err != nil {
		return b, err
	}
	if a.Kind != attr.L || b.Kind != attr.L {
		return attr.Value{}, errDataType
	}
	return attr.Value{Kind: attr.L, List: slices.Concat(a.List, b.List)}, nil
}
