package dynamodb

import (
	"encoding/json"
	"maps"
	"slices"

	"orderflow/local/dynamodb/attr"
	"orderflow/local/store"
)

// Limits of BatchGetItem: items, and bytes of the answer.
const (
	maxBatchGet      = 100
	maxBatchGetBytes = 16 << 20
)

// batchKeys are the items to read of one table, in requests and, those left over, in answers.
type batchKeys struct {
	Keys                     []attr.Item
	AttributesToGet          json.RawMessage   `json:",omitempty"`
	ProjectionExpression     *string           `json:",omitempty"`
	ExpressionAttributeNames map[string]string `json:",omitempty"`
	ConsistentRead           bool              `json:",omitempty"`
}

type batchGetInput struct{ RequestItems map[string]batchKeys }

type batchGetOutput struct {
	Responses       map[string][]attr.Item
	UnprocessedKeys map[string]batchKeys
}

func (s *Service) batchGetItem(in *batchGetInput) (*batchGetOutput, error) {
	n := 0
	for _, r := range in.RequestItems {
		n += len(r.Keys)
	}
	if n == 0 {
		return nil, validation("1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: " +
			"Member must have length greater than or equal to 1")
	}
	if n > maxBatchGet {
		return nil, validation("Too many items requested for the BatchGetItem call")
	}
	tables, release, err := s.openAll(slices.Collect(maps.Keys(in.RequestItems)))
	if err != nil {
		return nil, err
	}
	defer release()
	out := &batchGetOutput{Responses: map[string][]attr.Item{}, UnprocessedKeys: map[string]batchKeys{}}
	budget := maxBatchGetBytes
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		if err := s.batchGetTable(tables[bareName(name)], name, in.RequestItems[name], out, &budget); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) batchGetTable(t *table, name string, request batchKeys, out *batchGetOutput, budget *int) error {
	old := legacy{AttributesToGet: request.AttributesToGet}
	if err := old.check(); err != nil {
		return err
	}
	projection, err := parseProjection(request.ProjectionExpression, request.ExpressionAttributeNames)
	if err != nil {
		return err
	}
	keys, err := t.distinctKeys(request.Keys)
	if err != nil {
		return err
	}
	out.Responses[name] = []attr.Item{}
	for i, key := range keys {
		item, err := s.readCommitted(key)
		if err != nil {
			return err
		}
		if *budget -= attr.ItemSize(item); *budget < 0 {
			request.Keys = request.Keys[i:]
			out.UnprocessedKeys[name] = request
			return nil
		}
		if item != nil {
			out.Responses[name] = append(out.Responses[name], projection.Apply(item))
		}
	}
	return nil
}

func (t *table) distinctKeys(keys []attr.Item) ([]store.Key, error) {
	out := make([]store.Key, len(keys))
	seen := map[string]bool{}
	for i, key := range keys {
		if err := t.checkKey(key); err != nil {
			return nil, err
		}
		out[i] = t.itemKey(key)
		if seen[string(out[i])] {
			return nil, validation("Provided list of item keys contains duplicates")
		}
		seen[string(out[i])] = true
	}
	return out, nil
}

// readCommitted reads an item when no write to it is under way: what it returns survives a crash.
func (s *Service) readCommitted(key store.Key) (attr.Item, error) {
	unlock := s.locks.rlock(key)
	defer unlock()
	item, _, err := s.read(key)
	return item, err
}
