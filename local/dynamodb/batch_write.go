package dynamodb

import (
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
	RequestItems map[string][]batchRequest
}

type batchWriteOutput struct{ UnprocessedItems map[string][]batchRequest }

// batchWriteItem writes all items in one batch of the store; AWS promises less.
func (s *Service) batchWriteItem(in *batchWriteInput) (*batchWriteOutput, error) {
	n := 0
	for _, requests := range in.RequestItems {
		n += len(requests)
	}
	if n == 0 {
		return nil, validation("1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: " +
			"Member must have length greater than or equal to 1")
	}
	if n > maxBatchWrite {
		return nil, validation("Too many items requested for the BatchWriteItem call")
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
	return &batchWriteOutput{UnprocessedItems: map[string][]batchRequest{}}, s.transact(&transactWriteInput{}, writes)
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
