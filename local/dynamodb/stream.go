package dynamodb

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow/local/store"
)

// retention is how long a stream keeps its records.
const retention = 24 * time.Hour

// stream gives the records of one table their order. A sequence number is taken right before the
// commit of its record; commits end in any order, and a record becomes visible only when all with
// smaller numbers are committed or have failed.
type stream struct {
	streamIdentity

	mu      sync.Mutex
	last    uint64         // the highest number taken
	open    []*reservation // not yet visible, in order
	visible uint64         // the highest number that readers may see
	trimmed uint64         // the highest number whose record is gone
	changed chan struct{}  // closed when visible grows
}

// streamIdentity is the part of a stream that never changes.
type streamIdentity struct {
	TableID, ID        uint64
	Table, Label, View string
	KeySchema          []KeySchemaElement
}

func (i *streamIdentity) arn() string { return streamARN(i.Table, i.Label) }

// reservation is the sequence numbers from first to last, taken for one batch.
type reservation struct {
	stream      *stream
	first, last uint64
	ended       bool
}

// pendingRecord is a stream record without its sequence number.
type pendingRecord struct {
	stream *stream
	value  []byte
}

func (st *stream) key(sequence uint64) store.Key {
	return st.prefix().Uint(sequence)
}

func (st *stream) prefix() store.Key { return streamsKey(st.TableID).Uint(st.ID) }

func (st *stream) trimKey() store.Key { return trimsKey(st.TableID).Uint(st.ID) }

// reserve puts the records into the batch under the next numbers of their streams. The batch must
// be committed at once, and done called.
func reserve(b *store.Batch, records []pendingRecord) []*reservation {
	var out []*reservation
	counts := map[*stream]uint64{}
	for _, r := range records {
		counts[r.stream]++
	}
	next := map[*stream]uint64{}
	for _, r := range records {
		st := r.stream
		if _, ok := next[st]; !ok {
			taken := st.take(counts[st])
			out = append(out, taken)
			next[st] = taken.first
		}
		b.Set(st.key(next[st]), r.value)
		next[st]++
	}
	return out
}

func (st *stream) take(n uint64) *reservation {
	st.mu.Lock()
	defer st.mu.Unlock()
	r := &reservation{stream: st, first: st.last + 1, last: st.last + n}
	st.last = r.last
	st.open = append(st.open, r)
	return r
}

// done marks the commit as ended. Records become visible up to the first commit that has not ended.
func (r *reservation) done() {
	st := r.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	r.ended = true
	n := 0
	for n < len(st.open) && st.open[n].ended {
		st.visible = st.open[n].last
		n++
	}
	if n > 0 {
		st.open = append(st.open[:0], st.open[n:]...)
		close(st.changed)
		st.changed = make(chan struct{})
	}
}

func (st *stream) head() uint64 {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.visible
}

func (st *stream) bounds() (trimmed, visible uint64) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.trimmed, st.visible
}

func (st *stream) wake() <-chan struct{} {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.changed
}

// openStream opens the table's stream, if it has one.
func (s *Service) openStream(t *table) error {
	t.stream = nil
	r := t.record.Stream
	if r == nil {
		return nil
	}
	st, err := s.loadStream(streamIdentity{TableID: t.id(), ID: r.ID, Table: t.name(), Label: r.Label,
		View: t.record.Spec.StreamSpecification.StreamViewType, KeySchema: t.record.Spec.KeySchema})
	if err != nil {
		return fmt.Errorf("open stream of %s: %w", t.name(), err)
	}
	t.stream = st
	return nil
}

