package expr

import (
	"strings"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// KeyCondition selects the items of one partition: the hash key equals Hash and, unless Op is
// empty, the range key meets Op.
type KeyCondition struct {
	Hash  attr.Value
	Op    string       // "", "=", "<", "<=", ">", ">=", "BETWEEN" or "begins_with"
	Range []attr.Value // the operands of Op: two for BETWEEN, otherwise one
}

// keyTerm is one condition on one attribute by constants.
type keyTerm struct {
	op   string
	name string
	args []attr.Value
}

// InRange reports whether a range key meets Op, which is not empty.
func (c KeyCondition) InRange(v attr.Value) bool {
	switch c.Op {
	case "BETWEEN":
		return Holds(">=", v, c.Range[0]) && Holds("<=", v, c.Range[1])
	case "begins_with":
		return v.Kind == c.Range[0].Kind && strings.HasPrefix(v.Text, c.Range[0].Text)
	}
	return Holds(c.Op, v, c.Range[0])
}

// KeyTerms are the terms of a key condition expression, before they are matched with the keys of a
// table or index.
type KeyTerms struct {
	root  predicate
	terms []keyTerm
}

// ParseKeyCondition parses a key condition expression. The error is an *Error.
func ParseKeyCondition(src string, ph *Placeholders) (*KeyTerms, error) {
	k := &KeyTerms{}
	err := parse(KeyConditionKind, src, ph, func(p *parser) (err error) {
		k.root, err = p.condition()
		return err
	})
	return k, err
}

// Check refuses a condition that is not one on keys. AWS does so after it has parsed all
// expressions of a request. The error is an *Error.
func (k *KeyTerms) Check() error {
	var err error
	if k.terms, err = keyTerms(k.root); err != nil {
		return err
	}
	return oncePerKey(k.terms)
}

func oncePerKey(terms []keyTerm) error {
	seen := map[string]bool{}
	for _, t := range terms {
		if seen[t.name] {
			return errorf("KeyConditionExpressions must only contain one condition per key")
		}
		seen[t.name] = true
	}
	return nil
}

func keyTerms(n predicate) ([]keyTerm, error) {
	switch n := n.(type) {
	case and:
		left, err := keyTerms(n.left)
		if err != nil {
			return nil, err
		}
		right, err := keyTerms(n.right)
		return append(left, right...), err
	case comparison:
		if n.op == "<>" {
			return nil, keyOperator("<>")
		}
		if _, ok := n.left.(constOperand); ok { // :v < key
			n.left, n.right, n.op = n.right, n.left, mirrored[n.op]
		}
		return oneTerm(n.op, n.left, n.right)
	case between:
		return oneTerm("BETWEEN", n.of, n.low, n.high)
	case function:
		if n.name == "begins_with" {
			return oneTerm(n.name, n.args[0], n.args[1])
		}
		return nil, keyOperator(n.name)
	case or:
		return nil, keyOperator("OR")
	case not:
		return nil, keyOperator("NOT")
	}
	return nil, keyOperator("IN")
}

func keyOperator(op string) error {
	return errorf("Invalid operator used in KeyConditionExpression: %s", op)
}

var mirrored = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// oneTerm is the term of a condition whose operands are one attribute and constants.
func oneTerm(op string, operands ...operand) ([]keyTerm, error) {
	if _, ok := operands[0].(pathOperand); !ok && (op == "BETWEEN" || op == "begins_with") {
		return nil, errorf(
			"Invalid condition in KeyConditionExpression: %s operator must have the key attribute as its first operand", op)
	}
	t := keyTerm{op: op}
	for _, o := range operands {
		switch o := o.(type) {
		case constOperand:
			t.args = append(t.args, o.v)
		case pathOperand:
			if t.name != "" {
				return nil,
					errorf("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
			}
			if len(o.path) > 1 {
				return nil, errorf("KeyConditionExpressions cannot have conditions on nested attributes")
			}
			t.name = o.path[0].Name
		default:
			return nil, errorf("KeyConditionExpressions cannot contain nested operations")
		}
	}
	if t.name == "" {
		return nil, errorf("Invalid condition in KeyConditionExpression: No key attribute specified")
	}
	return []keyTerm{t}, nil
}

// Key is an attribute of a key; the zero Key is none.
type Key struct {
	Name string
	Kind attr.Kind
}

// For returns the condition, which has been checked, for a table or index with these keys. The
// error is an *Error.
func (k *KeyTerms) For(hash, rng Key) (KeyCondition, error) {
	var c KeyCondition
	if rng.Name == "" && len(k.terms) > 1 {
		return c, errorf("Query key condition not supported")
	}
	t, err := k.on(hash)
	if err != nil {
		return c, err
	}
	if t.op != "=" {
		return c, errorf("Query key condition not supported")
	}
	c.Hash = t.args[0]
	if len(k.terms) == 1 {
		return c, nil
	}
	t, err = k.on(rng)
	c.Op, c.Range = t.op, t.args
	return c, err
}

// on is the term on an attribute.
func (k *KeyTerms) on(key Key) (keyTerm, error) {
	for _, t := range k.terms {
		if t.name != key.Name {
			continue
		}
		for _, v := range t.args {
			if v.Kind != key.Kind {
				return t, errorf(
					"One or more parameter values were invalid: Condition parameter type does not match schema type")
			}
		}
		return t, nil
	}
	return keyTerm{}, errorf("Query condition missed key schema element: %s", key.Name)
}
