package dynamodb

import (
	"errors"
	"slices"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/store"
)

// reason is why an action cancelled its transaction; the Code of the other actions is None.
type reason struct {
	Code    string
	Message string    `json:",omitempty"`
	Item    attr.Item `json:",omitzero"`
}

// action is a part of a transaction that is checked against its table's keys.
type action interface {
	check(*table) error
	// target returns the attributes that contain the key, and where the store keeps the item.
	target() (attr.Item, store.Key)
}

func (w *write) target() (attr.Item, store.Key) {
	if w.kind == putWrite {
		return w.item, w.itemKey
	}
	return w.key, w.itemKey
}

func (g *get) target() (attr.Item, store.Key) { return g.key, g.itemKey }

// checkActions checks every action against the table at the same index. An error of one action
// cancels the transaction, except for keys without a value and for items that are named twice:
// those are errors of the request.
func checkActions[A action](tables map[string]*table, names []string, actions []A) error {
	seen := make(map[string]bool, len(actions))
	var reasons []reason
	for i, a := range actions {
		t := tables[bareName(names[i])]
		err := a.check(t)
		item, key := a.target()
		if err == nil && seen[string(key)] {
			return validation("Transaction request cannot include multiple operations on one item")
		}
		if err == nil {
			seen[string(key)] = true
			continue
		}
		if empty := t.emptyKey(item); empty != nil {
			return empty
		}
		if reasons == nil {
			reasons = slices.Repeat([]reason{{Code: "None"}}, len(actions))
		}
		if reasons[i], err = reasonOf(err); err != nil {
			return err
		}
	}
	if reasons == nil {
		return nil
	}
	return canceled(reasons)
}

// reasonOf is the reason for an error of one action; an error that the request did not cause is
// returned.
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
	e := awsapi.Errorf("TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [%s]",
		strings.Join(codes, ", "))
	e.Fields = map[string]any{"Message": e.Message, "CancellationReasons": reasons}
	return e
}
