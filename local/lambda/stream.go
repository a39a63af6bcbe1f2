package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// StreamSource is a DynamoDB stream of one shard as a mapping uses it, by the stream's ARN. The
// identity in ctx is the function's role.
type StreamSource interface {
	// ReadStream returns at most limit records with a sequence above after, in order.
	ReadStream(ctx context.Context, streamARN string, after uint64, limit int) ([]StreamRecord, error)
	// Latest is the sequence of the newest record; 0 if there is none.
	Latest(ctx context.Context, streamARN string) (uint64, error)
	// Notify returns a channel that becomes readable, or closed, when there are records after the
	// last read. It is called again for each wait.
	Notify(streamARN string) <-chan struct{}
}

// StreamRecord is a change of one item.
type StreamRecord struct {
	Sequence uint64
	Number   string    // the SequenceNumber that the function sees
	Created  time.Time // to judge its age
	// Key is the item's key in some form of bytes that is the same in all its records.
	Key []byte
	// Body is the element of the event's Records:
	// {"eventID","eventName","eventVersion","eventSource","awsRegion","dynamodb":{"Keys","NewImage",
	// "OldImage","SequenceNumber","ApproximateCreationDateTime",...},"eventSourceARN"}. It must be
	// well-formed.
	Body json.RawMessage
}

// StreamMapping is an event source mapping of a table's stream.
type StreamMapping struct {
	Function                string // name or ARN
	StreamARN               string
	FromLatest              bool          // StartingPosition LATEST, else TRIM_HORIZON; only for the first start ever
	BatchSize               int           // 100 by default
	BatchingWindow          time.Duration // 0 to 300 s
	ParallelizationFactor   int           // 1 to 10: batches at the same time, records of one item always in order
	BisectOnError           bool
	MaximumRetryAttempts    *int          // nil or -1: until the record expires
	MaximumRecordAge        time.Duration // 0 or negative: the stream's 24 h
	ReportBatchItemFailures bool
	Filters                 []json.RawMessage // patterns; what matches none is skipped
	OnFailure               string            // ARN of a queue or topic that learns of discarded batches
}

const (
	streamRetention = 24 * time.Hour
	forever         = math.MaxInt
	// streamPoll bounds how long a lost wake-up could delay a record. AWS polls a shard four times
	// a second.
	streamPoll = 250 * time.Millisecond
)

func (m *StreamMapping) check() error {
	if m.BatchSize == 0 {
		m.BatchSize = 100
	}
	if m.ParallelizationFactor == 0 {
		m.ParallelizationFactor = 1
	}
	if m.MaximumRetryAttempts == nil || *m.MaximumRetryAttempts < 0 {
		attempts := forever
		m.MaximumRetryAttempts = &attempts
	}
	if m.MaximumRecordAge <= 0 || m.MaximumRecordAge > streamRetention {
		m.MaximumRecordAge = streamRetention
	}
	switch {
	case m.StreamARN == "":
		return errors.New("no stream")
	case m.BatchSize < 1 || m.BatchSize > 10_000:
		return fmt.Errorf("batch size %d is not between 1 and 10000", m.BatchSize)
	case m.BatchingWindow < 0 || m.BatchingWindow > 300*time.Second:
		return fmt.Errorf("batching window %v is not between 0 and 300 s", m.BatchingWindow)
	case m.ParallelizationFactor < 1 || m.ParallelizationFactor > 10:
		return fmt.Errorf("parallelization factor %d is not between 1 and 10", m.ParallelizationFactor)
	}
	return checkDestination(m.OnFailure)
}

// MapStream adds a mapping, before Run. Its cursor is in the store: it survives a crash, after
// which at most the batches in flight are repeated.
func (s *Service) MapStream(m StreamMapping, src StreamSource) error {
	f, err := s.find(m.Function, "")
	if err == nil {
		err = m.check()
	}
	sm := &streamMapping{StreamMapping: m, f: f, src: src}
	if err == nil {
		sm.filter, err = compileFilter(m.Filters)
	}
	if err != nil {
		return fmt.Errorf("map stream %s to %s: %w", m.StreamARN, m.Function, err)
	}
	return s.addMapping(sm)
}

