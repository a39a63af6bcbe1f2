package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// SQSSource is the queue service as a mapping uses it, by the queue's ARN. The identity in ctx is
// the function's role.
type SQSSource interface {
	// Receive waits up to wait for the first message and returns at most max (10 at most) of them.
	Receive(ctx context.Context, queueARN string, max int, wait time.Duration) ([]SQSMessage, error)
	Delete(ctx context.Context, queueARN string, receiptHandles []string) error
	// Release returns messages that the function has not seen: they are visible again at once, and
	// the receive does not count.
	Release(ctx context.Context, queueARN string, receiptHandles []string) error
	// Fail records that the function has seen the messages and failed: the receive counts, even if
	// this process ends before their visibility timeout.
	Fail(ctx context.Context, queueARN string, receiptHandles []string) error
}

// SQSMessage is a received message, in the shape it has in a function's event (events.SQSMessage of
// aws-lambda-go). The mapping sets EventSource, EventSourceARN and Region.
type SQSMessage struct {
	MessageID              string                  `json:"messageId"`
	ReceiptHandle          string                  `json:"receiptHandle"`
	Body                   string                  `json:"body"`
	Attributes             map[string]string       `json:"attributes"` // ApproximateReceiveCount, SentTimestamp, SenderId, ...
	MessageAttributes      map[string]SQSAttribute `json:"messageAttributes"`
	MD5OfBody              string                  `json:"md5OfBody"`
	MD5OfMessageAttributes string                  `json:"md5OfMessageAttributes,omitempty"`
	EventSource            string                  `json:"eventSource"`
	EventSourceARN         string                  `json:"eventSourceARN"`
	Region                 string                  `json:"awsRegion"`
}

// SQSAttribute is a message attribute in a function's event.
type SQSAttribute struct {
	StringValue      *string  `json:"stringValue,omitempty"`
	BinaryValue      []byte   `json:"binaryValue,omitempty"`
	StringListValues []string `json:"stringListValues"`
	BinaryListValues [][]byte `json:"binaryListValues"`
	DataType         string   `json:"dataType"`
}

// QueueMapping is an event source mapping of a standard queue.
type QueueMapping struct {
	Function                string // name or ARN
	QueueARN                string
	BatchSize               int           // 10 by default; above 10 it needs a window of 1 s
	BatchingWindow          time.Duration // 0 to 300 s
	MaximumConcurrency      int           // 2-1000; 0 is Lambda's own scaling, here 10
	ReportBatchItemFailures bool
	Filters                 []json.RawMessage // patterns; what matches none is deleted unseen
}

const (
	longPoll       = 20 * time.Second
	receiveMax     = 10
	defaultPollers = 10
	pollBackoff    = time.Second // after a failed poll or a throttled request
	eventRoom      = MaxSyncPayload - 64<<10
)

func (m *QueueMapping) check() error {
	if m.BatchSize == 0 {
		m.BatchSize = 10
	}
	if m.MaximumConcurrency == 0 {
		m.MaximumConcurrency = defaultPollers
	}
	switch {
	case m.QueueARN == "":
		return errors.New("no queue")
	case m.BatchSize < 1 || m.BatchSize > 10_000:
		return fmt.Errorf("batch size %d is not between 1 and 10000", m.BatchSize)
	case m.BatchSize > 10 && m.BatchingWindow < time.Second:
		return fmt.Errorf("batch size %d needs a batching window of at least 1 s", m.BatchSize)
	case m.BatchingWindow < 0 || m.BatchingWindow > 300*time.Second:
		return fmt.Errorf("batching window %v is not between 0 and 300 s", m.BatchingWindow)
	case m.MaximumConcurrency < 2 || m.MaximumConcurrency > 1000:
		return fmt.Errorf("maximum concurrency %d is not between 2 and 1000", m.MaximumConcurrency)
	}
	return nil
}

// MapQueue adds a mapping, before Run. A queue needs no cursor: after a crash or a failure, the
// messages are visible again after the visibility timeout.
func (s *Service) MapQueue(m QueueMapping, src SQSSource) error {
	f, err := s.find(m.Function, "")
	limited := m.MaximumConcurrency != 0
	if err == nil {
		err = m.check()
	}
	q := &queueMapping{QueueMapping: m, f: f, src: src, limited: limited}
	if err == nil {
		q.filter, err = compileFilter(m.Filters)
	}
	if err != nil {
		return fmt.Errorf("map queue %s to %s: %w", m.QueueARN, m.Function, err)
	}
	return s.addMapping(q)
}

func (s *Service) addMapping(m mapping) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running {
		return errors.New("add event source mapping: the service is running")
	}
	s.mappings = append(s.mappings, m)
	return nil
}

type queueMapping struct {
	QueueMapping
	f      *function
	src    SQSSource
	filter filter

	limited bool // MaximumConcurrency was set
}

// run receives with one poller and invokes in at most MaximumConcurrency goroutines.
func (m *queueMapping) run(ctx context.Context) error {
	var workers sync.WaitGroup
	defer workers.Wait()
	slots := make(chan struct{}, m.MaximumConcurrency)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		batch, err := m.collect(m.identify(ctx))
		if err != nil && ctx.Err() == nil {
			m.f.service.log.Warn("poll queue", "queue", m.QueueARN, "error", err)
			m.f.service.sleep(ctx, pollBackoff)
		}
		if len(batch) == 0 {
			<-slots
			continue
		}
		workers.Go(func() {
			defer func() { <-slots }()
			m.process(ctx, batch)
		})
	}
}

func (m *queueMapping) identify(ctx context.Context) context.Context {
	return awsapi.WithIdentity(ctx, awsapi.Identity{AccessKey: m.f.RoleName})
}

// collect waits for messages and fills a batch for as long as the window lasts.
func (m *queueMapping) collect(ctx context.Context) ([]SQSMessage, error) {
	batch, err := m.src.Receive(ctx, m.QueueARN, min(receiveMax, m.BatchSize), longPoll)
	if err != nil || len(batch) == 0 || m.BatchingWindow == 0 {
		return batch, err
	}
	clock := m.f.service.clock
	end := clock.Now().Add(m.BatchingWindow)
	for len(batch) < m.BatchSize && eventSize(batch) < eventRoom && ctx.Err() == nil {
		left := end.Sub(clock.Now())
		if left <= 0 {
			break
		}
		more, err := m.src.Receive(ctx, m.QueueARN, min(receiveMax, m.BatchSize-len(batch)), min(left, longPoll))
		if err != nil {
			return batch, err // with the batch: the received messages must be handed on or released
		}
		batch = append(batch, more...)
	}
	return batch, nil
}
