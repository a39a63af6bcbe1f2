package dynamodb

import (
	"cmp"
	"context"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/store"
)

// maxActions is the maximum number of actions of a transaction.
const maxActions = 100

// transactItem is one action of a transaction: exactly one member is set.
type transactItem struct{ ConditionCheck, Put, Delete, Update *writeInput }

// actions are the members by the kind of their write; nil is one that is not set.
func (i transactItem) actions() [4]*writeInput {
	return [...]*writeInput{putWrite: i.Put, updateWrite: i.Update, deleteWrite: i.Delete, checkWrite: i.ConditionCheck}
}

func (i transactItem) action() (kind writeKind, in *writeInput, err error) {
	n := 0
	for k, candidate := range i.actions() {
		if candidate != nil {
			kind, in = writeKind(k), candidate
			n++
		}
	}
	if n != 1 {
		return 0, nil, validation("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	return kind, in, nil
}

type transactWriteInput struct {
	TransactItems               []transactItem
	ClientRequestToken          parameter
	ReturnConsumedCapacity      parameter
	ReturnItemCollectionMetrics parameter
}

type transactWriteOutput struct {
	ConsumedCapacity []*consumedCapacity `json:",omitempty"`
}

func (s *Service) transactWriteItems(_ context.Context, in transactWriteInput) (*transactWriteOutput, error) {
	names, err := in.bounds()
	if err != nil {
		return nil, err
	}
	writes := make([]*write, len(names))
	for i, item := range in.TransactItems {
		kind, action, _ := item.action() // checked by bounds
		if writes[i], err = action.parse(kind); err != nil {
			return nil, err
		}
	}
	tables, release, err := s.openAll(names)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := checkActions(tables, names, writes); err != nil {
		return nil, err
	}
	m := newMeter(in.ReturnConsumedCapacity, transactWriteUnits)
	if err := s.transact(&in, writes, m); err != nil {
		return nil, err
	}
	return &transactWriteOutput{m.list()}, nil
}

// bounds checks the parameters and returns the names of the actions' tables.
func (in *transactWriteInput) bounds() ([]string, error) {
	var v violations
	v.enum(in.ReturnConsumedCapacity, "returnConsumedCapacity", capacityModes)
	v.enum(in.ReturnItemCollectionMetrics, "returnItemCollectionMetrics", metricsModes)
	v.length(in.ClientRequestToken, "clientRequestToken", 1, maxToken)
	actions(&v, in.TransactItems, "TransactWriteItem")
	names := make([]string, len(in.TransactItems))
	for i, item := range in.TransactItems {
		kind, action, err := item.action()
		if err != nil {
			return nil, cmp.Or(v.err(), err)
		}
		names[i] = action.TableName.text
		v.action, v.kind = i+1, actionNames[kind]
		v.table(action.TableName)
		action.bounds(&v, kind)
		if kind == updateWrite {
			v.require(action.UpdateExpression != nil, "updateExpression")
		}
		if kind == checkWrite {
			v.require(action.ConditionExpression != nil, "conditionExpression")
		}
	}
	return names, v.err()
}

// actionNames are the members of an action, as messages write them.
var actionNames = [...]string{putWrite: "put", updateWrite: "update", deleteWrite: "delete", checkWrite: "conditionCheck"}

// actions checks the number of a transaction's actions.
func actions[A any](v *violations, items []A, name string) {
	if v.require(items != nil, "transactItems"); items != nil {
		v.count(len(items), func() string { return repeated(name, len(items)) }, "transactItems", 1, maxActions)
	}
}

// transact applies the writes as one, or none of them. Meanwhile it holds the locks of all items,
// and of the client request token.
func (s *Service) transact(in *transactWriteInput, writes []*write, m *meter) error {
	keys := make([][]byte, 0, len(writes)+1)
	for _, w := range writes {
		keys = append(keys, w.itemKey)
	}
	token := newToken(in, writes)
	if token != nil {
		keys = append(keys, tokenKey(0, token.name)) // interval 0: the same lock for the token whenever it is used
	}
	unlock := s.locks.lock(keys...)
	defer unlock()
	if done, err := s.transacted(token); done || err != nil {
		return cmp.Or(err, s.meterAgain(writes, m))
	}
	changes, err := s.applyAll(writes)
	if err != nil {
		return err
	}
	var remember func(*store.Batch)
	if token != nil {
		remember = func(b *store.Batch) { token.write(b, s.clock.Now()) }
	}
	if err := checkSize(changes); err != nil {
		return err
	}
	m.write(changes)
	return s.commit(changes, remember)
}

// checkSize refuses a transaction whose items, as it leaves them, are too large together.
func checkSize(changes []change) error {
	size := 0
	for i := range changes {
		size += attr.ItemSize(changes[i].new)
	}
	if size > maxTransaction {
		return transactionTooLarge()
	}
	return nil
}

// meterAgain counts the cost of a repeated transaction: its items are read.
func (s *Service) meterAgain(writes []*write, m *meter) error {
	if m == nil {
		return nil
	}
	m.kind = transactReadUnits
	for _, w := range writes {
		item, _, err := s.read(w.itemKey)
		if err != nil {
			return err
		}
		m.read(w.table, item, true)
	}
	return nil
}

// applyAll computes the changes of all writes, or the TransactionCanceledException with a reason
// for each.
func (s *Service) applyAll(writes []*write) ([]change, error) {
	changes := make([]change, len(writes))
	reasons := make([]reason, len(writes))
	cancelled := false
	for i, w := range writes {
		old, raw, err := s.read(w.itemKey)
		if err != nil {
			return nil, err
		}
		item, err := w.apply(old)
		if reasons[i], err = reasonOf(err); err != nil {
			return nil, err
		}
		cancelled = cancelled || reasons[i].Code != "None"
		changes[i] = w.change(old, raw, item)
	}
	if cancelled {
		return nil, canceled(reasons)
	}
	return changes, nil
}
