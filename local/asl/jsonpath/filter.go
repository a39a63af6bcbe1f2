package jsonpath

import (
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl/value"
)

// condition is the content of a filter: [?(...)].
type condition interface {
	holds(current, root value.JSON) bool
}

type (
	anyOf      []condition
	allOf      []condition
	negated    struct{ of condition }
	exists     struct{ of operand }
	comparison struct {
		left, right operand
		op          string
	}
)

// operand is a literal, or a path from @ or $.
type operand struct {
	literal value.JSON
	path    *Path
	current bool // the path starts at @
}

func (c anyOf) holds(current, root value.JSON) bool {
	for _, one := range c {
		if one.holds(current, root) {
			return true
		}
	}
	return false
}

func (c allOf) holds(current, root value.JSON) bool {
	for _, one := range c {
		if !one.holds(current, root) {
			return false
		}
	}
	return true
}

func (c negated) holds(current, root value.JSON) bool { return !c.of.holds(current, root) }

func (c exists) holds(current, root value.JSON) bool {
	_, ok := c.of.eval(current, root)
	return ok
}

func (c comparison) holds(current, root value.JSON) bool {
	l, okL := c.left.eval(current, root)
	r, okR := c.right.eval(current, root)
	if !okL || !okR {
		return c.op == "!=" && okL != okR
	}
	switch c.op {
	case "==":
		return value.Equal(l, r)
	case "!=":
		return !value.Equal(l, r)
	}
	var order int
	switch {
	case l.Kind() == value.Number && r.Kind() == value.Number:
		order = value.Compare(l, r)
	case l.Kind() == value.String && r.Kind() == value.String:
		order = strings.Compare(l.Text(), r.Text())
	default:
		return false
	}
	switch c.op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func (o operand) eval(current, root value.JSON) (value.JSON, bool) {
	if o.path == nil {
		return o.literal, true
	}
	from := root
	if o.current {
		from = current
	}
	v, err := o.path.Eval(from)
	if err != nil || !o.path.definite && v == value.EmptyArray {
		return "", false
	}
	return v, true
}

// filter parses (condition), after the '?'.
func (p *parser) filter() (condition, error) {
	p.space()
	if !p.take('(') {
		return nil, p.fail("expected '(' after '?'")
	}
	c, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.space(); !p.take(')') {
		return nil, p.fail("expected ')'")
	}
	return c, nil
}

func (p *parser) or() (condition, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, p.fail("filter nested too deeply")
	}
	defer func() { p.depth-- }()
	var all anyOf
	for {
		c, err := p.and()
		if err != nil {
			return nil, err
		}
		all = append(all, c)
		if p.space(); !p.word("||") {
			break
		}
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

func (p *parser) and() (condition, error) {
	var all allOf
	for {
		c, err := p.unary()
		if err != nil {
			return nil, err
		}
		all = append(all, c)
		if p.space(); !p.word("&&") {
			break
		}
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

func (p *parser) unary() (condition, error) {
	p.space()
	if p.take('!') {
		if p.depth++; p.depth > maxFilterDepth {
			return nil, p.fail("filter nested too deeply")
		}
		defer func() { p.depth-- }()
		c, err := p.unary()
		return negated{c}, err
	}
	if p.take('(') {
		c, err := p.or()
		if err != nil {
			return nil, err
		}
		if p.space(); !p.take(')') {
			return nil, p.fail("expected ')'")
		}
		return c, nil
	}
	return p.comparison()
}

func (p *parser) comparison() (condition, error) {
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	p.space()
	for _, op := range [...]string{"==", "!=", "<=", ">=", "<", ">"} {
		if p.word(op) {
			right, err := p.operand()
			return comparison{left, right, op}, err
		}
	}
	if left.path == nil {
		return nil, p.fail("a literal alone is no condition")
	}
	return exists{left}, nil
}

func (p *parser) operand() (operand, error) {
	p.space()
	switch b := p.peek(); {
	case b == '@' || b == '$':
		p.i++
		path := &Path{definite: true}
		if err := p.steps(path, true); err != nil {
			return operand{}, err
		}
		return operand{path: path, current: b == '@'}, nil
	case b == '\'' || b == '"':
		s, err := p.quoted()
		return operand{literal: value.OfString(s)}, err
	}
	start := p.i
	for p.i < len(p.s) && !strings.ContainsRune(" )&|=<>!", rune(p.s[p.i])) {
		p.i++
	}
	v, err := value.Parse(p.s[start:p.i])
	if err != nil || v.Kind() == value.Object || v.Kind() == value.Array {
		return operand{}, p.fail("expected a path or a literal")
	}
	return operand{literal: v}, nil
}

func (p *parser) word(w string) bool {
	if strings.HasPrefix(p.s[p.i:], w) {
		p.i += len(w)
		return true
	}
	return false
}
