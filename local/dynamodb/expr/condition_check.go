package expr

import "github.com/orderflow-dev/orderflow/local/dynamodb/attr"

// functionArguments are the functions of conditions and how many operands they take.
var functionArguments = map[string]int{
	"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2, "size": 1,
}

func (p *parser) operandType(name string, kind attr.Kind) {
	p.fail(operandError,
		errorf("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", name, kind))
}

func isScalar(kind attr.Kind) bool { return kind == attr.S || kind == attr.N || kind == attr.B }

func (p *parser) checkComparison(n comparison) {
	left, okLeft := n.left.(pathOperand)
	right, okRight := n.right.(pathOperand)
	if okLeft && okRight && left.path.equal(right.path) {
		p.distinct(n.op, left.path)
		return
	}
	if n.op == "=" || n.op == "<>" {
		return
	}
	for _, o := range []operand{n.left, n.right} {
		if kind := constKind(o); kind != attr.Missing && !isScalar(kind) {
			p.operandType(n.op, kind)
			return
		}
	}
}

func (p *parser) distinct(operator string, path Path) {
	p.fail(distinctError, errorf("The first operand must be distinct from the remaining operands for this operator or "+
		"function; operator: %s, first operand: %s",
		operator, path))
}

func (p *parser) checkBetween(n between) {
	for _, o := range []operand{n.of, n.low, n.high} {
		if kind := constKind(o); kind != attr.Missing && !isScalar(kind) {
			p.operandType("BETWEEN", kind)
			return
		}
	}
	low, okLow := n.low.(constOperand)
	high, okHigh := n.high.(constOperand)
	if !okLow || !okHigh || low.v.Kind == attr.Missing || high.v.Kind == attr.Missing {
		return
	}
	problem := ""
	if order, ok := attr.Compare(low.v, high.v); !ok {
		problem = "same data type for lower and upper bounds"
	} else if order > 0 {
		problem = "upper bound to be greater than or equal to lower bound"
	}
	if problem != "" {
		p.fail(operandError, errorf("The BETWEEN operator requires %s; lower bound operand: AttributeValue: {%s:%s}, "+
			"upper bound operand: AttributeValue: {%s:%s}",
			problem, low.v.Kind, low.v.Text, high.v.Kind, high.v.Text))
	}
}

func (p *parser) checkSize(of operand) {
	switch kind := constKind(of); kind {
	case attr.N, attr.BOOL, attr.NULL:
		p.operandType("size", kind)
	}
}

func (p *parser) checkFunction(name string, args []operand) {
	first, isPath := args[0].(pathOperand)
	if len(args) == 2 && isPath {
		if second, ok := args[1].(pathOperand); ok && second.path.equal(first.path) {
			p.distinct(name, second.path)
			return
		}
	}
	switch name {
	case "attribute_exists", "attribute_not_exists":
		if !isPath {
			p.fail(operandError, errorf("Operator or function requires a document path; operator or function: %s", name))
		}
	case "attribute_type":
		p.checkTypeName(args[1])
	case "begins_with":
		for _, o := range args {
			if kind := constKind(o); kind != attr.Missing && kind != attr.S && kind != attr.B {
				p.operandType(name, kind)
				return
			}
		}
	}
}

func (p *parser) checkTypeName(o operand) {
	c, ok := o.(constOperand)
	switch kind := constKind(o); {
	case !ok && kind != attr.Missing:
		p.operandType("attribute_type", kind)
	case !ok:
		p.fail(operandError, errorf("Incorrect operand type for operator or function; operator or function: attribute_type, "+
			"operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"))
	case c.v.Kind == attr.Missing: // an undefined placeholder, reported already
	case c.v.Kind != attr.S:
		p.operandType("attribute_type", c.v.Kind)
	case attr.KindOf(c.v.Text) == attr.Missing:
		p.fail(operandError,
			errorf("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", c.v.Text))
	}
}
