package dynamodb

import (
	"maps"

	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/dynamodb/expr"
	"github.com/orderflow-dev/orderflow/local/store"
)

// writeInput is a write of one item: PutItem, UpdateItem, DeleteItem, or an action of a
// transaction.
type writeInput struct {
	legacy
	placeholderInput
	TableName                           parameter
	Item, Key                           attr.Item
	ConditionExpression                 *string
	UpdateExpression                    *string
	ReturnValues                        parameter
	ReturnValuesOnConditionCheckFailure parameter
	ReturnConsumedCapacity              parameter
	ReturnItemCollectionMetrics         parameter
}

type writeKind int

const (
	putWrite writeKind = iota
	updateWrite
	deleteWrite
	checkWrite
)

// write is a checked write of one item, ready to be applied to what the table holds.
type write struct {
	kind            writeKind
	table           *table
	key             attr.Item
	itemKey         store.Key
	item            attr.Item // of a put
	condition       expr.Condition
	update          *expr.Update
	nested          []string // the attributes within which its expressions have paths
	returnOnFailure bool
}

// bounds checks the members that a write of one kind has, alone or as an action of a transaction,
// but for the table's name.
func (in *writeInput) bounds(v *violations, kind writeKind) {
	if kind == putWrite {
		v.require(in.Item != nil, "item")
	} else {
		v.require(in.Key != nil, "key")
	}
	v.enum(in.ReturnValuesOnConditionCheckFailure, "returnValuesOnConditionCheckFailure", failureReturns)
}

// parse makes the write of its request. It finds errors without the table, which may not even
// exist.
func (in *writeInput) parse(kind writeKind) (*write, error) {
	if err := in.check(expression{expr.UpdateKind, in.UpdateExpression},
		expression{expr.ConditionKind, in.ConditionExpression}); err != nil {
		return nil, err
	}
	if attr.ItemSize(in.Item) > maxItem {
		return nil, validation("Item size has exceeded the maximum allowed size")
	}
	w := &write{kind: kind, item: in.Item, key: in.Key,
		returnOnFailure: in.ReturnValuesOnConditionCheckFailure.text == "ALL_OLD"}
	ph, err := in.placeholders()
	if err != nil {
		return nil, err
	}
	if in.UpdateExpression != nil && kind == updateWrite {
		if w.update, err = expr.ParseUpdate(*in.UpdateExpression, ph); err != nil {
			return nil, err
		}
	}
	if in.ConditionExpression != nil {
		if w.condition, err = expr.ParseCondition(expr.ConditionKind, *in.ConditionExpression, ph); err != nil {
			return nil, err
		}
	}
	w.nested = ph.Nested()
	if kind == updateWrite {
		return w, ph.Done("UpdateExpression and ConditionExpression are null")
	}
	return w, ph.Done("ConditionExpression is null")
}

// check checks the write against the keys of its table, whose mu is held, and finds where the store
// keeps its item.
func (w *write) check(t *table) error {
	w.table = t
	if w.kind == putWrite {
		if err := w.table.checkItem(w.item); err != nil {
			return err
		}
		w.key = w.table.keys.of(w.item)
	} else if err := w.table.checkKey(w.key); err != nil {
		return err
	}
	w.itemKey = w.table.itemKey(w.key)
	if err := w.checkUpdate(); err != nil {
		return err
	}
	return w.table.checkNested(w.nested)
}

// checkUpdate refuses an update of a key, and one that gives an index's key a value of another
// type.
func (w *write) checkUpdate() error {
	if w.update == nil {
		return nil
	}
	for _, path := range w.update.Paths() {
		if w.table.keys.has(path[0].Name) {
			return validation("One or more parameter values were invalid: Cannot update attribute %s. This attribute "+
				"is part of the key", path[0].Name)
		}
	}
	for i := range w.table.indexes {
		ix := &w.table.indexes[i]
		for _, a := range ix.keys.attributes() {
			if kind := w.update.Assigns(a.name); kind != attr.Missing && kind != a.kind {
				return ix.mismatch(a, kind)
			}
		}
	}
	return nil
}

// apply returns what the write makes of the old item; nil means no item. Neither is changed.
func (w *write) apply(old attr.Item) (attr.Item, error) {
	if !w.condition.Match(old) {
		return nil, conditionFailed(w, old)
	}
	switch w.kind {
	case putWrite:
		return w.item, nil
	case deleteWrite:
		return nil, nil
	case checkWrite:
		return old, nil
	}
	base := old
	if base == nil {
		base = maps.Clone(w.key)
	}
	if w.update == nil {
		return base, nil
	}
	item, err := w.update.Apply(base)
	if err != nil {
		return nil, refused(err)
	}
	if attr.ItemSize(item) > maxItem {
		return nil, validation("Item size to update has exceeded the maximum allowed size")
	}
	return item, w.table.checkUpdated(item)
}

// change is the write's change from old, with its stored bytes, to item.
func (w *write) change(old attr.Item, oldRaw []byte, item attr.Item) change {
	return change{table: w.table, itemKey: w.itemKey, key: w.key, old: old, oldRaw: oldRaw, new: item}
}

// written is what a write of one item did, for its answer.
type written struct {
	*write
	change
}

// writeItem performs one write.
func (s *Service) writeItem(kind writeKind, in *writeInput) (written, error) {
	if err := in.checkSingle(kind); err != nil {
		return written{}, err
	}
	w, err := in.parse(kind)
	if err != nil {
		return written{}, err
	}
	t, err := s.open(in.TableName.text)
	if err != nil {
		return written{}, err
	}
	defer t.mu.RUnlock()
	if err := w.check(t); err != nil {
		return written{}, err
	}
	unlock := s.locks.lock(w.itemKey)
	defer unlock()
	old, raw, err := s.read(w.itemKey)
	if err != nil {
		return written{}, err
	}
	item, err := w.apply(old)
	if err != nil {
		return written{}, err
	}
	c := w.change(old, raw, item)
	return written{w, c}, s.commit([]change{c}, nil)
}

// checkSingle checks the parameters that only PutItem, UpdateItem and DeleteItem have. A malformed
// table name is reported alone.
func (in *writeInput) checkSingle(kind writeKind) error {
	var v violations
	if v.table(in.TableName); len(v.found) == 0 {
		v.enum(in.ReturnConsumedCapacity, "returnConsumedCapacity", capacityModes)
		in.bounds(&v, kind)
		v.enum(in.ReturnItemCollectionMetrics, "returnItemCollectionMetrics", metricsModes)
		v.enum(in.ReturnValues, "returnValues", returnValues)
	}
	if err := v.err(); err != nil {
		return err
	}
	if r := in.ReturnValues; kind != updateWrite && r.given && r.text != "ALL_OLD" && r.text != "NONE" {
		return validation("ReturnValues can only be ALL_OLD or NONE")
	}
	return nil
}
