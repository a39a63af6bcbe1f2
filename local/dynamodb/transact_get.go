package dynamodb

import (
	"orderflow/local/dynamodb/expr"
)

type transactGetInput struct {
	TransactItems []struct{ Get *getInput }
}

type transactGetOutput struct{ Responses []*getOutput }

// transactGetItems reads all items as they are at one moment: it holds their locks shared.
func (s *Service) transactGetItems(in *transactGetInput) (*transactGetOutput, error) {
	if n := len(in.TransactItems); n == 0 || n > maxActions {
		return nil, validation("1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "+
			"Member must have length between 1 and %d", maxActions)
	}
	names := make([]string, len(in.TransactItems))
	for i, item := range in.TransactItems {
		if item.Get == nil {
			return nil, validation("1 validation error detected: Value null at 'transactItems.%d.member.get' failed to satisfy constraint: "+
				"Member must not be null", i+1)
		}
		names[i] = item.Get.TableName
	}
	tables, release, err := s.openAll(names)
	if err != nil {
		return nil, err
	}
	defer release()
	keys := make([][]byte, len(names))
	projections := make([]*expr.Projection, len(names))
	seen := map[string]bool{}
	for i, item := range in.TransactItems {
		t := tables[bareName(item.Get.TableName)]
		if projections[i], err = item.Get.prepare(t); err != nil {
			return nil, err
		}
		keys[i] = t.itemKey(item.Get.Key)
		if seen[string(keys[i])] {
			return nil, validation("Transaction request cannot include multiple operations on one item")
		}
		seen[string(keys[i])] = true
	}
	return s.readAll(keys, projections)
}

func (s *Service) readAll(keys [][]byte, projections []*expr.Projection) (*transactGetOutput, error) {
	unlock := s.locks.rlock(keys...)
	defer unlock()
	out := &transactGetOutput{Responses: make([]*getOutput, len(keys))}
	for i, key := range keys {
		item, _, err := s.read(key)
		if err != nil {
			return nil, err
		}
		out.Responses[i] = projected(item, projections[i])
	}
	return out, nil
}
