package dynamodb

import (
	"encoding/json"
	"maps"
	"slices"

	"orderflow/local/awsapi"
	"orderflow/local/dynamodb/attr"
	"orderflow/local/dynamodb/expr"
	"orderflow/local/store"
)

// legacy are the parameters from before expressions.
type legacy struct {
	Expected, AttributeUpdates, KeyConditions, QueryFilter, ScanFilter, AttributesToGet, ConditionalOperator json.RawMessage
}

func (l *legacy) check() error {
	for _, p := range []struct {
		name  string
		value json.RawMessage
	}{
		{"Expected", l.Expected}, {"AttributeUpdates", l.AttributeUpdates}, {"KeyConditions", l.KeyConditions}, {"QueryFilter", l.QueryFilter},
		{"ScanFilter", l.ScanFilter}, {"AttributesToGet", l.AttributesToGet}, {"ConditionalOperator", l.ConditionalOperator},
	} {
		if p.value != nil && string(p.value) != "null" {
			return awsapi.NotImplemented("dynamodb: the legacy parameter " + p.name + "; use an expression")
		}
	}
	return nil
}

// placeholderInput are the placeholders of a request's expressions.
type placeholderInput struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues attr.Item
}

// writeInput is a write of one item: PutItem, UpdateItem, DeleteItem, or an action of a transaction.
type writeInput struct {
	legacy
	placeholderInput
	TableName                           string
	Item, Key                           attr.Item
	ConditionExpression                 *string
	UpdateExpression                    *string
	ReturnValues                        string
	ReturnValuesOnConditionCheckFailure string
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
	returnOnFailure bool
}

// prepare checks a write against its table, whose mu is held.
func (t *table) prepare(kind writeKind, in *writeInput) (*write, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	w := &write{kind: kind, table: t, item: in.Item, key: in.Key}
	if err := w.parse(in); err != nil {
		return nil, err
	}
	var err error
	if kind == putWrite {
		if err = t.checkItem(in.Item); err == nil {
			w.key = t.keys.of(in.Item)
		}
	} else {
		err = t.checkKey(in.Key)
	}
	if err != nil {
		return nil, err
	}
	w.itemKey = t.itemKey(w.key)
	return w, w.checkUpdate()
}

func (w *write) parse(in *writeInput) error {
	ph, err := expr.NewPlaceholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues)
	if err != nil {
		return err
	}
	if in.UpdateExpression != nil && w.kind == updateWrite {
		if w.update, err = expr.ParseUpdate(*in.UpdateExpression, ph); err != nil {
			return err
		}
	}
	if in.ConditionExpression != nil {
		if w.condition, err = expr.ParseCondition(expr.ConditionKind, *in.ConditionExpression, ph); err != nil {
			return err
		}
	}
	switch in.ReturnValuesOnConditionCheckFailure {
	case "", "NONE":
	case "ALL_OLD":
		w.returnOnFailure = true
	default:
		return enumError(in.ReturnValuesOnConditionCheckFailure, "returnValuesOnConditionCheckFailure", "[ALL_OLD, NONE]")
	}
	return ph.Done()
}

func enumError(value, member, set string) error {
	return validation("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: %s", value, member, set)
}

func (w *write) checkUpdate() error {
	if w.update == nil {
		return nil
	}
	for _, path := range w.update.Paths() {
		if w.table.keys.has(path[0].Name) {
			return validation("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", path[0].Name)
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
	return item, w.table.checkIndexKeys(item)
}

// change is the write's change from old, with its stored bytes, to item.
func (w *write) change(old attr.Item, oldRaw []byte, item attr.Item) change {
	return change{table: w.table, itemKey: w.itemKey, key: w.key, old: old, oldRaw: oldRaw, new: item}
}

// writeItem performs one write and returns the item before and after.
func (s *Service) writeItem(kind writeKind, in *writeInput, returns ...string) (w *write, old, item attr.Item, err error) {
	if in.ReturnValues != "" && !slices.Contains(returns, in.ReturnValues) {
		return nil, nil, nil, validation("Return values set to invalid value")
	}
	t, err := s.open(in.TableName)
	if err != nil {
		return nil, nil, nil, err
	}
	defer t.mu.RUnlock()
	if w, err = t.prepare(kind, in); err != nil {
		return nil, nil, nil, err
	}
	unlock := s.locks.lock(w.itemKey)
	defer unlock()
	old, raw, err := s.read(w.itemKey)
	if err != nil {
		return nil, nil, nil, err
	}
	if item, err = w.apply(old); err != nil {
		return nil, nil, nil, err
	}
	return w, old, item, s.commit([]change{w.change(old, raw, item)}, nil)
}
