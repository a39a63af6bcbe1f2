package dynamodb

import (
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/dynamodb/expr"
	"github.com/orderflow-dev/orderflow/local/store"
)

// startKey is an ExclusiveStartKey: where the previous page ended.
type startKey attr.Item

const invalidStart = "The provided starting key is invalid"

// UnmarshalJSON implements json.Unmarshaler; the errors are those of attr.Item, with AWS's text for
// most of those of values.
func (k *startKey) UnmarshalJSON(data []byte) error {
	err := (*attr.Item)(k).UnmarshalJSON(data)
	e, ok := err.(*attr.Error)
	if !ok || strings.Contains(e.Message, "umber") || strings.Contains(e.Message, "numeric") ||
		strings.Contains(e.Message, "duplicates") {
		return err
	}
	return &attr.Error{Message: invalidStart + ": " + e.Message}
}

// checkShape refuses a start key that is not the key attributes of the table and, if one is read,
// of the index. A scan of a table leaves their types to place.
func (p *page) checkShape(start attr.Item, scan bool) error {
	names := map[string]bool{}
	for _, a := range append(p.keys().attributes(), p.table.keys.attributes()...) {
		names[a.name] = true
	}
	if scan && p.index == nil {
		return nil
	}
	if len(start) != len(names) {
		return validation(invalidStart)
	}
	for _, a := range p.keys().attributes() {
		v, ok := start[a.name]
		if !ok {
			return validation(invalidStart)
		}
		if v.Kind != a.kind {
			return validation("The provided key element does not match the schema")
		}
	}
	return nil
}

// place is where the store keeps the item or entry of the start key, whose shape has been checked.
func (p *page) place(start attr.Item) (store.Key, error) {
	key := p.table.keys.of(start)
	if p.index == nil {
		key = start
	}
	if err := p.table.checkKey(key); err != nil {
		if e, ok := err.(*awsapi.Error); ok {
			return nil, validation("%s: %s", invalidStart, e.Message)
		}
		return nil, err
	}
	if p.index != nil {
		return p.table.indexKey(p.index, start), nil
	}
	return p.table.itemKey(start), nil
}

// checkWithin refuses a start key that the condition does not select.
func (p *page) checkWithin(start attr.Item, c expr.KeyCondition) error {
	sameHash := attr.Equal(start[p.keys().hash.name], c.Hash)
	switch {
	case c.Op == "" && !sameHash:
		return validation("The provided starting key is outside query boundaries based on provided conditions")
	case c.Op != "" && !c.InRange(start[p.keys().rng.name]):
		return validation("The provided starting key does not match the range key predicate")
	case !sameHash:
		return validation("The query can return at most one row and cannot be restarted")
	}
	return nil
}
