package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

const testStream = "arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/1"

// streamSource is a stream in memory; record n is of item n % items. Its records are created at one
// instant of the mapping's own clock: what is older than the stream keeps is discarded.
type streamSource struct {
	created time.Time
	mu      sync.Mutex
	records []StreamRecord
	changed chan struct{}
}

func newStreamSource(created time.Time) *streamSource {
	return &streamSource{created: created, changed: make(chan struct{})}
}

func (s *streamSource) add(items, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range count {
		n := uint64(len(s.records) + 1)
		body := fmt.Sprintf(`{"eventID":"e%d","eventName":"INSERT","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"us-east-1","dynamodb":`+
			`{"ApproximateCreationDateTime":%d,"Keys":{"id":{"S":"item%d"}},"NewImage":{"n":{"N":"%d"}},"SequenceNumber":"1%020d","SizeBytes":9,"StreamViewType":"NEW_IMAGE"},"eventSourceARN":"`+testStream+`"}`,
			n, s.created.Unix(), n%uint64(items), n, n)
		s.records = append(s.records, StreamRecord{Sequence: n, Number: fmt.Sprintf("1%020d", n), Created: s.created, Key: fmt.Appendf(nil, "item%d", n%uint64(items)), Body: json.RawMessage(body)})
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *streamSource) ReadStream(_ context.Context, _ string, after uint64, limit int) ([]StreamRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := s.records[min(after, uint64(len(s.records))):]
	return rest[:min(limit, len(rest))], nil
}

func (s *streamSource) Latest(context.Context, string) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint64(len(s.records)), nil
}