// loadStream finds where a stream ends. The numbers go on after the last record, or after the last
// that was trimmed.
func (s *Service) loadStream(identity streamIdentity) (*stream, error) {
	st := &stream{streamIdentity: identity, changed: make(chan struct{})}
	trimmed, err := s.store.Get(st.trimKey())
	if err == nil {
		st.trimmed, _, err = store.CutUint(trimmed)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	st.last = st.trimmed
	prefix := st.prefix()
	for p, err := range s.store.ScanReverse(st.key(st.trimmed+1), prefix.End()) {
		if err == nil {
			st.last, _, err = store.CutUint(p.Key[len(prefix):])
		}
		if err != nil {
			return nil, err
		}
		break
	}
	st.visible = st.last
	return st, nil
}

// errNoStream is returned for a table without a stream.
func errNoStream(table string) error {
	return notFound("Requested resource not found: Stream: %s not found", tableARN(table))
}

// openedStream returns the current stream of a table.
func (s *Service) openedStream(name string) (*stream, error) {
	t, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer t.mu.RUnlock()
	if t.stream == nil {
		return nil, errNoStream(t.name())
	}
	return t.stream, nil
}

// ReadStream returns up to limit records of the table's stream whose sequence number is greater
// than after, in order; none if there are none yet. Numbers may have gaps, but a record never
// appears before one that was read.
func (s *Service) ReadStream(table string, after uint64, limit int) ([]StreamRecord, error) {
	st, err := s.openedStream(table)
	if err != nil {
		return nil, err
	}
	return s.readStream(st, after, limit)
}

func (s *Service) readStream(st *stream, after uint64, limit int) ([]StreamRecord, error) {
	trimmed, visible := st.bounds()
	from := max(after, trimmed) + 1
	if from > visible || limit <= 0 {
		return nil, nil
	}
	var out []StreamRecord
	prefix := len(st.prefix())
	for p, err := range s.store.Scan(st.key(from), st.key(visible+1)) {
		if err != nil {
			return nil, fmt.Errorf("read stream of %s: %w", st.Table, err)
		}
		sequence, _, err := store.CutUint(p.Key[prefix:])
		if err != nil {
			return nil, fmt.Errorf("read stream of %s: %w", st.Table, err)
		}
		r, err := st.record(sequence, p.Value)
		if err != nil {
			return nil, fmt.Errorf("read stream of %s: %w", st.Table, err)
		}
		if out = append(out, r); len(out) == limit {
			break
		}
	}
	return out, nil
}

// StreamHead is the sequence number of the newest visible record: reading after it gives what is
// written from now on (LATEST).
func (s *Service) StreamHead(table string) (uint64, error) {
	st, err := s.openedStream(table)
	if err != nil {
		return 0, err
	}
	return st.head(), nil
}

// StreamChanged returns a channel that is closed when the stream has new records. Take it before
// ReadStream, and wait for it if that returned none; then no record is missed.
func (s *Service) StreamChanged(table string) (<-chan struct{}, error) {
	st, err := s.openedStream(table)
	if err != nil {
		return nil, err
	}
	return st.wake(), nil
}

// trimStream removes the records that are older than the retention, in one batch with the number of
// the last of them.
func (s *Service) trimStream(st *stream) error {
	trimmed, visible := st.bounds()
	cutoff := s.clock.Now().Add(-retention)
	last := trimmed
	prefix := len(st.prefix())
	for p, err := range s.store.Scan(st.key(trimmed+1), st.key(visible+1)) {
		if err != nil {
			return fmt.Errorf("trim stream of %s: %w", st.Table, err)
		}
		at, err := recordTime(p.Value)
		if err != nil {
			return fmt.Errorf("trim stream of %s: %w", st.Table, err)
		}
		if at.After(cutoff) {
			break
		}
		if last, _, err = store.CutUint(p.Key[prefix:]); err != nil {
			return fmt.Errorf("trim stream of %s: %w", st.Table, err)
		}
	}
	if last == trimmed {
		return nil
	}
	b := s.store.NewBatch()
	b.DeleteRange(st.key(trimmed+1), st.key(last+1))
	b.Set(st.trimKey(), store.Key(nil).Uint(last))
	if err := b.Commit(); err != nil {
		return fmt.Errorf("trim stream of %s: %w", st.Table, err)
	}
	st.mu.Lock()
	st.trimmed = last
	st.mu.Unlock()
	return nil
}
