package dynamodb

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// maxBatchWrite is how many items a BatchWriteItem writes.
const maxBatchWrite = 25

// batchRequest is a put or a delete.
type batchRequest struct {
	PutRequest    *struct{ Item attr.Item }
	DeleteRequest *struct{ Key attr.Item }
}

type batchWriteInput struct {
	RequestItems                map[string][]batchRequest
	ReturnConsumedCapacity      parameter
	ReturnItemCollectionMetrics parameter
}

type batchWriteOutput struct {
	UnprocessedItems map[string][]batchRequest
	ConsumedCapacity []*consumedCapacity `json:",omitempty"`
}

// batchWriteItem writes all items in one batch of the store; AWS guarantees less.
func (s *Service) batchWriteItem(_ context.Context, in batchWriteInput) (*batchWriteOutput, error) {
	if err := in.bounds(); err != nil {
		return nil, err
	}
	writes, names, err := in.parse()
	if err != nil {
		return nil, err
	}
	tables, release, err := s.openAll(names)
	if err != nil {
		return nil, err
	}
	defer release()
	seen := map[string]bool{}
	for i, w := range writes {
		if err := w.checkInBatch(tables[bareName(names[i])]); err != nil {
			return nil, err
		}
		if seen[string(w.itemKey)] {
			return nil, validation("Provided list of item keys contains duplicates")
		}
		seen[string(w.itemKey)] = true
	}
	m := newMeter(in.ReturnConsumedCapacity, plainUnits)
	if err := s.writeAll(writes, m); err != nil {
		return nil, err
	}
	return &batchWriteOutput{UnprocessedItems: map[string][]batchRequest{}, ConsumedCapacity: m.list()}, nil
}

// bounds checks the parameters. Each table's requests are limited like all together.
func (in *batchWriteInput) bounds() error {
	var v violations
	v.enum(in.ReturnConsumedCapacity, "returnConsumedCapacity", capacityModes)
	v.enum(in.ReturnItemCollectionMetrics, "returnItemCollectionMetrics", metricsModes)
	n := 0
	for _, name := range requestTables(&v, in.RequestItems, "[WriteRequest]") {
		requests := in.RequestItems[name]
		if n += len(requests); len(requests) < 1 || len(requests) > maxBatchWrite {
			v.add(quoted("{"+name+"="+repeated("WriteRequest", len(requests))+"}"), "requestItems",
				"Map value must satisfy constraint: "+
					"[Member must have length less than or equal to 25, Member must have length greater than or equal to 1]")
		}
		for i, r := range requests {
			if r.PutRequest != nil && r.PutRequest.Item == nil {
				v.require(false, fmt.Sprintf("requestItems.%s.member.%d.member.putRequest.item", name, i+1))
			}
			if r.DeleteRequest != nil && r.DeleteRequest.Key == nil {
				v.require(false, fmt.Sprintf("requestItems.%s.member.%d.member.deleteRequest.key", name, i+1))
			}
		}
	}
	switch {
	case len(v.found) > 0:
		return v.err()
	case len(in.RequestItems) == 0:
		return validation("The requestItems parameter is required for BatchWriteItem")
	case n > maxBatchWrite:
		return validation("Too many items requested for the BatchWriteItem call")
	}
	return nil
}

// writeAll applies the writes of a batch under the locks of their items.
func (s *Service) writeAll(writes []*write, m *meter) error {
	keys := make([][]byte, len(writes))
	for i, w := range writes {
		keys[i] = w.itemKey
	}
	unlock := s.locks.lock(keys...)
	defer unlock()
	changes, err := s.applyAll(writes)
	if err != nil {
		return err
	}
	m.write(changes)
	return s.commit(changes, nil)
}

// parse makes the writes, in the order of their tables' names, and returns the table name of each.
func (in *batchWriteInput) parse() (writes []*write, names []string, err error) {
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		for _, r := range in.RequestItems[name] {
			w, err := r.parse()
			if err != nil {
				return nil, nil, err
			}
			writes, names = append(writes, w), append(names, name)
		}
	}
	return writes, names, nil
}

func (r batchRequest) parse() (*write, error) {
	switch {
	case r.PutRequest != nil && r.DeleteRequest == nil:
		return (&writeInput{Item: r.PutRequest.Item}).parse(putWrite)
	case r.DeleteRequest != nil && r.PutRequest == nil:
		return (&writeInput{Key: r.DeleteRequest.Key}).parse(deleteWrite)
	}
	return nil, validation(
		"Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
}

// checkInBatch is check with another error for an item whose key does not fit: a batch reports that
// as for a Key.
func (w *write) checkInBatch(t *table) error {
	if w.kind == putWrite {
		if err := t.checkKey(t.keys.of(w.item)); err != nil {
			return err
		}
	}
	return w.check(t)
}
