package dynamodb

import (
	"context"
	"fmt"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
)

// maxTransaction is the maximum size in bytes of the items of a transaction together.
const maxTransaction = 4 << 20

type transactGetInput struct {
	TransactItems          []struct{ Get *getInput }
	ReturnConsumedCapacity parameter
}

type transactGetOutput struct {
	Responses        []*getOutput
	ConsumedCapacity []*consumedCapacity `json:",omitempty"`
}

// transactGetItems reads all items as they are at one moment: it holds their locks shared.
func (s *Service) transactGetItems(_ context.Context, in transactGetInput) (*transactGetOutput, error) {
	if err := in.bounds(); err != nil {
		return nil, err
	}
	names := make([]string, len(in.TransactItems))
	gets := make([]*get, len(in.TransactItems))
	for i, item := range in.TransactItems {
		g, err := item.Get.parse()
		if err != nil {
			return nil, err
		}
		names[i], gets[i] = item.Get.TableName.text, &g
	}
	tables, release, err := s.openAll(names)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := checkActions(tables, names, gets); err != nil {
		return nil, err
	}
	return s.readAll(gets, newMeter(in.ReturnConsumedCapacity, transactReadUnits))
}

func (in *transactGetInput) bounds() error {
	var v violations
	v.enum(in.ReturnConsumedCapacity, "returnConsumedCapacity", capacityModes)
	actions(&v, in.TransactItems, "TransactGetItem")
	for i, item := range in.TransactItems {
		if item.Get == nil {
			v.require(false, fmt.Sprintf("transactItems.%d.member.get", i+1))
			continue
		}
		v.action, v.kind = i+1, "get"
		v.table(item.Get.TableName)
		v.require(item.Get.Key != nil, "key")
		v.action = 0
	}
	return v.err()
}

// readAll reads the items under their locks.
func (s *Service) readAll(gets []*get, m *meter) (*transactGetOutput, error) {
	keys := make([][]byte, len(gets))
	for i, g := range gets {
		keys[i] = g.itemKey
	}
	unlock := s.locks.rlock(keys...)
	defer unlock()
	out := &transactGetOutput{Responses: make([]*getOutput, len(gets))}
	size := 0
	for i, g := range gets {
		item, _, err := s.read(g.itemKey)
		if err != nil {
			return nil, err
		}
		if size += attr.ItemSize(item); size > maxTransaction {
			return nil, transactionTooLarge()
		}
		m.read(g.table, item, true)
		out.Responses[i] = g.projected(item)
	}
	out.ConsumedCapacity = m.list()
	return out, nil
}

func transactionTooLarge() error {
	return validation("The aggregate size of the items in the transaction cannot exceed 4 MB")
}
