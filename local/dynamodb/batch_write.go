package dynamodb

import (
	"fmt"
	"maps"
	"slices"

	"orderflow/local/dynamodb/attr"
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

// batchWriteItem writes all items in one batch of the store; AWS promises less.
func (s *Service) batchWriteItem(in *batchWriteInput) (*batchWriteOutput, error) {
	if err := in.bounds(); err != nil {
		return nil, err
	}
	tables, release, err := s.openAll(slices.Collect(maps.Keys(in.RequestItems)))
	if err != nil {
		return nil, err
	}
	defer release()
	var writes []*write
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		for _, r := range in.RequestItems[name] {
			w, err := r.prepare(tables[bareName(name)])
			if err != nil {
				return nil, err
			}
			if seen[string(w.itemKey)] {
				return nil, validation("Provided list of item keys contains duplicates")
			}
			seen[string(w.itemKey)] = true
			writes = append(writes, w)
		}
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
			v.add(quoted("{"+name+"="+repeated("WriteRequest", len(requests))+"}"), "requestItems", "Map value must satisfy constraint: "+
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

func (r batchRequest) prepare(t *table) (*write, error) {
	switch {
	case r.PutRequest != nil && r.DeleteRequest == nil:
		return t.prepare(putWrite, &writeInput{Item: r.PutRequest.Item})
	case r.DeleteRequest != nil && r.PutRequest == nil:
		return t.prepare(deleteWrite, &writeInput{Key: r.DeleteRequest.Key})
	}
	return nil, validation("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
}
