package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

const queueARN = "arn:aws:sqs:us-east-1:000000000000:start"

// queueSource is a queue whose received messages stay invisible.
type queueSource struct {
	mu       sync.Mutex
	ready    []SQSMessage
	deleted  []string
	released []string
	failed   []string // the function has seen them and failed
	callers  map[string]bool
	fail     error
	arrived  chan struct{}
}

func newQueueSource(n int) *queueSource {
	q := &queueSource{callers: map[string]bool{}, arrived: make(chan struct{}, 1)}
	for i := range n {
		q.ready = append(q.ready, SQSMessage{MessageID: fmt.Sprint("m", i), ReceiptHandle: fmt.Sprint("r", i), Body: fmt.Sprintf(`{"n":%d}`, i), MD5OfBody: "md5",
			Attributes: map[string]string{"ApproximateReceiveCount": "1"}})
	}
	return q
}

func (q *queueSource) Receive(ctx context.Context, _ string, limit int, wait time.Duration) ([]SQSMessage, error) {
	q.mu.Lock()
	q.callers[awsapi.IdentityFrom(ctx).AccessKey] = true
	if err := q.fail; err != nil {
		q.fail = nil
		q.mu.Unlock()
		return nil, err
	}
	n := min(limit, len(q.ready))
	batch := slices.Clone(q.ready[:n])
	q.ready = q.ready[n:]
	q.mu.Unlock()
	if n == 0 && wait == longPoll {
		select {
		case <-q.arrived:
		case <-ctx.Done():
		}
	}
	return batch, ctx.Err()
}

func (q *queueSource) Delete(_ context.Context, _ string, handles []string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.deleted = append(q.deleted, handles...)
	return nil
}

func (q *queueSource) Release(_ context.Context, _ string, handles []string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.released = append(q.released, handles...)
	return nil
}

func (q *queueSource) Fail(_ context.Context, _ string, handles []string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.failed = append(q.failed, handles...)
	return nil
}

func (q *queueSource) done() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	slices.Sort(q.deleted)
	return strings.Join(q.deleted, " ")
}

func TestQueueMapping_Event(t *testing.T) {
	t.Parallel()
	got := make(chan []byte, 1)
	b := newBench(t, setup{
		handlers:  map[string]any{"keep": func(in json.RawMessage) error { got <- bytes.Clone(in); return nil }},
		functions: []Function{{Name: "f", Handler: "keep", RoleName: "role/f"}},
	})
	src := newQueueSource(1)
	text := "v"
	src.ready[0].MessageAttributes = map[string]SQSAttribute{"a": {DataType: "String", StringValue: &text}}
	if err := b.MapQueue(QueueMapping{Function: "f", QueueARN: queueARN}, src); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	raw := <-got
	want := `{"Records":[{"messageId":"m0","receiptHandle":"r0","body":"{\"n\":0}","attributes":{"ApproximateReceiveCount":"1"},` +
		`"messageAttributes":{"a":{"stringValue":"v","stringListValues":[],"binaryListValues":[],"dataType":"String"}},"md5OfBody":"md5",` +
		`"eventSource":"aws:sqs","eventSourceARN":"` + queueARN + `","awsRegion":"us-east-1"}]}`
	if string(raw) != want {
		t.Errorf("event %s, want %s", raw, want)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var event events.SQSEvent
	if err := d.Decode(&event); err != nil || event.Records[0].MessageId != "m0" {
		t.Errorf("aws-lambda-go reads %+v, %v", event, err)
	}
	until(t, "the message is deleted", func() bool { return src.done() == "r0" })
	if !src.callers["role/f"] || len(src.callers) != 1 {
		t.Errorf("the queue was polled as %v", src.callers)
	}
}

func TestQueueMapping_PartialResponses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, reply, deleted string
		off                  bool
	}{
		{name: "all succeeded", reply: `{"batchItemFailures":[]}`, deleted: "r0 r1 r2"},
		{name: "null list", reply: `{"batchItemFailures":null}`, deleted: "r0 r1 r2"},
		{name: "empty reply", reply: `{}`, deleted: "r0 r1 r2"},
		{name: "null reply", reply: `null`, deleted: "r0 r1 r2"},
		{name: "nothing", reply: ``, deleted: "r0 r1 r2"},
		{name: "one failed", reply: `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`, deleted: "r0 r2"},
		{name: "named twice", reply: `{"batchItemFailures":[{"itemIdentifier":"m1"},{"itemIdentifier":"m1"}]}`, deleted: "r0 r2"},
		{name: "unknown id", reply: `{"batchItemFailures":[{"itemIdentifier":"m9"}]}`},
		{name: "empty id", reply: `{"batchItemFailures":[{"itemIdentifier":""}]}`},
		{name: "null id", reply: `{"batchItemFailures":[{"itemIdentifier":null}]}`},
		{name: "bad key", reply: `{"batchItemFailures":[{"id":"m1"}]}`},
		{name: "bad JSON", reply: `{"batchItemFailures":[`},
		{name: "not an object", reply: `"ok"`},
		{name: "not asked for", reply: `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`, deleted: "r0 r1 r2", off: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, setup{functions: []Function{{Name: "f"}}, options: Options{Factory: func(Function) (Handler, error) {
				return handlerFunc(func(context.Context, []byte) ([]byte, error) { return []byte(tt.reply), nil }), nil
			}}})
			src := newQueueSource(3)
			if err := b.MapQueue(QueueMapping{Function: "f", QueueARN: queueARN, ReportBatchItemFailures: !tt.off}, src); err != nil {
				t.Fatal(err)
			}
			m := b.mappings[0].(*queueMapping)
			batch, err := m.collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			m.process(t.Context(), batch)
			if got := src.done(); got != tt.deleted {
				t.Errorf("deleted %q, want %q", got, tt.deleted)
			}
			if all := append(slices.Clone(src.deleted), src.failed...); len(all) != 3 || len(src.released) != 0 {
				t.Errorf("deleted %v, failed %v, released %v: each message has one end", src.deleted, src.failed, src.released)
			}
		})
	}
}

