package sqs

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/orderflow-dev/orderflow/local/store"
)

func TestSend_Receive_Delete(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("start", nil)
	sent, err := w.SendMessage(t.Context(), &awssqs.SendMessageInput{
		QueueUrl: &url, MessageBody: aws.String("größe"),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"kind": {DataType: aws.String("String"), StringValue: aws.String("order")},
			"raw":  {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 2}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	m := w.want(url, "größe")[0]
	if *m.MessageId != *sent.MessageId || *m.MD5OfMessageAttributes != *sent.MD5OfMessageAttributes {
		t.Errorf("received %s %s, sent %s %s", *m.MessageId, *m.MD5OfMessageAttributes, *sent.MessageId,
			*sent.MD5OfMessageAttributes)
	}
	if a := m.MessageAttributes["raw"]; string(a.BinaryValue) != "\x00\x01\x02" {
		t.Errorf("binary attribute = %v", a.BinaryValue)
	}
	want := map[string]string{
		"ApproximateReceiveCount": "1", "SentTimestamp": "1795348800000",
		"ApproximateFirstReceiveTimestamp": "1795348801000", "SenderId": "role/test",
	}
	for k, v := range want {
		if m.Attributes[k] != v {
			t.Errorf("%s = %q, want %q", k, m.Attributes[k], v)
		}
	}
	w.wantCounts(url, "0/1/0")
	for range 2 { // the second finds nothing, which is no error
		if _, err := w.DeleteMessage(t.Context(),
			&awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
	}
	w.wantCounts(url, "0/0/0")
	w.clock.Advance(time.Hour)
	w.want(url)
}

func TestAttributesMD5_IsTheDocumentedChecksum(t *testing.T) {
	t.Parallel()
	// The value that clients of the real service compute for this attribute.
	got := attributesMD5(map[string]Attribute{"timestamp": {DataType: "Number", StringValue: "1493147359900"}})
	if got != "235c5c510d26fb653d073faed50ae77c" {
		t.Errorf("checksum = %s", got)
	}
}

func TestVisibility(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", map[string]string{"VisibilityTimeout": "10"})
	w.send(url, "a")
	first := w.want(url, "a")[0]
	w.clock.Advance(9 * time.Second)
	w.want(url)
	w.clock.Advance(time.Second)
	second := w.want(url, "a")[0]
	if n := second.Attributes["ApproximateReceiveCount"]; n != "2" {
		t.Errorf("receive count = %s", n)
	}

	change := func(m types.Message, seconds int32) error {
		_, err := w.ChangeMessageVisibility(t.Context(), &awssqs.ChangeMessageVisibilityInput{
			QueueUrl: &url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds})
		return err
	}
	wantCode(t, change(first, 5), "AWS.SimpleQueueService.MessageNotInflight")
	if _, err := w.DeleteMessage(t.Context(),
		&awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: first.ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
	w.wantCounts(url, "0/1/0") // a stale handle deletes nothing
	if err := change(second, 60); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(59 * time.Second)
	w.want(url)
	if err := change(second, 0); err != nil {
		t.Fatal(err)
	}
	w.want(url, "a")
	wantCode(t, change(second, 43201), "InvalidParameterValue")
}

func TestDelayAndRetention(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", map[string]string{"DelaySeconds": "5", "MessageRetentionPeriod": "60"})
	w.send(url, "late")
	if _, err := w.SendMessage(t.Context(),
		&awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("later"), DelaySeconds: 7}); err != nil {
		t.Fatal(err)
	}
	w.wantCounts(url, "0/0/2")
	w.want(url)
	w.crash()
	w.wantCounts(url, "0/0/2")
	w.clock.Advance(5 * time.Second)
	w.want(url, "late")
	w.clock.Advance(55 * time.Second)
	w.wantCounts(url, "0/0/0")
	w.want(url)
	w.crash()
	if n := len(w.svc.queues["q"].entries); n != 0 {
		t.Errorf("%d messages known before use", n)
	}
	w.want(url)
	for p, err := range w.st.Scan(store.NewKey("sqs", "body"), store.NewKey("sqs", "body").End()) {
		t.Errorf("left in the store: %q %v", p.Key, err)
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", nil)
	out, err := w.SendMessageBatch(t.Context(),
		&awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("a"), MessageBody: aws.String("A")}, {Id: aws.String("b"), MessageBody: aws.String("bad \x01")},
			{Id: aws.String("c"), MessageBody: aws.String("C")},
		}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Successful) != 2 || len(out.Failed) != 1 || *out.Failed[0].Id != "b" ||
		*out.Failed[0].Code != "InvalidMessageContents" {
		t.Errorf("batch = %+v %+v", out.Successful, out.Failed)
	}
	got := w.want(url, "A", "C")
	changed, err := w.ChangeMessageVisibilityBatch(t.Context(), &awssqs.ChangeMessageVisibilityBatchInput{QueueUrl: &url,
		Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
			{Id: aws.String("1"), ReceiptHandle: got[0].ReceiptHandle, VisibilityTimeout: 0},
			{Id: aws.String("2"), ReceiptHandle: aws.String("nonsense"), VisibilityTimeout: 0},
		}})
	if err != nil || len(changed.Successful) != 1 || len(changed.Failed) != 1 ||
		*changed.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Errorf("change = %+v, %v", changed, err)
	}
	again := w.want(url, "A")
	deleted, err := w.DeleteMessageBatch(t.Context(), &awssqs.DeleteMessageBatchInput{QueueUrl: &url,
		Entries: []types.DeleteMessageBatchRequestEntry{
			{Id: aws.String("1"), ReceiptHandle: again[0].ReceiptHandle},
			{Id: aws.String("2"), ReceiptHandle: got[1].ReceiptHandle},
			{Id: aws.String("3"), ReceiptHandle: got[1].ReceiptHandle},
		}})
	if err != nil || len(deleted.Successful) != 3 {
		t.Errorf("delete = %+v, %v", deleted, err)
	}
	w.wantCounts(url, "0/0/0")

	same := types.SendMessageBatchRequestEntry{Id: aws.String("x"), MessageBody: aws.String("x")}
	_, err = w.SendMessageBatch(t.Context(),
		&awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{same, same}})
	wantCode(t, err, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
	big := types.SendMessageBatchRequestEntry{Id: aws.String("y"),
		MessageBody: aws.String(strings.Repeat("y", maxMessageBytes))}
	_, err = w.SendMessageBatch(t.Context(),
		&awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{same, big}})
	wantCode(t, err, "AWS.SimpleQueueService.BatchRequestTooLong")
	_, err = w.SendMessageBatch(t.Context(),
		&awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: make([]types.SendMessageBatchRequestEntry, 0)})
	wantCode(t, err, "AWS.SimpleQueueService.EmptyBatchRequest")
}

func TestMessageLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", map[string]string{"MaximumMessageSize": "1024"})
	for _, tt := range []struct{ name, body, code string }{
		{"at the limit", strings.Repeat("x", 1024), ""},
		{"too long", strings.Repeat("x", 1025), "InvalidParameterValue"},
		{"forbidden character", "\x00", "InvalidMessageContents"},
		{"empty", "", "MissingParameter"},
	} {
		_, err := w.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: &tt.body})
		if tt.code == "" && err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if tt.code != "" {
			wantCode(t, err, tt.code)
		}
	}
}
