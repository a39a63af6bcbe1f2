package dynamodb

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow/local/store"
)

// endedStream is a stream that was switched off, or whose table was deleted. It can be read for as
// long as its records are kept (developer guide, "Change data capture for DynamoDB Streams": 24
// hours).
type endedStream struct {
	*stream
	at time.Time
}

// endedRecord is an ended stream as the store keeps it.
type endedRecord struct {
	streamIdentity
	At time.Time
}

func (st *stream) endedKey() store.Key { return endedKey().Uint(st.TableID).Uint(st.ID) }

// end adds the end of a stream to the batch that causes it. The table's mu is held exclusively: no
// record is being written. The returned function is called when the batch is committed.
func (s *Service) end(b *store.Batch, st *stream) (ended func(), err error) {
	at := s.clock.Now()
	value, err := json.Marshal(endedRecord{st.streamIdentity, at})
	if err != nil {
		return nil, fmt.Errorf("end stream of %s: %w", st.Table, err)
	}
	b.Set(st.endedKey(), value)
	return func() {
		s.endedMu.Lock()
		defer s.endedMu.Unlock()
		s.ended[st.arn()] = endedStream{st, at}
	}, nil
}

// endOf is end for the stream of a table that may have none.
func (s *Service) endOf(b *store.Batch, t *table) (ended func(), err error) {
	if t.stream == nil {
		return func() {}, nil
	}
	return s.end(b, t.stream)
}

// loadEnded opens the ended streams that the store holds.
func (s *Service) loadEnded() error {
	for p, err := range s.store.Scan(endedKey(), endedKey().End()) {
		if err != nil {
			return fmt.Errorf("load ended streams: %w", err)
		}
		var r endedRecord
		if err := json.Unmarshal(p.Value, &r); err != nil {
			return fmt.Errorf("load ended stream: %w", err)
		}
		st, err := s.loadStream(r.streamIdentity)
		if err != nil {
			return fmt.Errorf("load ended stream of %s: %w", r.Table, err)
		}
		s.ended[st.arn()] = endedStream{st, r.At}
	}
	return nil
}

func (s *Service) endedStreams() []endedStream {
	s.endedMu.Lock()
	defer s.endedMu.Unlock()
	out := make([]endedStream, 0, len(s.ended))
	for _, e := range s.ended {
		out = append(out, e)
	}
	return out
}

// sweepEnded trims the ended streams, and removes those that ended longer ago than records are
// kept.
func (s *Service) sweepEnded() error {
	for _, e := range s.endedStreams() {
		if s.clock.Since(e.at) < retention {
			if err := s.trimStream(e.stream); err != nil {
				return err
			}
			continue
		}
		b := s.store.NewBatch()
		b.DeleteRange(e.prefix(), e.prefix().End())
		b.Delete(e.trimKey())
		b.Delete(e.endedKey())
		if err := b.Commit(); err != nil {
			return fmt.Errorf("forget ended stream of %s: %w", e.Table, err)
		}
		s.endedMu.Lock()
		delete(s.ended, e.arn())
		s.endedMu.Unlock()
	}
	return nil
}

// newLabel is the label of a stream that begins now. No other stream of the table has it.
func (s *Service) newLabel(table string, current *streamInfo) string {
	s.endedMu.Lock()
	defer s.endedMu.Unlock()
	for at := s.clock.Now().UTC(); ; at = at.Add(time.Millisecond) {
		label := at.Format(labelFormat)
		_, taken := s.ended[streamARN(table, label)]
		if !taken && (current == nil || current.Label != label) {
			return label
		}
	}
}
