package expr

import "orderflow/local/dynamodb/attr"

// KeyCondition selects the items of one partition: the hash key equals Hash and, unless Op is empty, the range key meets Op.
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

// ParseKeyCondition parses a key condition expression for a table or index with these keys; rangeKey is empty if it has none.
// The error is an *Error.
func ParseKeyCondition(src string, ph *Placeholders, hashKey, rangeKey string) (KeyCondition, error) {
	var root predicate
	err := parse(KeyConditionKind, src, ph, func(p *parser) (err error) {
		root, err = p.condition()
		return err
	})
	if err != nil {
		return KeyCondition{}, err
	}
	terms, err := keyTerms(root)
	if err != nil {
		return KeyCondition{}, err
	}
	return keyCondition(terms, hashKey, rangeKey)
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

func oneTerm(op string, key operand, args ...operand) ([]keyTerm, error) {
	path, ok := key.(pathOperand)
	if !ok {
		return nil, errorf("Invalid KeyConditionExpression: KeyConditionExpressions must have a key attribute as operand; operator: %s", op)
	}
	if len(path.path) > 1 {
		return nil, errorf("Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes")
	}
	t := keyTerm{op: op, name: path.path[0].Name}
	for _, a := range args {
		c, ok := a.(constOperand)
		if !ok {
			return nil, errorf("Invalid KeyConditionExpression: KeyConditionExpressions must compare key attributes with values; operator: %s", op)
		}
		t.args = append(t.args, c.v)
	}
	return []keyTerm{t}, nil
}

func keyCondition(terms []keyTerm, hashKey, rangeKey string) (KeyCondition, error) {
	var c KeyCondition
	seen := map[string]bool{}
	for _, t := range terms {
		if seen[t.name] {
			return c, errorf("KeyConditionExpressions must only contain one condition per key")
		}
		seen[t.name] = true
		switch {
		case t.name == hashKey && t.op == "=":
			c.Hash = t.args[0]
		case t.name == hashKey:
			return c, errorf("Query key condition not supported")
		case t.name == rangeKey && rangeKey != "":
			c.Op, c.Range = t.op, t.args
		}
	}
	if !seen[hashKey] {
		return c, errorf("Query condition missed key schema element: %s", hashKey)
	}
	if len(seen) > 1 && c.Op == "" {
		if rangeKey == "" {
			return c, errorf("Query key condition not supported")
		}
		return c, errorf("Query condition missed key schema element: %s", rangeKey)
	}
	return c, nil
}
