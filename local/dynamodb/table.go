package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/dynamodb/attr"
	"github.com/orderflow-dev/orderflow/local/store"
)

// table is an open table. Item operations hold mu shared; it is held exclusively while the table is
// changed or deleted.
type table struct {
	tableName string
	tableID   uint64

	mu      sync.RWMutex
	deleted bool
	record  tableRecord
	keys    keySchema
	indexes []index
	stream  *stream // nil if it has none
	counts  itemCount
}

// index is a secondary index.
type index struct {
	name string
	keys keySchema
	// attributes are those it holds of an item; nil for all.
	attributes map[string]bool
}

func newTable(record tableRecord) *table {
	spec := record.Spec
	t := &table{tableName: spec.TableName, tableID: record.ID, record: record,
		keys: schemaOf(spec.KeySchema, spec.AttributeDefinitions)}
	for _, i := range spec.GlobalSecondaryIndexes {
		ix := index{name: i.IndexName, keys: schemaOf(i.KeySchema, spec.AttributeDefinitions)}
		if i.Projection.ProjectionType != "ALL" {
			ix.attributes = map[string]bool{}
			for _, a := range slices.Concat(t.keys.attributes(), ix.keys.attributes()) {
				ix.attributes[a.name] = true
			}
			for _, name := range i.Projection.NonKeyAttributes {
				ix.attributes[name] = true
			}
		}
		t.indexes = append(t.indexes, ix)
	}
	return t
}

func (t *table) name() string { return t.tableName }
func (t *table) id() uint64   { return t.tableID }
func (t *table) arn() string  { return tableARN(t.name()) }

func tableARN(name string) string {
	return awsapi.ARN("dynamodb", "table/"+name)
}

// ttlAttribute is the attribute with the expiry time, or "".
func (t *table) ttlAttribute() string {
	if ttl := t.record.Spec.TimeToLiveSpecification; ttl != nil && ttl.Enabled {
		return ttl.AttributeName
	}
	return ""
}

func (t *table) index(name string) (*index, error) {
	for i := range t.indexes {
		if t.indexes[i].name == name {
			return &t.indexes[i], nil
		}
	}
	return nil, validation("The table does not have the specified index: %s", name)
}

// itemKey is where the store keeps the item with a key; key has been checked.
func (t *table) itemKey(key attr.Item) store.Key { return appendKey(itemsKey(t.id()), t.keys, key) }

func appendKey(k store.Key, schema keySchema, item attr.Item) store.Key {
	k = k.Bytes(attr.KeyBytes(item[schema.hash.name]))
	if schema.rng.name != "" {
		k = k.Bytes(attr.KeyBytes(item[schema.rng.name]))
	}
	return k
}

// bareName returns the table's name for a name or an ARN, which DynamoDB accepts as well. Any other
// text is returned unchanged.
func bareName(nameOrARN string) string {
	if !strings.HasPrefix(nameOrARN, "arn:") {
		return nameOrARN
	}
	if _, name, ok := strings.Cut(nameOrARN, ":table/"); ok {
		return name
	}
	return nameOrARN
}

// open returns a table with its mu held shared, or ResourceNotFoundException.
func (s *Service) open(nameOrARN string) (*table, error) {
	tables, _, err := s.openAll([]string{nameOrARN})
	if err != nil {
		return nil, err
	}
	return tables[bareName(nameOrARN)], nil
}

// openAll opens the tables in the order of their names, so that callers do not deadlock, and
// returns the release.
func (s *Service) openAll(names []string) (tables map[string]*table, release func(), err error) {
	found, err := s.find(names)
	if err != nil {
		return nil, nil, err
	}
	tables = make(map[string]*table, len(found))
	release = func() {
		for _, t := range tables {
			t.mu.RUnlock()
		}
	}
	for _, t := range found {
		t.mu.RLock()
		tables[t.name()] = t
		if t.deleted {
			release()
			return nil, nil, notFound("Requested resource not found")
		}
	}
	return tables, release, nil
}

// find returns the distinct tables by name. It holds only s.mu: DeleteTable holds that while it
// waits for a table's mu.
func (s *Service) find(names []string) ([]*table, error) {
	sorted := make([]string, len(names))
	for i, name := range names {
		sorted[i] = bareName(name)
	}
	slices.Sort(sorted)
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*table
	for _, name := range slices.Compact(sorted) {
		t := s.tables[name]
		if t == nil {
			return nil, notFound("Requested resource not found")
		}
		out = append(out, t)
	}
	return out, nil
}

// all returns the tables by name.
func (s *Service) all() []*table {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]*table, 0, len(s.tables))
	for _, t := range s.tables {
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b *table) int { return strings.Compare(a.name(), b.name()) })
	return out
}

// load opens the tables that the store holds.
func (s *Service) load() error {
	prefix := store.NewKey("ddb", "table")
	for p, err := range s.store.Scan(prefix, prefix.End()) {
		if err != nil {
			return fmt.Errorf("load tables: %w", err)
		}
		var record tableRecord
		if err := json.Unmarshal(p.Value, &record); err != nil {
			return fmt.Errorf("load table: %w", err)
		}
		t := newTable(record)
		s.tables[t.name()] = t
	}
	for _, t := range s.tables {
		if err := s.openStream(t); err != nil {
			return err
		}
	}
	return s.loadEnded()
}

// read returns the item at a key of the store and its stored bytes; nil if there is none.
func (s *Service) read(key store.Key) (attr.Item, []byte, error) {
	raw, err := s.store.Get(key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read item: %w", err)
	}
	item, err := attr.Unmarshal(raw)
	return item, raw, err
}
