package expr

import (
	"slices"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// Update is a parsed update expression.
type Update struct {
	removes []Path
	// SET, ADD and DELETE, by the last index of their paths: elements beyond the end of a list are
	// appended in that order
	changes []action
	// what may leave gaps in lists, the deepest first: indexes in a path mean lists that are not
	// closed up yet
	closing []Path
	paths   []Path
}

// verb is what an action does with its operand.
type verb int

const (
	set verb = iota
	add
	subtract
)

// action changes the value at a path by an operand.
type action struct {
	verb verb
	path Path
	by   updateOperand
}

// updateOperand is the right side of an action. Unlike the operands of conditions it may fail for
// an item.
type updateOperand interface {
	compute(item attr.Item) (attr.Value, error)
}

// Paths are the document paths that the update changes.
func (u *Update) Paths() []Path { return u.paths }

// Assigns is the kind of the value that the update sets, adds to or removes from an attribute;
// Missing if it depends on the item, or there is none.
func (u *Update) Assigns(attribute string) attr.Kind {
	for _, a := range u.changes {
		if len(a.path) == 1 && a.path[0].Name == attribute {
			return kindOf(a.by)
		}
	}
	return attr.Missing
}

// kindOf is the kind of an operand's value, by the expression alone; Missing if it depends on the
// item.
func kindOf(o updateOperand) attr.Kind {
	switch o := o.(type) {
	case constOperand:
		return o.v.Kind
	case arithmetic:
		return attr.N
	case listAppend:
		return attr.L
	case fallback:
		return kindOf(o.otherwise)
	}
	return attr.Missing
}

// Apply returns the updated item. The given one, from which all operands are computed, stays as it
// is. The error is an *Error, or one of attr's for a number out of range.
func (u *Update) Apply(item attr.Item) (attr.Item, error) {
	var few [4]attr.Value
	operands := few[:0]
	for _, a := range u.changes { // before anything is changed: AWS reports what is wrong with operands first
		by, err := a.by.compute(item)
		if err != nil {
			return nil, err
		}
		operands = append(operands, by)
	}
	d := document{root: cloneItem(item)}
	for _, path := range u.removes {
		if err := d.remove(path); err != nil {
			return nil, err
		}
	}
	for i, a := range u.changes {
		if err := d.change(item, a, operands[i]); err != nil {
			return nil, err
		}
	}
	for _, path := range u.closing {
		d.closeUp(path)
	}
	return d.root, nil
}

// change performs one action. A value of kind Missing in place of another removes it.
func (d *document) change(item attr.Item, a action, by attr.Value) error {
	if a.verb == set {
		return d.set(a.path, by)
	}
	old, _ := a.path.Get(item)
	v, err := a.verb.combine(old, by)
	switch {
	case err != nil:
		return err
	case v.Kind != attr.Missing:
		return d.set(a.path, v)
	}
	return d.remove(a.path)
}

// combine is ADD, to a number or to a set, or DELETE, of elements from a set. A set that becomes
// empty is removed.
func (v verb) combine(old, by attr.Value) (attr.Value, error) {
	switch {
	case old.Kind == attr.Missing && v == add:
		return by, nil
	case old.Kind == attr.Missing:
		return old, nil
	case old.Kind != by.Kind:
		return attr.Value{}, errDataType
	case v == add && old.Kind == attr.N:
		return attr.Add(old, by)
	case v == add:
		return attr.Union(old, by), nil
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
