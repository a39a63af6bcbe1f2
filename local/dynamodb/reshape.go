package dynamodb

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/store"
)

// EnsureTable makes the table match the specification: it creates it, adds and drops indexes, and
// switches its stream and its time to live. It fails if the table exists with another key. A table
// that matches already is left alone.
func (s *Service) EnsureTable(spec TableSpec) error {
	if _, err := s.create(spec); err == nil {
		return nil
	} else if e, ok := err.(*awsapi.Error); !ok || e.Type != "ResourceInUseException" {
		return fmt.Errorf("ensure table %s: %w", spec.TableName, err)
	}
	_, err := s.reshape(spec.TableName, func(old *TableSpec) error {
		if !reflect.DeepEqual(schemaOf(old.KeySchema, old.AttributeDefinitions),
			schemaOf(spec.KeySchema, spec.AttributeDefinitions)) {
			return validation("table %s exists with another key schema", spec.TableName)
		}
		if spec.Tags == nil {
			spec.Tags = old.Tags
		}
		*old = spec
		return nil
	})
	if err != nil {
		return fmt.Errorf("ensure table %s: %w", spec.TableName, err)
	}
	return nil
}

// reshape changes the specification of a table, and its stored items accordingly, in one batch. No
// item operation runs meanwhile.
func (s *Service) reshape(name string, edit func(*TableSpec) error) (*table, error) {
	s.mu.RLock()
	t := s.tables[name]
	s.mu.RUnlock()
	if t == nil {
		return nil, errNoTable(name)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.deleted {
		return nil, errNoTable(name)
	}
	record := t.record
	record.Spec.GlobalSecondaryIndexes = slices.Clone(record.Spec.GlobalSecondaryIndexes)
	if err := edit(&record.Spec); err != nil {
		return nil, err
	}
	if err := record.Spec.check(); err != nil {
		return nil, err
	}
	if reflect.DeepEqual(record, t.record) {
		return t, nil
	}
	s.restream(&record, t)
	return t, s.save(t, record)
}

// restream gives the record a new stream if its specification has one that the table does not have,
// or has with another view.
func (s *Service) restream(record *tableRecord, t *table) {
	now, before := record.Spec.StreamSpecification, t.record.Spec.StreamSpecification
	switch {
	case !now.enabled():
		record.Stream = nil
	case !before.enabled() || before.StreamViewType != now.StreamViewType:
		record.StreamsMade++
		record.Stream = &streamInfo{ID: record.StreamsMade + 1, Label: s.newLabel(t.name(), t.record.Stream)}
	}
}

// save commits the record and rebuilds the indexes and expiry times that have changed.
func (s *Service) save(t *table, record tableRecord) error {
	next := newTable(record)
	b := s.store.NewBatch()
	if err := saveTable(b, record); err != nil {
		return err
	}
	var build []*index
	for i := range next.indexes {
		if ix := &next.indexes[i]; !t.hasIndex(ix) {
			build = append(build, ix)
		}
	}
	for i := range t.indexes {
		if ix := &t.indexes[i]; !next.hasIndex(ix) {
			k := indexesKey(t.id()).String(ix.name)
			b.DeleteRange(k, k.End())
		}
	}
	ended := func() {}
	if old := t.record.Stream; old != nil && (record.Stream == nil || record.Stream.ID != old.ID) {
		var err error
		if ended, err = s.end(b, t.stream); err != nil {
			b.Discard()
			return err
		}
	}
	expiry := next.ttlAttribute()
	if expiry == t.ttlAttribute() {
		expiry = ""
	} else {
		b.DeleteRange(ttlKey(t.id()), ttlKey(t.id()).End())
	}
	if err := s.rebuild(b, next, build, expiry); err != nil {
		b.Discard()
		return err
	}
	if err := b.Commit(); err != nil {
		return fmt.Errorf("save table %s: %w", t.name(), err)
	}
	ended()
	return s.adopt(t, next)
}

// adopt updates the open table to the saved one.
func (s *Service) adopt(t, next *table) error {
	same := t.record.Stream != nil && next.record.Stream != nil && t.record.Stream.ID == next.record.Stream.ID
	t.record, t.keys, t.indexes = next.record, next.keys, next.indexes
	if same {
		return nil
	}
	return s.openStream(t)
}

func (t *table) hasIndex(ix *index) bool {
	return slices.ContainsFunc(t.indexes, func(other index) bool { return reflect.DeepEqual(*ix, other) })
}

// rebuild writes the entries of new indexes, and the expiry times if the attribute is given, of all
// items.
func (s *Service) rebuild(b *store.Batch, t *table, indexes []*index, expiry string) error {
	if len(indexes) == 0 && expiry == "" {
		return nil
	}
	prefix := itemsKey(t.id())
	for p, err := range s.store.Scan(prefix, prefix.End()) {
		if err != nil {
			return fmt.Errorf("rebuild indexes of %s: %w", t.name(), err)
		}
		item, err := attr.Unmarshal(p.Value)
		if err != nil {
			return fmt.Errorf("rebuild indexes of %s: %w", t.name(), err)
		}
		for _, ix := range indexes {
			// An item whose attribute has another type than the index's key is not in the index.
			if key := t.indexKey(ix, item); key != nil && ix.fits(item) {
				b.Set(key, attr.Marshal(ix.project(item)))
			}
		}
		if key := t.expiryKey(expiry, item); key != nil {
			b.Set(key, p.Key)
		}
	}
	return nil
}

// fits reports whether the item's attributes have the types of the index's key.
func (ix *index) fits(item attr.Item) bool {
	return !slices.ContainsFunc(ix.keys.attributes(), func(a keyAttribute) bool { return item[a.name].Kind != a.kind })
}
