package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
)

// SetJSON writes a record in JSON. If it cannot be encoded, the batch is discarded.
func (b *Batch) SetJSON(key []byte, record any) error {
	v, err := json.Marshal(record)
	if err != nil {
		b.Discard()
		return fmt.Errorf("encode record: %w", err)
	}
	b.Set(key, v)
	return nil
}

// Records decodes the values of a scan, in JSON. A failed read, or a value that is no such record,
// is the last element, with the error.
func Records[T any](scan iter.Seq2[Pair, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for p, err := range scan {
			var record T
			if err == nil {
				if err = json.Unmarshal(p.Value, &record); err != nil {
					err = fmt.Errorf("decode record: %w", err)
				}
			}
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// ErrRecord is returned for a value that is not what its key stands for.
var ErrRecord = errors.New("store: malformed record")

// SetUint writes a number, as GetUint reads it.
func (b *Batch) SetUint(key []byte, n uint64) { b.Set(key, binary.BigEndian.AppendUint64(nil, n)) }

// GetUint returns the number at key; 0 if there is none.
func (s *Store) GetUint(key []byte) (uint64, error) {
	v, err := s.Get(key)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if len(v) != 8 {
		return 0, ErrRecord
	}
	return binary.BigEndian.Uint64(v), nil
}

// Increment adds one to the number at key and returns the sum. Its callers must not run at once.
func (s *Store) Increment(key []byte) (uint64, error) {
	n, err := s.GetUint(key)
	if err != nil {
		return 0, err
	}
	b := s.NewBatch()
	b.SetUint(key, n+1)
	return n + 1, b.Commit()
}