func TestQueueMapping_FailuresStay(t *testing.T) {
	t.Parallel()
	var seen log
	b := newBench(t, setup{
		handlers: map[string]any{"fail": func(_ context.Context, e events.SQSEvent) error {
			seen.add("%s", e.Records[0].MessageId)
			if e.Records[0].MessageId == "m0" {
				return errors.New("boom")
			}
			return nil
		}},
		functions: []Function{{Name: "f", Handler: "fail", Timeout: 15 * time.Minute}},
	})
	src := newQueueSource(2)
	src.fail = errors.New("queue not reachable")
	if err := b.MapQueue(QueueMapping{Function: "f", QueueARN: queueARN, BatchSize: 1}, src); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	b.advanceUntil(t, time.Second, "both were tried", func() bool { return len(seen.all()) == 2 })
	until(t, "the good one is deleted", func() bool { return src.done() == "r1" })
	until(t, "the receive of the bad one counts", func() bool {
		src.mu.Lock()
		defer src.mu.Unlock()
		return slices.Equal(src.failed, []string{"r0"})
	})
}

func TestQueueMapping_Concurrency(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}, 10), make(chan struct{})
	b := newBench(t, setup{
		handlers:  map[string]any{"wait": func() error { entered <- struct{}{}; <-release; return nil }},
		functions: []Function{{Name: "f", Handler: "wait"}},
	})
	src := newQueueSource(5)
	if err := b.MapQueue(QueueMapping{Function: "f", QueueARN: queueARN, BatchSize: 1, MaximumConcurrency: 2}, src); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	<-entered
	<-entered
	src.mu.Lock()
	if left := len(src.ready); left != 3 {
		t.Errorf("%d messages left in the queue while 2 are worked on, want 3", left)
	}
	src.mu.Unlock()
	close(release)
	until(t, "all are deleted", func() bool { return src.done() == "r0 r1 r2 r3 r4" })
}

func TestQueueMapping_BatchesAndFilters(t *testing.T) {
	t.Parallel()
	var seen log
	b := newBench(t, setup{
		handlers:  map[string]any{"count": func(_ context.Context, e events.SQSEvent) error { seen.add("%d", len(e.Records)); return nil }},
		functions: []Function{{Name: "f", Handler: "count"}},
	})
	src := newQueueSource(25)
	if err := b.MapQueue(QueueMapping{Function: "f", QueueARN: queueARN, BatchSize: 25, BatchingWindow: time.Second,
		Filters: []json.RawMessage{json.RawMessage(`{"body":{"n":[{"anything-but":7}]}}`)}}, src); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	until(t, "all are deleted", func() bool { return len(strings.Fields(src.done())) == 25 })
	if got := seen.all(); len(got) != 1 || got[0] != "24" {
		t.Errorf("batches %v, want one of 24", got)
	}
}

func TestQueueMapping_LargeBatchesAreSplit(t *testing.T) {
	t.Parallel()
	var seen log
	b := newBench(t, setup{functions: []Function{{Name: "f"}}, options: Options{Factory: func(Function) (Handler, error) {
		return handlerFunc(func(_ context.Context, event []byte) ([]byte, error) {
			seen.add("%d", bytes.Count(event, []byte(`"messageId"`)))
			return nil, nil
		}), nil
	}}})
	src := newQueueSource(10)
	for i := range src.ready {
		src.ready[i].Body = strings.Repeat("x", 1<<20)
	}
	if err := b.MapQueue(QueueMapping{Function: "f", QueueARN: queueARN}, src); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	until(t, "all are deleted", func() bool { return len(strings.Fields(src.done())) == 10 })
	if got := strings.Join(seen.all(), " "); got != "5 5" {
		t.Errorf("batches %s, want 5 5", got)
	}
}

func TestQueueMapping_StopReleasesWhatWasNotBegun(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{}, 1)
	b := newBench(t, setup{
		handlers:  map[string]any{"wait": func(ctx context.Context) error { entered <- struct{}{}; <-ctx.Done(); return ctx.Err() }},
		functions: []Function{{Name: "f", Handler: "wait", Timeout: time.Minute}},
	})
	src := newQueueSource(2)
	if err := b.MapQueue(QueueMapping{Function: "f", QueueARN: queueARN}, src); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	<-entered
	cancel()
	b.advanceUntil(t, time.Second, "the service has stopped", func() bool {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return true
		default:
			return false
		}
	})
	if got := strings.Join(src.released, " "); got != "r0 r1" || src.done() != "" {
		t.Errorf("released %q, deleted %q", got, src.done())
	}
}

func TestService_MapQueueRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t, setup{functions: []Function{{Name: "f"}}, options: Options{Factory: func(Function) (Handler, error) { return nil, nil }}})
	for _, m := range []QueueMapping{
		{Function: "g", QueueARN: queueARN}, {Function: "f"}, {Function: "f", QueueARN: queueARN, BatchSize: 11},
		{Function: "f", QueueARN: queueARN, BatchSize: 10_001, BatchingWindow: time.Second}, {Function: "f", QueueARN: queueARN, BatchingWindow: 301 * time.Second},
		{Function: "f", QueueARN: queueARN, MaximumConcurrency: 1}, {Function: "f", QueueARN: queueARN, Filters: []json.RawMessage{json.RawMessage(`{}`)}},
	} {
		if err := b.MapQueue(m, newQueueSource(0)); err == nil {
			t.Errorf("MapQueue accepted %+v", m)
		}
	}
}
