package expr

import (
	"cmp"
	"slices"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// ParseUpdate parses an update expression. The error is an *Error.
func ParseUpdate(src string, ph *Placeholders) (*Update, error) {
	u := &Update{}
	err := parse(UpdateKind, src, ph, func(p *parser) error {
		seen := map[string]bool{}
		for p.peek().kind != endToken {
			section, err := p.section(u)
			if err != nil {
				return err
			}
			if seen[section] {
				p.fail(sectionError, errorf("The %q section can only be used once in an update expression;", section))
			}
			seen[section] = true
		}
		p.checkDistinct(u.paths)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(u.changes, func(a, b action) int { return cmp.Compare(lastIndex(a.path), lastIndex(b.path)) })
	u.closing = slices.Clone(u.removes)
	for _, a := range u.changes {
		if a.verb == subtract {
			u.closing = append(u.closing, a.path)
		}
	}
	slices.SortStableFunc(u.closing, func(a, b Path) int { return cmp.Compare(len(b), len(a)) })
	return u, nil
}

func lastIndex(p Path) int { return p[len(p)-1].Index }

// section parses one of the four sections and returns its name.
func (p *parser) section(u *Update) (string, error) {
	switch {
	case p.take("SET"):
		return "SET", p.actions(u, p.assignment)
	case p.take("ADD"):
		return "ADD", p.actions(u, func() (action, error) { return p.setAction("ADD", add, isAddable) })
	case p.take("DELETE"):
		return "DELETE", p.actions(u, func() (action, error) { return p.setAction("DELETE", subtract, attr.Kind.IsSet) })
	case p.take("REMOVE"):
		var err error
		u.removes, err = list(p, p.path)
		u.paths = append(u.paths, u.removes...)
		return "REMOVE", err
	}
	return "", p.syntax()
}

func (p *parser) actions(u *Update, one func() (action, error)) error {
	actions, err := list(p, one)
	for _, a := range actions {
		u.changes = append(u.changes, a)
		u.paths = append(u.paths, a.path)
	}
	return err
}

// assignment parses path = operand [+|- operand].
func (p *parser) assignment() (action, error) {
	path, err := p.path()
	if err == nil {
		err = p.expect("=")
	}
	if err != nil {
		return action{}, err
	}
	by, err := p.sum()
	return action{set, path, by}, err
}

func (p *parser) sum() (updateOperand, error) {
	left, err := p.updateOperand()
	if err != nil {
		return nil, err
	}
	operator := p.peek().text
	if !p.take("+") && !p.take("-") {
		return left, nil
	}
	right, err := p.updateOperand()
	if err != nil {
		return nil, err
	}
	for _, o := range []updateOperand{left, right} {
		p.checkOperand(operator, o, attr.N)
	}
	return arithmetic{left, right, operator == "-"}, nil
}

func (p *parser) updateOperand() (updateOperand, error) {
	if p.take("(") {
		o, err := p.sum()
		if err != nil {
			return nil, err
		}
		return o, p.expect(")")
	}
	if name, ok := p.call(); ok {
		return p.updateFunction(name)
	}
	if p.peek().kind == valueToken {
		v, err := p.constant()
		return constOperand{v}, err
	}
	path, err := p.path()
	return pathOperand{path}, err
}

func (p *parser) updateFunction(name string) (updateOperand, error) {
	args, err := list(p, p.updateOperand)
	if err == nil {
		err = p.expect(")")
	}
	if err != nil {
		return nil, err
	}
	_, inConditions := functionArguments[name]
	switch {
	case inConditions:
		p.fail(misuseError, errorf("The function is not allowed in an update expression; function: %s", name))
	case name != "if_not_exists" && name != "list_append":
		p.fail(functionError, errorf("Invalid function name; function: %s", name))
	case len(args) != 2:
		p.fail(countError, errorf("Incorrect number of operands for operator or function; operator or function: %s, "+
			"number of operands: %d", name, len(args)))
	case name == "if_not_exists":
		path, ok := args[0].(pathOperand)
		if !ok {
			p.fail(operandError, errorf("Operator or function requires a document path; operator or function: %s", name))
		}
		return fallback{path.path, args[1]}, nil
	default:
		p.checkOperand(name, args[0], attr.L)
		p.checkOperand(name, args[1], attr.L)
		return listAppend{args[0], args[1]}, nil
	}
	return constOperand{}, nil
}

// checkOperand refuses a placeholder of another kind than the operator wants.
func (p *parser) checkOperand(operator string, o updateOperand, want attr.Kind) {
	if c, ok := o.(constOperand); ok && c.v.Kind != attr.Missing && c.v.Kind != want {
		p.operandType(operator, c.v.Kind)
	}
}

func isAddable(kind attr.Kind) bool { return kind == attr.N || kind.IsSet() }

// longNames are the names of kinds in the messages of ADD and DELETE.
var longNames = map[attr.Kind]string{
	attr.S: "STRING", attr.N: "NUMBER", attr.B: "BINARY", attr.BOOL: "BOOLEAN", attr.NULL: "NULL", attr.L: "LIST",
	attr.M:  "MAP",
	attr.SS: "STRING_SET", attr.NS: "NUMBER_SET", attr.BS: "BINARY_SET",
}

// setAction parses path value, of ADD and DELETE.
func (p *parser) setAction(section string, v verb, allowed func(attr.Kind) bool) (action, error) {
	path, err := p.path()
	if err != nil {
		return action{}, err
	}
	by, err := p.constant()
	if err == nil && by.Kind != attr.Missing && !allowed(by.Kind) {
		p.fail(operandError, errorf("Incorrect operand type for operator or function; operator: %s, operand type: %s, "+
			"typeSet: ALLOWED_FOR_%s_OPERAND",
			section, longNames[by.Kind], section))
	}
	return action{v, path, constOperand{by}}, err
}
