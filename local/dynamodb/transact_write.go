package dynamodb

import (
	"errors"
	"strings"

	"orderflow/local/awsapi"
	"orderflow/local/dynamodb/attr"
	"orderflow/local/store"
)

// maxActions is how many actions a transaction has.
const maxActions = 100

// transactItem is one action of a transaction: exactly one member is set.
type transactItem struct{ ConditionCheck, Put, Delete, Update *writeInput }

func (i transactItem) action() (kind writeKind, in *writeInput, err error) {
	n := 0
	for k, candidate := range [...]*writeInput{putWrite: i.Put, updateWrite: i.Update, deleteWrite: i.Delete, checkWrite: i.ConditionCheck} {
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
	TransactItems      []transactItem
	ClientRequestToken string
}

// reason tells why an action cancelled its transaction; the Code of those that did not is None.
type reason struct {
	Code    string
	Message string    `json:",omitempty"`
	Item    attr.Item `json:",omitzero"`
}

func (s *Service) transactWriteItems(in *transactWriteInput) (*struct{}, error) {
	if n := len(in.TransactItems); n == 0 || n > maxActions {
		return nil, validation("1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "+
			"Member must have length between 1 and %d", maxActions)
	}
	var names []string
	for _, i := range in.TransactItems {
		_, action, err := i.action()
		if err != nil {
			return nil, err
		}
		names = append(names, action.TableName)
	}
	tables, release, err := s.openAll(names)
	if err != nil {
		return nil, err
	}
	defer release()
	writes, err := prepareAll(tables, in.TransactItems)
	if err != nil {
		return nil, err
	}
	return &struct{}{}, s.transact(in, writes)
}

func prepareAll(tables map[string]*table, items []transactItem) ([]*write, error) {
	writes := make([]*write, len(items))
	seen := make(map[string]bool, len(items))
	for i, item := range items {
		kind, in, err := item.action()
		if err != nil {
			return nil, err
		}
		if kind == checkWrite && in.ConditionExpression == nil {
			return nil, validation("1 validation error detected: Value null at 'transactItems.%d.member.conditionCheck.conditionExpression' "+
				"failed to satisfy constraint: Member must not be null", i+1)
		}
		w, err := tables[bareName(in.TableName)].prepare(kind, in)
		if err != nil {
			return nil, err
		}
		if seen[string(w.itemKey)] {
			return nil, validation("Transaction request cannot include multiple operations on one item")
		}
		seen[string(w.itemKey)] = true
		writes[i] = w
	}
	return writes, nil
}

// transact applies the writes as one, or none of them. It holds the locks of all items, and of the client request token, meanwhile.
func (s *Service) transact(in *transactWriteInput, writes []*write) error {
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
		return err
	}
	changes, err := s.applyAll(writes)
	if err != nil {
		return err
	}
	var remember func(*store.Batch)
	if token != nil {
		remember = func(b *store.Batch) { token.write(b, s.clock.Now()) }
	}
	return s.commit(changes, remember)
}

// applyAll computes the changes of all writes, or the TransactionCanceledException with a reason for each.
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

// reasonOf is the reason for an error of one action; an error that is not the request's fault is returned.
func reasonOf(err error) (reason, error) {
	if err == nil {
		return reason{Code: "None"}, nil
	}
	e, ok := errors.AsType[*awsapi.Error](err)
	if !ok {
		return reason{}, err
	}
	r := reason{Code: "ValidationError", Message: e.Message}
	if e.Type == "ConditionalCheckFailedException" {
		r.Code = "ConditionalCheckFailed"
		r.Item, _ = e.Fields["Item"].(attr.Item)
	}
	return r, nil
}

func canceled(reasons []reason) error {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = r.Code
	}
	e := awsapi.Errorf("TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]",
		strings.Join(codes, ", "))
	e.Fields = map[string]any{"Message": e.Message, "CancellationReasons": reasons}
	return e
}
