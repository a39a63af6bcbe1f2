package expr

import "strings"

// node is what a part of a condition may turn out to be: either a predicate or an operand.
type node struct {
	predicate predicate
	operand   operand
	// group marks what stands in parentheses, so that another pair around it can be refused.
	group bool
}

// condition parses a whole condition.
func (p *parser) condition() (predicate, error) {
	n, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	return p.asPredicate(n)
}

func (p *parser) asPredicate(n node) (predicate, error) {
	if n.predicate != nil {
		return n.predicate, nil
	}
	if size, ok := n.operand.(sizeOperand); ok && !n.group {
		p.fail(misuseError, errorf("The function is not allowed to be used this way in an expression; function: size"))
		return not{comparison{"=", size, size}}, nil
	}
	return nil, p.syntax()
}

func (p *parser) asOperand(n node) (operand, error) {
	if n.operand != nil {
		return n.operand, nil
	}
	if f, ok := n.predicate.(function); ok {
		p.fail(misuseError, errorf("The function is not allowed to be used this way in an expression; function: %s", f.name))
		return f.args[0], nil
	}
	return nil, p.syntax()
}

// binary parses operands of AND or OR.
func (p *parser) binary(operator string, part func() (node, error), join func(l, r predicate) predicate) (node, error) {
	left, err := part()
	for err == nil && p.peek().is(operator) {
		var l, r predicate
		if l, err = p.asPredicate(left); err != nil {
			break
		}
		p.at++
		var right node
		if right, err = part(); err != nil {
			break
		}
		if r, err = p.asPredicate(right); err != nil {
			break
		}
		left = node{predicate: join(l, r)}
	}
	return left, err
}

func (p *parser) disjunction() (node, error) {
	return p.binary("OR", p.conjunction, func(l, r predicate) predicate { return or{l, r} })
}

func (p *parser) conjunction() (node, error) {
	return p.binary("AND", p.negation, func(l, r predicate) predicate { return and{l, r} })
}

func (p *parser) negation() (node, error) {
	if !p.take("NOT") {
		return p.comparison()
	}
	n, err := p.negation()
	if err != nil {
		return n, err
	}
	of, err := p.asPredicate(n)
	return node{predicate: not{of}}, err
}

func (p *parser) comparison() (node, error) {
	left, err := p.primary()
	if err != nil {
		return left, err
	}
	t := p.peek()
	switch {
	case t.is("="), t.is("<>"), t.is("<"), t.is("<="), t.is(">"), t.is(">="):
	case t.is("BETWEEN"), t.is("IN"):
	default:
		return left, nil
	}
	of, err := p.asOperand(left)
	if err != nil {
		return left, err
	}
	p.at++
	var n predicate
	switch {
	case t.is("BETWEEN"):
		n, err = p.between(of)
	case t.is("IN"):
		n, err = p.in(of)
	default:
		n, err = p.compare(t.text, of)
	}
	return node{predicate: n}, err
}

func (p *parser) compare(op string, left operand) (predicate, error) {
	right, err := p.conditionOperand()
	if err != nil {
		return nil, err
	}
	n := comparison{op, left, right}
	p.checkComparison(n)
	return n, nil
}

func (p *parser) between(of operand) (predicate, error) {
	low, err := p.conditionOperand()
	if err != nil {
		return nil, err
	}
	if err := p.expect("AND"); err != nil {
		return nil, err
	}
	high, err := p.conditionOperand()
	if err != nil {
		return nil, err
	}
	n := between{of, low, high}
	p.checkBetween(n)
	return n, nil
}

// maxIn is how many values IN takes.
const maxIn = 100

func (p *parser) in(of operand) (predicate, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	values, err := list(p, p.conditionOperand)
	if err != nil {
		return nil, err
	}
	if len(values) > maxIn {
		p.fail(countError, errorf(
			"Too many operands for operator or function; operator or function: IN, number of operands: %d", len(values)))
	}
	return in{of, values}, p.expect(")")
}

func (p *parser) conditionOperand() (operand, error) {
	n, err := p.primary()
	if err != nil {
		return nil, err
	}
	return p.asOperand(n)
}

// primary parses an operand, a function or what stands in parentheses.
func (p *parser) primary() (node, error) {
	if p.take("(") {
		n, err := p.disjunction()
		if err != nil {
			return n, err
		}
		if n.group {
			p.fail(parenthesesError, errorf("The expression has redundant parentheses;"))
		}
		n.group = true
		return n, p.expect(")")
	}
	if name, ok := p.call(); ok {
		args, err := list(p, p.conditionOperand)
		if err == nil {
			err = p.expect(")")
		}
		if err != nil {
			return node{}, err
		}
		return p.function(name, args), nil
	}
	if strings.HasPrefix(p.peek().text, ":") {
		v, err := p.constant()
		return node{operand: constOperand{v}}, err
	}
	path, err := p.path()
	return node{operand: pathOperand{path}}, err
}

// function makes the node of a function call. A wrong call is kept as an error, and its node has no
// meaning.
func (p *parser) function(name string, args []operand) node {
	count, known := functionArguments[name]
	switch {
	case !known && (name == "if_not_exists" || name == "list_append"):
		p.fail(functionError, errorf("The function is not allowed in a condition expression; function: %s", name))
	case !known:
		p.fail(functionError, errorf("Invalid function name; function: %s", name))
	case len(args) != count:
		p.fail(countError, errorf("Incorrect number of operands for operator or function; operator or function: %s, "+
			"number of operands: %d", name, len(args)))
	case name == "size":
		p.checkSize(args[0])
		return node{operand: sizeOperand{args[0]}}
	default:
		p.checkFunction(name, args)
	}
	return node{predicate: function{name, args}}
}
