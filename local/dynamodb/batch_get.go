package dynamodb

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/dynamodb/expr"
	"github.com/orderflow-dev/orderflow/local/store"
)

// Limits of BatchGetItem: items, and bytes of the answer.
const (
	maxBatchGet      = 100
	maxBatchGetBytes = 16 << 20
)

// batchKeys are the keys to read from one table, in requests and, for those that are left over, in
// answers.
type batchKeys struct {
	Keys                     []attr.Item
	AttributesToGet          json.RawMessage   `json:",omitempty"`
	ProjectionExpression     *string           `json:",omitempty"`
	ExpressionAttributeNames map[string]string `json:",omitempty"`
	ConsistentRead           bool              `json:",omitempty"`
}

type batchGetInput struct {
	RequestItems           map[string]batchKeys
	ReturnConsumedCapacity parameter
}

type batchGetOutput struct {
	Responses        map[string][]attr.Item
	UnprocessedKeys  map[string]batchKeys
	ConsumedCapacity []*consumedCapacity `json:",omitempty"`
}

func (s *Service) batchGetItem(_ context.Context, in batchGetInput) (*batchGetOutput, error) {
	if err := in.bounds(); err != nil {
		return nil, err
	}
	reads, names, err := in.parse()
	if err != nil {
		return nil, err
	}
	tables, release, err := s.openAll(names)
	if err != nil {
		return nil, err
	}
	defer release()
	out := &batchGetOutput{Responses: map[string][]attr.Item{}, UnprocessedKeys: map[string]batchKeys{}}
	budget := maxBatchGetBytes
	m := newMeter(in.ReturnConsumedCapacity, plainUnits)
	for i, name := range names {
		if err := s.batchGetTable(tables[bareName(name)], name, reads[i], out, &budget, m); err != nil {
			return nil, err
		}
	}
	out.ConsumedCapacity = m.list()
	return out, nil
}

// batchRead is the read of one table.
type batchRead struct {
	batchKeys
	projection *expr.Projection
	nested     []string
}

// parse makes the reads of the tables and returns the tables' names in the same order.
func (in *batchGetInput) parse() (reads []batchRead, names []string, err error) {
	names = slices.Sorted(maps.Keys(in.RequestItems))
	for _, name := range names {
		r := batchRead{batchKeys: in.RequestItems[name]}
		old := legacy{AttributesToGet: r.AttributesToGet}
		if err := old.check(expression{expr.ProjectionKind, r.ProjectionExpression}); err != nil {
			return nil, nil, err
		}
		if r.projection, r.nested, err = parseProjection(r.ProjectionExpression, r.ExpressionAttributeNames); err != nil {
			return nil, nil, err
		}
		seen := map[string]bool{}
		for _, key := range r.Keys {
			b := string(attr.Marshal(key))
			if seen[b] {
				return nil, nil, validation("Provided list of item keys contains duplicates")
			}
			seen[b] = true
		}
		reads = append(reads, r)
	}
	return reads, names, nil
}

// bounds checks the parameters. Each table's keys are limited like all together.
func (in *batchGetInput) bounds() error {
	var v violations
	v.enum(in.ReturnConsumedCapacity, "returnConsumedCapacity", capacityModes)
	n := 0
	for _, name := range requestTables(&v, in.RequestItems, "KeysAndAttributes") {
		keys := in.RequestItems[name].Keys
		if v.require(keys != nil, "requestItems."+name+".member.keys"); keys == nil {
			continue
		}
		if n += len(keys); len(keys) < 1 || len(keys) > maxBatchGet {
			bound := "less than or equal to 100"
			if len(keys) < 1 {
				bound = "greater than or equal to 1"
			}
			return cmp.Or(v.err(), validation("1 validation error detected: Value at 'RequestItems.%s.member.Keys' "+
				"failed to satisfy constraint: Member must have length %s", name, bound))
		}
	}
	switch {
	case len(v.found) > 0:
		return v.err()
	case len(in.RequestItems) == 0:
		return validation("The requestItems parameter is required for BatchGetItem")
	case n > maxBatchGet:
		return validation("Too many items requested for the BatchGetItem call")
	}
	return nil
}

// requestTables checks the names of the tables of a batch and returns them in order.
func requestTables[R any](v *violations, requests map[string]R, element string) []string {
	v.require(requests != nil, "requestItems")
	names := slices.Sorted(maps.Keys(requests))
	for _, name := range names {
		if bare := bareName(name); len(bare) > maxName || !isName(bare) {
			v.add(quoted("{"+name+"="+element+"}"), "requestItems",
				"Map keys must satisfy constraint: [Member must have length less than or equal to 255, "+
					"Member must have length greater than or equal to 1, "+
					"Member must satisfy regular expression pattern: "+namePattern+"]")
		}
	}
	return names
}

func (s *Service) batchGetTable(t *table, name string, r batchRead, out *batchGetOutput, budget *int, m *meter) error {
	for _, key := range r.Keys {
		if err := t.checkKey(key); err != nil {
			return err
		}
	}
	if err := t.checkNested(r.nested); err != nil {
		return err
	}
	out.Responses[name] = []attr.Item{}
	for i, key := range r.Keys {
		item, err := s.readCommitted(t.itemKey(key))
		if err != nil {
			return err
		}
		if *budget -= attr.ItemSize(item); *budget < 0 {
			left := r.batchKeys
			left.Keys = r.Keys[i:]
			out.UnprocessedKeys[name] = left
			return nil
		}
		m.read(t, item, r.ConsistentRead)
		if item != nil {
			out.Responses[name] = append(out.Responses[name], r.projection.Apply(item))
		}
	}
	return nil
}

// readCommitted reads an item when no write to it is in progress: the result survives a crash.
func (s *Service) readCommitted(key store.Key) (attr.Item, error) {
	unlock := s.locks.rlock(key)
	defer unlock()
	item, _, err := s.read(key)
	return item, err
}