func (s *streamSource) Notify(string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// numbers are the records of an event as "1,2,3".
func numbers(e events.DynamoDBEvent) string {
	var out []string
	for _, r := range e.Records {
		out = append(out, strings.TrimPrefix(r.EventID, "e"))
	}
	return strings.Join(out, ",")
}

// streamBench runs one mapping whose handler logs each batch and then does what react says.
func streamBench(t *testing.T, m StreamMapping, react func(batch string) (string, error), more func(*setup)) (*bench, *streamSource, *log) {
	t.Helper()
	seen := &log{}
	in := setup{
		handlers: map[string]any{"h": func(_ context.Context, e events.DynamoDBEvent) (json.RawMessage, error) {
			seen.add("%s", numbers(e))
			reply, err := react(numbers(e))
			return json.RawMessage(reply), err
		}},
		// The tests' clock may run on while the handler works: it must not time out by that.
		functions: []Function{{Name: "f", Handler: "h", RoleName: "role/f", Timeout: 15 * time.Minute}},
	}
	if more != nil {
		more(&in)
	}
	b := newBench(t, in)
	src := newStreamSource(epoch)
	m.Function, m.StreamARN = "f", testStream
	if err := b.MapStream(m, src); err != nil {
		t.Fatal(err)
	}
	return b, src, seen
}

func (b *bench) cursor(t *testing.T) string {
	t.Helper()
	v, err := b.st.Get(store.NewKey("lambda", "cursor", "f", testStream))
	if errors.Is(err, store.ErrNotFound) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(v)
}

func succeed(string) (string, error) { return "null", nil }

func TestStreamMapping_Event(t *testing.T) {
	t.Parallel()
	got := make(chan []byte, 1)
	b, src, _ := streamBench(t, StreamMapping{}, succeed, func(s *setup) {
		s.handlers["h"] = func(in json.RawMessage) error { got <- bytes.Clone(in); return nil }
	})
	b.start(t)
	src.add(1, 1)
	raw := <-got
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var event events.DynamoDBEvent
	if err := d.Decode(&event); err != nil {
		t.Fatal(err)
	}
	r := event.Records[0]
	if r.EventSourceArn != testStream || r.EventName != "INSERT" || r.Change.NewImage["n"].Number() != "1" || !r.Change.ApproximateCreationDateTime.Equal(epoch) {
		t.Errorf("event %s", raw)
	}
}

func TestStreamMapping_InOrderAndDurable(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	st, err := store.Open("db", store.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	inStore := func(st *store.Store) func(*setup) { return func(s *setup) { s.st = st } }
	b, src, seen := streamBench(t, StreamMapping{BatchSize: 2}, succeed, inStore(st))
	src.add(3, 5)
	stop := b.start(t)
	until(t, "all are done", func() bool { return b.cursor(t) == `{"lanes":[5]}` })
	if got := strings.Join(seen.all(), " "); got != "1,2 3,4 5" {
		t.Errorf("batches %s", got)
	}
	stop()
	if err := st.Flush(); err != nil {
		t.Fatal(err)
	}
	crashed := fs.CrashClone(vfs.CrashCloneCfg{})
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}

	st, err = store.Open("db", store.Options{FS: crashed})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	b, src2, seen := streamBench(t, StreamMapping{BatchSize: 2}, succeed, inStore(st))
	src2.add(3, 6)
	stop = b.start(t)
	defer stop()
	until(t, "the new one is done", func() bool { return b.cursor(t) == `{"lanes":[6]}` })
	if got := strings.Join(seen.all(), " "); got != "6" {
		t.Errorf("batches after the crash: %s, want 6 alone", got)
	}
}

func TestStreamMapping_FromLatest(t *testing.T) {
	t.Parallel()
	b, src, seen := streamBench(t, StreamMapping{FromLatest: true}, succeed, nil)
	src.add(1, 3)
	b.start(t)
	until(t, "the cursor is at the end", func() bool { return b.cursor(t) == `{"lanes":[3]}` })
	src.add(1, 1)
	until(t, "the new one is done", func() bool { return b.cursor(t) == `{"lanes":[4]}` })
	if got := strings.Join(seen.all(), " "); got != "4" {
		t.Errorf("batches %s, want 4", got)
	}
}

func TestStreamMapping_Failures(t *testing.T) {
	t.Parallel()
	fail := func(poison string) func(string) (string, error) {
		return func(batch string) (string, error) {
			for n := range strings.SplitSeq(batch, ",") {
				if n == poison {
					return "", errors.New("poison")
				}
			}
			return "null", nil
		}
	}
	report := func(sequences ...int) func(string) (string, error) {
		first := true
		return func(string) (string, error) {
			if !first {
				return "{}", nil
			}
			first = false
			var items []string
			for _, n := range sequences {
				items = append(items, fmt.Sprintf(`{"itemIdentifier":"1%020d"}`, n))
			}
			return `{"batchItemFailures":[` + strings.Join(items, ",") + `]}`, nil
		}
	}
	once := func() func(string) (string, error) {
		first := true
		return func(string) (string, error) {
			if first {
				first = false
				return "", errors.New("once")
			}
			return "null", nil
		}
	}
	zero, two := 0, 2
	for _, tt := range []struct {
		name    string
		mapping StreamMapping
		react   func(string) (string, error)
		batches string
		notice  string // part of the message to the destination
	}{
		{name: "retried until it works", react: once(), batches: "1,2,3,4 1,2,3,4"},
		{name: "given up", mapping: StreamMapping{MaximumRetryAttempts: &two, OnFailure: queueARN}, react: fail("3"),
			batches: "1,2,3,4 1,2,3,4 1,2,3,4", notice: `\"batchSize\":4`},
		{name: "bisected", mapping: StreamMapping{MaximumRetryAttempts: &zero, BisectOnError: true, OnFailure: queueARN}, react: fail("3"),
			batches: "1,2,3,4 1,2 3,4 3 4", notice: `\"startSequenceNumber\":\"100000000000000000003\",\"endSequenceNumber\":\"100000000000000000003\"`},
		{name: "lowest reported", mapping: StreamMapping{ReportBatchItemFailures: true}, react: report(4, 3), batches: "1,2,3,4 3,4"},
		{name: "first reported", mapping: StreamMapping{ReportBatchItemFailures: true}, react: report(1), batches: "1,2,3,4 1,2,3,4"},
		{name: "unknown reported", mapping: StreamMapping{ReportBatchItemFailures: true}, react: report(9), batches: "1,2,3,4 1,2,3,4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, src, seen := streamBench(t, tt.mapping, tt.react, nil)
			src.add(1, 4)
			b.start(t)
			b.advanceUntil(t, time.Second, "all are done", func() bool { return b.cursor(t) == `{"lanes":[4]}` })
			if got := strings.Join(seen.all(), " "); got != tt.batches {
				t.Errorf("batches %s, want %s", got, tt.batches)
			}
			sent := strings.Join(b.sent(), " ")
			if tt.notice == "" && sent != "" || !strings.Contains(sent, tt.notice) {
				t.Errorf("destination got %s, want %s", sent, tt.notice)
			}
		})
	}
}

