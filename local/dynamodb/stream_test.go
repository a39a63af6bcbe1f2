package dynamodb

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

func TestReadStream_LambdaEvent(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	s.must(t, "PutItem", `{"TableName":"accounts","Item":{"id":{"S":"a"},"n":{"N":"1"}}}`)
	s.must(t, "PutItem", `{"TableName":"accounts","Item":{"id":{"S":"a"},"n":{"N":"1.0"}}}`) // changes nothing: no record
	s.must(t, "UpdateItem", `{"TableName":"accounts","Key":{"id":{"S":"a"}},"UpdateExpression":"SET n = n"}`)
	s.must(t, "DeleteItem", `{"TableName":"accounts","Key":{"id":{"S":"none"}}}`)
	s.must(t, "UpdateItem", `{"TableName":"accounts","Key":{"id":{"S":"a"}},"UpdateExpression":"ADD n :n",`+
		`"ExpressionAttributeValues":{":n":{"N":"1"}}}`)
	s.must(t, "DeleteItem", `{"TableName":"accounts","Key":{"id":{"S":"a"}}}`)
	records, err := s.ReadStream("accounts", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, r := range records {
		texts = append(texts, string(r.AppendJSON(nil)))
	}
	text := "[" + strings.Join(texts, ",") + "]"
	element := func(n int, name, images string, size int) string {
		return fmt.Sprintf(`{"eventID":"0000000100000001%016x","eventName":"%s","eventVersion":"1.1",`+
			`"eventSource":"aws:dynamodb","awsRegion":"us-east-1",`+
			`"dynamodb":{"ApproximateCreationDateTime":1772366400,"Keys":{"id":{"S":"a"}},%s"SequenceNumber":"1%020d",`+
			`"SizeBytes":%d,"StreamViewType":"NEW_AND_OLD_IMAGES"},`+
			`"eventSourceARN":"arn:aws:dynamodb:us-east-1:000000000000:table/accounts/stream/2026-03-01T12:00:00.000"}`,
			n, name, images, n, size)
	}
	want := "[" + strings.Join([]string{
		element(1, "INSERT", `"NewImage":{"id":{"S":"a"},"n":{"N":"1"}},`, 9),
		element(2, "MODIFY", `"NewImage":{"id":{"S":"a"},"n":{"N":"2"}},"OldImage":{"id":{"S":"a"},"n":{"N":"1"}},`, 15),
		element(3, "REMOVE", `"OldImage":{"id":{"S":"a"},"n":{"N":"2"}},`, 9),
	}, ",") + "]"
	if text != want {
		t.Errorf("records = %s\nwant      %s", text, want)
	}
}

// TestReadStream_NeverBehind reads while many goroutines write: every record is read once, in
// order, by waiting for StreamChanged alone.
func TestReadStream_NeverBehind(t *testing.T) {
	t.Parallel()
	const writers, writes = 12, 50
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range writes {
				if _, err := s.Do(t.Context(), "PutItem",
					json.RawMessage(fmt.Sprintf(`{"TableName":"accounts","Item":{"id":{"S":"%d-%d"}}}`, w, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	seen := map[string]bool{}
	for after := uint64(0); len(seen) < writers*writes; {
		changed, err := s.StreamChanged("accounts")
		if err != nil {
			t.Fatal(err)
		}
		records, err := s.ReadStream("accounts", after, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if r.Sequence != after+1 {
				t.Fatalf("record %d after %d", r.Sequence, after)
			}
			after = r.Sequence
			seen[r.Keys["id"].Text] = true
		}
		if len(records) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("no wake-up after %d records", len(seen))
		}
	}
	wg.Wait()
}

func TestStream_VisibleInOrder(t *testing.T) {
	t.Parallel()
	st := &stream{changed: make(chan struct{})}
	first, second, third := st.take(2), st.take(1), st.take(1)
	wake := st.wake()
	second.done()
	if st.head() != 0 {
		t.Errorf("record %d is visible before record 1 is durable", st.head())
	}
	select {
	case <-wake:
		t.Error("woken for nothing")
	default:
	}
	first.done()
	if st.head() != 3 {
		t.Errorf("visible up to %d, want 3", st.head())
	}
	<-wake
	third.done()
	if st.head() != 4 {
		t.Errorf("visible up to %d, want 4", st.head())
	}
}

func TestStream_TrimmedAfterADay(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	put := func(id string) { s.must(t, "PutItem", `{"TableName":"accounts","Item":{"id":{"S":"`+id+`"}}}`) }
	put("a")
	put("b")
	s.clock.Advance(retention)
	put("c")
	s.clock.Advance(time.Second)
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	records, err := s.ReadStream("accounts", 0, 10)
	if err != nil || len(records) != 1 || records[0].Sequence != 3 {
		t.Errorf("after a day: %+v, %v", records, err)
	}
	s.clock.Advance(2 * retention)
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	again := openStack(t, s.store)
	if head, err := again.StreamHead("accounts"); err != nil || head != 3 {
		t.Errorf("head of the trimmed stream after a restart = %d, %v", head, err)
	}
}

func TestStreams_WireAPI(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.orders(t)
	ctx := t.Context()
	list, err := s.streams.ListStreams(ctx, &dynamodbstreams.ListStreamsInput{TableName: aws.String("orders")})
	if err != nil || len(list.Streams) != 1 {
		t.Fatalf("ListStreams = %v, %v", list, err)
	}
	arn := list.Streams[0].StreamArn
	described, err := s.streams.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	shards := described.StreamDescription.Shards
	if len(shards) != 1 || described.StreamDescription.StreamViewType != streamtypes.StreamViewTypeNewAndOldImages {
		t.Fatalf("DescribeStream = %+v", described.StreamDescription)
	}
	for i := range 3 {
		s.must(t, "PutItem", fmt.Sprintf(`{"TableName":"orders","Item":{"pk":{"S":"o"},"sk":{"N":"%d"}}}`, i))
	}
	for _, tt := range []struct {
		kind     streamtypes.ShardIteratorType
		sequence uint64
		want     int
	}{{"TRIM_HORIZON", 0, 3}, {"LATEST", 0, 0}, {"AT_SEQUENCE_NUMBER", 2, 2}, {"AFTER_SEQUENCE_NUMBER", 2, 1}} {
		in := &dynamodbstreams.GetShardIteratorInput{StreamArn: arn, ShardId: shards[0].ShardId, ShardIteratorType: tt.kind}
		if tt.sequence > 0 {
			in.SequenceNumber = aws.String(FormatSequence(tt.sequence))
		}
		iterator, err := s.streams.GetShardIterator(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator.ShardIterator})
		if err != nil || len(got.Records) != tt.want {
			t.Errorf("%s: %v, %v, want %d records", tt.kind, got, err, tt.want)
		}
	}
}

func TestTimeToLive(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.must(t, "CreateTable", accountsTable)
	put := func(id string, at time.Time) {
		s.must(t, "PutItem", fmt.Sprintf(`{"TableName":"accounts","Item":{"id":{"S":"%s"},"until":{"N":"%d"}}}`, id,
			at.Unix()))
	}
	put("before", start.Add(time.Minute)) // written before time to live is switched on
	s.must(t, "UpdateTimeToLive",
		`{"TableName":"accounts","TimeToLiveSpecification":{"AttributeName":"until","Enabled":true}}`)
	put("due", start.Add(time.Minute))
	put("later", start.Add(time.Hour))
	put("prolonged", start.Add(time.Minute))
	put("prolonged", start.Add(time.Hour))
	put("ancient", start.Add(-6*365*24*time.Hour))

	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(ctx) }()
	if err := s.clock.BlockUntilContext(ctx, 1); err != nil {
		t.Fatal(err)
	}
	changed, err := s.StreamChanged("accounts")
	if err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(time.Minute + sweepInterval)
	select {
	case <-changed:
	case <-time.After(time.Minute):
		t.Fatal("nothing expired")
	}
	cancel()
	if err := <-stopped; err != nil {
		t.Errorf("Run: %v", err)
	}
	if err := s.Sweep(); err != nil {
		t.Fatal(err)
	}
	if ids := scanIDs(t, s, "accounts"); len(ids) != 3 || !ids["later"] || !ids["prolonged"] || !ids["ancient"] {
		t.Errorf("left: %v", ids)
	}
	records, err := s.ReadStream("accounts", 6, 10)
	if err != nil || len(records) != 2 {
		t.Fatalf("records = %+v, %v", records, err)
	}
	for _, r := range records {
		if r.EventName != "REMOVE" || !r.Expired {
			t.Errorf("record = %+v", r)
		}
	}
}
