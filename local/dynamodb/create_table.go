package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

type tableOutput struct{ TableDescription *tableDescription }

type createTableInput struct {
	TableSpec
	TableName        parameter
	SSESpecification struct{ SSEType parameter } // checked, and not kept
}

func (s *Service) createTable(_ context.Context, in createTableInput) (*tableOutput, error) {
	if !in.TableName.given {
		return nil, errNoTableName
	}
	if st := in.StreamSpecification; st != nil && !st.enabled() && st.StreamViewType != "" {
		return nil, validation("One or more parameter values were invalid: Table is being created with a stream " +
			"disabled, UpdateViewType should not be specified")
	}
	var v violations
	if v.enum(in.SSESpecification.SSEType, "sSESpecification.sSEType", encryptionTypes); len(v.found) > 0 {
		return nil, v.err()
	}
	spec := in.TableSpec
	spec.TableName, spec.TimeToLiveSpecification = in.TableName.text, nil
	t, err := s.create(spec)
	if err != nil {
		return nil, err
	}
	return &tableOutput{t.describe()}, nil
}

// create makes a table, or fails with ResourceInUseException.
func (s *Service) create(spec TableSpec) (*table, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[spec.TableName] != nil {
		return nil, awsapi.Errorf("ResourceInUseException", "Table already exists: %s", spec.TableName)
	}
	b := s.store.NewBatch()
	id, err := s.newID(b)
	if err != nil {
		b.Discard()
		return nil, err
	}
	now := s.clock.Now().UTC()
	record := tableRecord{ID: id, Created: now, Spec: spec}
	if spec.StreamSpecification.enabled() {
		record.Stream = &streamInfo{ID: 1, Label: s.newLabel(spec.TableName, nil)}
	}
	if err := saveTable(b, record); err != nil {
		return nil, err
	}
	if err := b.Commit(); err != nil {
		return nil, fmt.Errorf("create table %s: %w", spec.TableName, err)
	}
	t := newTable(record)
	if err := s.openStream(t); err != nil {
		return nil, err
	}
	s.tables[spec.TableName] = t
	return t, nil
}

// labelFormat is how a stream's label writes the time of its creation.
const labelFormat = "2006-01-02T15:04:05.000"

// newID takes the next id of a table. The caller holds s.mu.
func (s *Service) newID(b *store.Batch) (uint64, error) {
	var last uint64
	v, err := s.store.Get(lastIDKey())
	if err == nil {
		last, _, err = store.CutUint(v)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, fmt.Errorf("read last table id: %w", err)
	}
	b.Set(lastIDKey(), store.Key(nil).Uint(last+1))
	return last + 1, nil
}

func saveTable(b *store.Batch, record tableRecord) error {
	value, err := json.Marshal(record)
	if err != nil {
		b.Discard()
		return fmt.Errorf("save table %s: %w", record.Spec.TableName, err)
	}
	b.Set(tableKey(record.Spec.TableName), value)
	return nil
}

func (s *Service) deleteTable(_ context.Context, in tableInput) (*tableOutput, error) {
	name, err := in.name()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[name]
	if t == nil {
		return nil, errNoTable(name)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.record.Spec.DeletionProtectionEnabled {
		return nil, validation(
			"Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	}
	b := s.store.NewBatch()
	b.Delete(tableKey(t.name()))
	for _, k := range []store.Key{itemsKey(t.id()), indexesKey(t.id()), ttlKey(t.id())} {
		b.DeleteRange(k, k.End())
	}
	ended, err := s.endOf(b, t)
	if err != nil {
		b.Discard()
		return nil, err
	}
	if err := b.Commit(); err != nil {
		return nil, fmt.Errorf("delete table %s: %w", t.name(), err)
	}
	ended()
	t.deleted = true
	delete(s.tables, t.name())
	out := t.describe()
	out.TableStatus = "DELETING"
	return &tableOutput{out}, nil
}