func TestStreamMapping_OldRecordsAreDiscarded(t *testing.T) {
	t.Parallel()
	clock := clockwork.NewFakeClockAt(epoch.Add(2 * time.Hour))
	b, src, seen := streamBench(t, StreamMapping{MaximumRecordAge: time.Hour, OnFailure: queueARN}, succeed, func(s *setup) { s.clock = clock })
	src.add(1, 2)
	b.start(t)
	until(t, "all are done", func() bool { return b.cursor(t) == `{"lanes":[2]}` })
	if got := seen.all(); len(got) != 0 {
		t.Errorf("the function got %v", got)
	}
	if sent := strings.Join(b.sent(), ""); !strings.Contains(sent, `\"batchSize\":2`) {
		t.Errorf("destination got %s", sent)
	}
}

func TestStreamMapping_FilterSkips(t *testing.T) {
	t.Parallel()
	notTwo := json.RawMessage(`{"eventID":[{"anything-but":"e2"}]}`)
	b, src, seen := streamBench(t, StreamMapping{Filters: []json.RawMessage{notTwo}}, succeed, nil)
	src.add(1, 3)
	b.start(t)
	until(t, "all are done", func() bool { return b.cursor(t) == `{"lanes":[3]}` })
	if got := strings.Join(seen.all(), " "); got != "1,3" {
		t.Errorf("batches %s, want 1,3", got)
	}
}

func TestStreamMapping_LanesKeepTheOrderOfAnItem(t *testing.T) {
	t.Parallel()
	const items, count = 7, 500
	var mu sync.Mutex
	last, total := map[string]string{}, 0
	b, src, _ := streamBench(t, StreamMapping{BatchSize: 10, ParallelizationFactor: 4}, succeed, func(s *setup) {
		s.handlers["h"] = func(_ context.Context, e events.DynamoDBEvent) error {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range e.Records {
				key := r.Change.Keys["id"].String()
				if r.Change.SequenceNumber <= last[key] {
					return fmt.Errorf("%s: %s after %s", key, r.Change.SequenceNumber, last[key])
				}
				last[key] = r.Change.SequenceNumber
				total++
			}
			return nil
		}
	})
	b.start(t)
	for range 10 {
		src.add(items, count/10)
	}
	until(t, "all are done", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return total == count
	})
}

func TestStreamMapping_ThrottlesDoNotCount(t *testing.T) {
	t.Parallel()
	one, zero := 1, 0
	entered, release := make(chan struct{}), make(chan struct{})
	var observed log
	b, src, seen := streamBench(t, StreamMapping{MaximumRetryAttempts: &zero}, succeed, func(s *setup) {
		s.functions[0].ReservedConcurrency = &one
		inner := s.handlers["h"].(func(context.Context, events.DynamoDBEvent) (json.RawMessage, error))
		s.handlers["h"] = func(ctx context.Context, e events.DynamoDBEvent) (json.RawMessage, error) {
			if len(e.Records) == 0 {
				entered <- struct{}{}
				<-release
			}
			return inner(ctx, e)
		}
		s.options.Observe = func(i Invocation) { observed.add("%s", i.ErrorType) }
	})
	direct := make(chan error, 1)
	go func() {
		_, err := b.Invoke(context.Background(), "f", nil)
		direct <- err
	}()
	<-entered
	b.start(t)
	src.add(1, 1)
	b.advanceUntil(t, time.Second, "the mapping was refused three times", func() bool { return len(observed.all()) >= 3 })
	close(release)
	if err := <-direct; err != nil {
		t.Fatal(err)
	}
	b.advanceUntil(t, time.Second, "the record is done", func() bool { return b.cursor(t) == `{"lanes":[1]}` })
	if got := strings.Join(seen.all(), " "); got != " 1" {
		t.Errorf("batches %q", got)
	}
}

func TestCursor_OtherNumberOfLanes(t *testing.T) {
	t.Parallel()
	st := memStore(t)
	c, found, err := loadCursor(st, "f", testStream, 3)
	if err != nil || found {
		t.Fatal(found, err)
	}
	c.startAt(0)
	c.dealt([]uint64{5, 6, 0}, 7)
	if err := c.finish(1, 6); err != nil {
		t.Fatal(err)
	}
	same, found, err := loadCursor(st, "f", testStream, 3)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if same.position() != 0 || same.done(0) != 0 || same.done(1) != 7 || same.done(2) != 7 {
		t.Errorf("reloaded cursor: read %d, done %v", same.read, same.ended)
	}
	other, _, err := loadCursor(st, "f", testStream, 2)
	if err != nil {
		t.Fatal(err)
	}
	if other.position() != 0 || other.done(0) != 0 || other.done(1) != 0 {
		t.Errorf("with other lanes: read %d, done %v", other.read, other.ended)
	}
}
