package expr

import (
	"strings"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// Condition is a parsed condition or filter expression. The zero Condition holds for every item.
type Condition struct{ root predicate }

// ParseCondition parses a condition (ConditionKind) or filter (FilterKind) expression. The error is
// an *Error.
func ParseCondition(kind Kind, src string, ph *Placeholders) (Condition, error) {
	var c Condition
	err := parse(kind, src, ph, func(p *parser) (err error) {
		c.root, err = p.condition()
		return err
	})
	return c, err
}

// Match reports whether the condition holds for the item; nil stands for an item that does not
// exist.
func (c Condition) Match(item attr.Item) bool { return c.root == nil || c.root.match(item) }

// Attributes calls f with the name of every attribute that the condition reads.
func (c Condition) Attributes(f func(name string)) {
	if c.root != nil {
		c.root.walk(func(p Path) { f(p[0].Name) })
	}
}

// predicate is a node of a condition.
type predicate interface {
	match(item attr.Item) bool
	walk(f func(Path))
}

type and struct{ left, right predicate }

func (n and) match(item attr.Item) bool { return n.left.match(item) && n.right.match(item) }
func (n and) walk(f func(Path))         { n.left.walk(f); n.right.walk(f) }

type or struct{ left, right predicate }

func (n or) match(item attr.Item) bool { return n.left.match(item) || n.right.match(item) }
func (n or) walk(f func(Path))         { n.left.walk(f); n.right.walk(f) }

type not struct{ of predicate }

func (n not) match(item attr.Item) bool { return !n.of.match(item) }
func (n not) walk(f func(Path))         { n.of.walk(f) }

// comparison is left op right with = <> < <= > >=. An operand without value makes all but <> false.
type comparison struct {
	op          string
	left, right operand
}

func (n comparison) walk(f func(Path)) { walk(n.left, f); walk(n.right, f) }

func (n comparison) match(item attr.Item) bool {
	a, okA := n.left.value(item)
	b, okB := n.right.value(item)
	if n.op == "<>" {
		return !okA || !okB || !attr.Equal(a, b)
	}
	return okA && okB && Holds(n.op, a, b)
}

// Holds reports whether a op b, for = < <= > and >=. Values of different or unordered kinds compare
// as false.
func Holds(op string, a, b attr.Value) bool {
	if op == "=" {
		return attr.Equal(a, b)
	}
	order, ok := attr.Compare(a, b)
	if !ok {
		return false
	}
	switch op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

type between struct{ of, low, high operand }

func (n between) walk(f func(Path)) { walk(n.of, f); walk(n.low, f); walk(n.high, f) }

func (n between) match(item attr.Item) bool {
	return comparison{">=", n.of, n.low}.match(item) && comparison{"<=", n.of, n.high}.match(item)
}

type in struct {
	of   operand
	list []operand
}

func (n in) walk(f func(Path)) {
	walk(n.of, f)
	for _, o := range n.list {
		walk(o, f)
	}
}

func (n in) match(item attr.Item) bool {
	for _, o := range n.list {
		if (comparison{"=", n.of, o}).match(item) {
			return true
		}
	}
	return false
}

// function is one of the functions that are conditions.
type function struct {
	name string
	args []operand
}

func (n function) walk(f func(Path)) {
	for _, o := range n.args {
		walk(o, f)
	}
}

func (n function) match(item attr.Item) bool {
	v, ok := n.args[0].value(item)
	switch n.name {
	case "attribute_exists":
		return ok
	case "attribute_not_exists":
		return !ok
	}
	arg, okArg := n.args[1].value(item)
	if !ok || !okArg {
		return false
	}
	switch n.name {
	case "attribute_type":
		return v.Kind.String() == arg.Text
	case "begins_with":
		return v.Kind == arg.Kind && (v.Kind == attr.S || v.Kind == attr.B) && strings.HasPrefix(v.Text, arg.Text)
	}
	return contains(v, arg)
}

// contains is a part of a string or binary, or an element of a set or list.
func contains(v, part attr.Value) bool {
	switch v.Kind {
	case attr.S, attr.B:
		return v.Kind == part.Kind && strings.Contains(v.Text, part.Text)
	case attr.L, attr.SS, attr.NS, attr.BS:
		return v.Contains(part)
	}
	return false
}