type streamMapping struct {
	StreamMapping
	f      *function
	src    StreamSource
	filter filter
	cursor *cursor
}

func (m *streamMapping) identify(ctx context.Context) context.Context {
	return awsapi.WithIdentity(ctx, awsapi.Identity{AccessKey: m.f.RoleName})
}

// run reads the stream and distributes the records to lanes by the item's key; each lane processes
// its batches one after the other.
func (m *streamMapping) run(ctx context.Context) error {
	if !m.open(ctx) {
		return nil
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	lanes := make([]*lane, m.ParallelizationFactor)
	var working sync.WaitGroup
	for i := range lanes {
		lanes[i] = &lane{streamMapping: m, number: i, input: make(chan []*StreamRecord, 2)}
		working.Go(func() {
			if err := lanes[i].run(ctx); err != nil {
				stop(err)
			}
		})
	}
	m.read(ctx, lanes)
	working.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// open loads the cursor, or makes it at the starting position. It tries until that succeeds or ctx
// ends.
func (m *streamMapping) open(ctx context.Context) bool {
	for {
		err := m.load(ctx)
		if err == nil {
			return true
		}
		m.f.service.log.Warn("open stream", "stream", m.StreamARN, "error", err)
		if !m.f.service.sleep(ctx, pollBackoff) {
			return false
		}
	}
}

func (m *streamMapping) load(ctx context.Context) error {
	c, found, err := loadCursor(m.f.service.st, m.f.Name, m.StreamARN, m.ParallelizationFactor)
	if err != nil {
		return err
	}
	if !found {
		if m.FromLatest {
			if c.read, err = m.src.Latest(m.identify(ctx), m.StreamARN); err != nil {
				return fmt.Errorf("find end of stream: %w", err)
			}
		}
		c.startAt(c.read)
		if err := c.save(); err != nil {
			return err
		}
	}
	m.cursor = c
	return nil
}

func (m *streamMapping) read(ctx context.Context, lanes []*lane) {
	limit := min(m.BatchSize*len(lanes), 1000)
	for ctx.Err() == nil {
		wake := m.src.Notify(m.StreamARN)
		records, err := m.src.ReadStream(m.identify(ctx), m.StreamARN, m.cursor.position(), limit)
		switch {
		case err != nil && ctx.Err() == nil:
			m.f.service.log.Warn("read stream", "stream", m.StreamARN, "error", err)
			m.f.service.sleep(ctx, pollBackoff)
		case len(records) == 0:
			m.await(ctx, wake)
		default:
			m.deal(ctx, records, lanes)
		}
	}
}

func (m *streamMapping) await(ctx context.Context, wake <-chan struct{}) {
	t := m.f.service.clock.NewTimer(streamPoll)
	defer t.Stop()
	select {
	case <-wake:
	case <-t.Chan():
	case <-ctx.Done():
	}
}

// deal gives each lane its records. It blocks while a lane is far behind, which bounds the memory.
func (m *streamMapping) deal(ctx context.Context, records []StreamRecord, lanes []*lane) {
	parts := make([][]*StreamRecord, len(lanes))
	last := make([]uint64, len(lanes))
	for i := range records {
		r := &records[i]
		if n := r.lane(len(lanes)); m.filter.pass(r.Body) && r.Sequence > m.cursor.done(n) {
			parts[n] = append(parts[n], r)
			last[n] = r.Sequence
		}
	}
	m.cursor.dealt(last, records[len(records)-1].Sequence)
	for i, part := range parts {
		if len(part) == 0 {
			continue
		}
		select {
		case lanes[i].input <- part:
		case <-ctx.Done():
			return
		}
	}
}

// lane is the number of the lane that all records of the item go to.
func (r *StreamRecord) lane(lanes int) int {
	if lanes == 1 {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write(r.Key) // never fails
	return int(h.Sum32() % uint32(lanes))
}
