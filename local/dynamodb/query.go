package dynamodb

import (
	"bytes"
	"context"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/dynamodb/expr"
	"github.com/orderflow-dev/orderflow/local/store"
)

type queryInput struct {
	readInput
	KeyConditionExpression *string
	ScanIndexForward       *bool
}

func (s *Service) query(_ context.Context, in queryInput) (*pageOutput, error) {
	if err := in.checkParameters(); err != nil {
		return nil, err
	}
	ph, err := in.placeholders()
	if err != nil {
		return nil, err
	}
	var terms *expr.KeyTerms
	if in.KeyConditionExpression != nil {
		if terms, err = expr.ParseKeyCondition(*in.KeyConditionExpression, ph); err != nil {
			return nil, err
		}
	}
	p, err := in.parse(ph)
	if err != nil {
		return nil, err
	}
	if err := ph.Done("FilterExpression and KeyConditionExpression are null"); err != nil {
		return nil, err
	}
	if in.KeyConditionExpression == nil {
		return nil,
			validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	if err := terms.Check(); err != nil {
		return nil, err
	}
	t, err := s.open(in.TableName.text)
	if err != nil {
		return nil, err
	}
	defer t.mu.RUnlock()
	if err := p.of(t, &in.readInput); err != nil {
		return nil, err
	}
	lower, upper, err := p.limits(&in, terms, ph.Nested())
	if err != nil {
		return nil, err
	}
	if bytes.Compare(lower, upper) >= 0 {
		return p.read(func(func(store.Pair, error) bool) {})
	}
	if in.forward() {
		return p.read(s.store.Scan(lower, upper))
	}
	return p.read(s.store.ScanReverse(lower, upper))
}

func (in *queryInput) forward() bool { return in.ScanIndexForward == nil || *in.ScanIndexForward }

// limits checks the query against the keys, and returns what of the store it reads: lower <= key <
// upper.
func (p *page) limits(in *queryInput, terms *expr.KeyTerms, nested []string) (lower, upper []byte, err error) {
	start := attr.Item(in.ExclusiveStartKey)
	if start != nil {
		if err := p.checkShape(start, false); err != nil {
			return nil, nil, err
		}
	}
	condition, err := p.keyCondition(terms)
	if err != nil {
		return nil, nil, err
	}
	lower, upper = p.bounds(condition)
	if start != nil {
		at, err := p.place(start)
		if err == nil {
			err = p.checkWithin(start, condition)
		}
		if err != nil {
			return nil, nil, err
		}
		lower, upper = narrow(at, lower, upper, in.forward())
	}
	if err := p.checkFilter(); err != nil {
		return nil, nil, err
	}
	if err := p.table.checkNested(nested); err != nil {
		return nil, nil, err
	}
	return lower, upper, p.choose(in.Select.text)
}

func (in *queryInput) checkParameters() error {
	var v violations
	if in.bounds(&v); len(v.found) > 0 {
		return v.err()
	}
	if in.Limit != nil && *in.Limit < 1 {
		return validation("1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must " +
			"have value greater than or equal to 1")
	}
	return in.check(expression{expr.ProjectionKind, in.ProjectionExpression},
		expression{expr.FilterKind, in.FilterExpression},
		expression{expr.KeyConditionKind, in.KeyConditionExpression})
}

// keyCondition is the condition on the keys that are read.
func (p *page) keyCondition(terms *expr.KeyTerms) (expr.KeyCondition, error) {
	keys := p.keys()
	c, err := terms.For(expr.Key{Name: keys.hash.name, Kind: keys.hash.kind},
		expr.Key{Name: keys.rng.name, Kind: keys.rng.kind})
	if err != nil {
		return c, err
	}
	return c, checkOperands(keys, c)
}

// checkFilter refuses a query's filter on a key attribute.
func (p *page) checkFilter() error {
	var err error
	p.filter.Attributes(func(name string) {
		if err == nil && p.keys().has(name) {
			err = validation("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
		}
	})
	return err
}

func checkOperands(keys keySchema, c expr.KeyCondition) error {
	if c.Hash.Kind != attr.N && c.Hash.Text == "" {
		return validation("One or more parameter values are not valid. The AttributeValue for a key attribute cannot "+
			"contain an empty %s value. Key: %s",
			scalarName(keys.hash.kind), keys.hash.name)
	}
	if c.Op == "begins_with" && keys.rng.kind == attr.N {
		return validation("Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator " +
			"or function: begins_with, operand type: N")
	}
	return nil
}

// bounds are the keys between which the store holds what the condition selects: lower <= key <
// upper.
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

// narrow skips everything up to the place of a start key.
func narrow(at store.Key, lower, upper []byte, forward bool) ([]byte, []byte) {
	if !forward {
		if bytes.Compare(at, upper) < 0 {
			upper = at
		}
		return lower, upper
	}
	if after := at.End(); bytes.Compare(after, lower) > 0 {
		lower = after
	}
	return lower, upper
}
