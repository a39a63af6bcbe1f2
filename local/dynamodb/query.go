package dynamodb

import (
	"bytes"

	"orderflow/local/dynamodb/attr"
	"orderflow/local/dynamodb/expr"
	"orderflow/local/store"
)

type queryInput struct {
	readInput
	KeyConditionExpression *string
	ScanIndexForward       *bool
}

func (s *Service) query(in *queryInput) (*pageOutput, error) {
	if err := in.checkParameters(); err != nil {
		return nil, err
	}
	t, err := s.open(in.TableName.text)
	if err != nil {
		return nil, err
	}
	defer t.mu.RUnlock()
	ph, err := in.placeholders()
	if err != nil {
		return nil, err
	}
	p, err := in.newPage(t, ph)
	if err != nil {
		return nil, err
	}
	condition, err := in.keyCondition(p, ph)
	if err != nil {
		return nil, err
	}
	lower, upper := p.bounds(condition)
	forward := in.ScanIndexForward == nil || *in.ScanIndexForward
	if in.ExclusiveStartKey != nil {
		if lower, upper, err = p.narrow(in.ExclusiveStartKey, condition, lower, upper, forward); err != nil {
			return nil, err
		}
	}
	if bytes.Compare(lower, upper) >= 0 {
		return p.read(func(func(store.Pair, error) bool) {})
	}
	if forward {
		return p.read(s.store.Scan(lower, upper))
	}
	return p.read(s.store.ScanReverse(lower, upper))
}

func (in *queryInput) checkParameters() error {
	var v violations
	if in.bounds(&v); len(v.found) > 0 {
		return v.err()
	}
	if in.Limit != nil && *in.Limit < 1 {
		return validation("1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1")
	}
	return in.check(expression{expr.ProjectionKind, in.ProjectionExpression}, expression{expr.FilterKind, in.FilterExpression},
		expression{expr.KeyConditionKind, in.KeyConditionExpression})
}

// keyCondition parses the key condition and checks it, and the filter, against the keys.
func (in *queryInput) keyCondition(p *page, ph *expr.Placeholders) (expr.KeyCondition, error) {
	var c expr.KeyCondition
	if in.KeyConditionExpression == nil {
		return c, validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	keys := p.keys()
	c, err := expr.ParseKeyCondition(*in.KeyConditionExpression, ph, keys.hash.name, keys.rng.name)
	if err != nil {
		return c, err
	}
	if err := ph.Done("FilterExpression and KeyConditionExpression are null"); err != nil {
		return c, err
	}
	p.filter.Attributes(func(name string) {
		if err == nil && keys.has(name) {
			err = validation("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
		}
	})
	if err != nil {
		return c, err
	}
	return c, checkOperands(keys, c)
}

func checkOperands(keys keySchema, c expr.KeyCondition) error {
	mismatch := validation("One or more parameter values were invalid: Condition parameter type does not match schema type")
	if c.Hash.Kind != keys.hash.kind {
		return mismatch
	}
	if c.Hash.Kind != attr.N && c.Hash.Text == "" {
		return validation("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s",
			scalarName(keys.hash.kind), keys.hash.name)
	}
	for _, v := range c.Range {
		if v.Kind != keys.rng.kind {
			return mismatch
		}
	}
	if c.Op == "begins_with" && keys.rng.kind == attr.N {
		return validation("Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N")
	}
	return nil
}

// bounds are the keys between which the store holds what the condition selects: lower <= key < upper.
func (p *page) bounds(c expr.KeyCondition) (lower, upper []byte) {
	partition := p.prefix().Bytes(attr.KeyBytes(c.Hash))
	at := func(i int) store.Key { return partition.Clone().Bytes(attr.KeyBytes(c.Range[i])) }
	switch c.Op {
	case "=":
		return at(0), at(0).End()
	case "<":
		return partition, at(0)
	case "<=":
		return partition, at(0).End()
	case ">":
		return at(0).End(), partition.End()
	case ">=":
		return at(0), partition.End()
	case "BETWEEN":
		return at(0), at(1).End()
	case "begins_with":
		whole := at(0)
		prefix := whole[:len(whole)-len(store.Key(nil).String(""))]
		return prefix, prefix.End()
	}
	return partition, partition.End()
}

// narrow leaves out what comes up to the ExclusiveStartKey.
func (p *page) narrow(start attr.Item, c expr.KeyCondition, lower, upper []byte, forward bool) ([]byte, []byte, error) {
	at, err := p.startKey(start)
	if err != nil {
		return nil, nil, err
	}
	if !attr.Equal(start[p.keys().hash.name], c.Hash) {
		return nil, nil, validation("The provided starting key is outside query boundaries based on provided conditions")
	}
	if !forward {
		if bytes.Compare(at, upper) < 0 {
			upper = at
		}
		return lower, upper, nil
	}
	if after := at.End(); bytes.Compare(after, lower) > 0 {
		lower = after
	}
	return lower, upper, nil
}
