package sqs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/jonboulle/clockwork"

	"orderflow/local/awsapi"
	"orderflow/local/store"
)

// world is one service over one file system, reached by the SDK's client.
type world struct {
	*awssqs.Client
	t     testing.TB
	fs    *vfs.MemFS
	st    *store.Store
	svc   *Service
	clock *clockwork.FakeClock
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, fs: vfs.NewCrashableMem(), clock: clockwork.NewFakeClockAt(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))}
	w.open()
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	if w.st, err = store.Open("db", store.Options{FS: w.fs}); err != nil {
		w.t.Fatal(err)
	}
	if w.svc, err = New(w.st, w.clock); err != nil {
		w.t.Fatal(err)
	}
	w.Client = newClient(w.svc)
}

func (w *world) close() {
	w.svc.Close()
	if err := w.st.Close(); err != nil {
		w.t.Error(err)
	}
}

// crash loses everything that was not flushed, and starts again from the rest.
func (w *world) crash() {
	w.t.Helper()
	crashed := w.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0, RNG: rand.New(rand.NewPCG(1, 2))})
	w.close()
	w.fs = crashed
	w.open()
}

func newClient(s *Service) *awssqs.Client {
	router := &awsapi.Router{}
	router.Register("sqs", s)
	return awssqs.New(awssqs.Options{
		Region: region, HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: router}}, RetryMaxAttempts: 1,
		BaseEndpoint: aws.String("http://sqs.us-east-1.localhost"),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "role/test", SecretAccessKey: "x"}, nil
		}),
	})
}

func (w *world) create(name string, attrs map[string]string) string {
	w.t.Helper()
	out, err := w.CreateQueue(w.t.Context(), &awssqs.CreateQueueInput{QueueName: &name, Attributes: attrs})
	if err != nil {
		w.t.Fatal(err)
	}
	return *out.QueueUrl
}

func (w *world) send(url, body string) {
	w.t.Helper()
	if _, err := w.SendMessage(w.t.Context(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) receive(url string) []types.Message {
	w.t.Helper()
	out, err := w.ReceiveMessage(w.t.Context(), &awssqs.ReceiveMessageInput{
		QueueUrl: &url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.Messages
}

// want receives and compares the bodies.
func (w *world) want(url string, bodies ...string) []types.Message {
	w.t.Helper()
	got := w.receive(url)
	var have []string
	for _, m := range got {
		have = append(have, *m.Body)
	}
	if !slices.Equal(have, bodies) {
		w.t.Fatalf("received %q, want %q", have, bodies)
	}
	return got
}

// wantCounts compares visible / in flight / delayed.
func (w *world) wantCounts(url, want string) {
	w.t.Helper()
	out, err := w.GetQueueAttributes(w.t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		w.t.Fatal(err)
	}
	a := out.Attributes
	got := a["ApproximateNumberOfMessages"] + "/" + a["ApproximateNumberOfMessagesNotVisible"] + "/" + a["ApproximateNumberOfMessagesDelayed"]
	if got != want {
		w.t.Errorf("visible/in flight/delayed = %s, want %s", got, want)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code {
		t.Errorf("error %v, want %s", err, code)
	}
}

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
		t.Errorf("received %s %s, sent %s %s", *m.MessageId, *m.MD5OfMessageAttributes, *sent.MessageId, *sent.MD5OfMessageAttributes)
	}
	if a := m.MessageAttributes["raw"]; string(a.BinaryValue) != "\x00\x01\x02" {
		t.Errorf("binary attribute = %v", a.BinaryValue)
	}
	want := map[string]string{
		"ApproximateReceiveCount": "1", "SentTimestamp": "1795348800000", "ApproximateFirstReceiveTimestamp": "1795348801000", "SenderId": "role/test",
	}
	for k, v := range want {
		if m.Attributes[k] != v {
			t.Errorf("%s = %q, want %q", k, m.Attributes[k], v)
		}
	}
	w.wantCounts(url, "0/1/0")
	for range 2 { // the second finds nothing, which is no error
		if _, err := w.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
	}
	w.wantCounts(url, "0/0/0")
	w.clock.Advance(time.Hour)
	w.want(url)
}

func TestAttributesMD5_IsTheDocumentedChecksum(t *testing.T) {
	t.Parallel()
	// A value that clients of the real service compute for this attribute.
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
	wantCode(t, change(first, 5), "MessageNotInflight")
	if _, err := w.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: first.ReceiptHandle}); err != nil {
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
	if _, err := w.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("later"), DelaySeconds: 7}); err != nil {
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

func TestRedrive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dlq := w.create("start-dlq", nil)
	url := w.create("start", map[string]string{
		"VisibilityTimeout": "1", "RedrivePolicy": `{"deadLetterTargetArn":"` + ARN("start-dlq") + `","maxReceiveCount":"2"}`,
	})
	w.send(url, "poison")
	id := *w.want(url, "poison")[0].MessageId
	w.clock.Advance(time.Second)
	w.want(url, "poison")
	w.clock.Advance(time.Second)
	w.crash()
	w.want(url)
	m := w.want(dlq, "poison")[0]
	if *m.MessageId != id || m.Attributes["DeadLetterQueueSourceArn"] != ARN("start") || m.Attributes["SentTimestamp"] != "1795348800000" {
		t.Errorf("dead letter %s %v, want id %s", *m.MessageId, m.Attributes, id)
	}
	w.wantCounts(url, "0/0/0")
	sources, err := w.ListDeadLetterSourceQueues(t.Context(), &awssqs.ListDeadLetterSourceQueuesInput{QueueUrl: &dlq})
	if err != nil || !slices.Equal(sources.QueueUrls, []string{url}) {
		t.Errorf("sources = %v, %v", sources, err)
	}

	w.clock.Advance(time.Minute)
	start, err := w.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(ARN("start-dlq"))})
	if err != nil || *start.TaskHandle == "" {
		t.Fatal(err)
	}
	task := w.awaitTask(ARN("start-dlq"))
	if *task.Status != "COMPLETED" || task.ApproximateNumberOfMessagesMoved != 1 {
		t.Errorf("task %s, moved %d", *task.Status, task.ApproximateNumberOfMessagesMoved)
	}
	back := w.want(url, "poison")[0]
	if back.Attributes["ApproximateReceiveCount"] != "1" || *back.MessageId == id {
		t.Errorf("moved back as %s with %v", *back.MessageId, back.Attributes)
	}
	w.wantCounts(dlq, "0/0/0")
}

// awaitTask polls the newest move task until it has ended.
func (w *world) awaitTask(source string) types.ListMessageMoveTasksResultEntry {
	w.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		out, err := w.ListMessageMoveTasks(w.t.Context(), &awssqs.ListMessageMoveTasksInput{SourceArn: &source})
		if err != nil {
			w.t.Fatal(err)
		}
		if len(out.Results) == 1 && *out.Results[0].Status != "RUNNING" {
			return out.Results[0]
		}
	}
	w.t.Fatal("the move task did not end")
	panic("unreachable")
}

func TestMoveTask_NotASource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("plain", nil)
	_, err := w.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(ARN("plain"))})
	wantCode(t, err, "InvalidParameterValue")

	dlq := w.create("dlq", nil)
	w.create("q", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + ARN("dlq") + `","maxReceiveCount":2}`})
	w.send(dlq, "came from nowhere")
	if _, err = w.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(ARN("dlq"))}); err != nil {
		t.Fatal(err)
	}
	if task := w.awaitTask(ARN("dlq")); *task.Status != "FAILED" || *task.FailureReason != "CouldNotDetermineMessageSource" {
		t.Errorf("task = %s %s", *task.Status, aws.ToString(task.FailureReason))
	}
	w.want(dlq, "came from nowhere")
}

func TestMoveTask_RateSurvivesCrash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dlq := w.create("dlq", nil)
	w.create("q", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + ARN("dlq") + `","maxReceiveCount":2}`})
	for i := range 4 {
		w.send(dlq, strconv.Itoa(i))
	}
	_, err := w.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{
		SourceArn: aws.String(ARN("dlq")), DestinationArn: aws.String(ARN("q")), MaxNumberOfMessagesPerSecond: aws.Int32(2)})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.wantCounts(URL("q"), "2/0/0")
	w.crash()
	if err := w.clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	if task := w.awaitTask(ARN("dlq")); *task.Status != "COMPLETED" || task.ApproximateNumberOfMessagesMoved != 4 {
		t.Errorf("task = %s, moved %d", *task.Status, task.ApproximateNumberOfMessagesMoved)
	}
	w.want(URL("q"), "0", "1", "2", "3")
}

func TestLongPoll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", nil)
	poll := func(ctx context.Context) <-chan string {
		out := make(chan string, 1)
		go func() {
			m, err := w.svc.Receive(ctx, url, 1, 20*time.Second)
			switch {
			case err != nil:
				out <- err.Error()
			case len(m) == 0:
				out <- "none"
			default:
				out <- m[0].Body
			}
		}()
		return out
	}
	t.Run("wakes when a message arrives", func(t *testing.T) {
		got := poll(t.Context())
		w.await(1)
		w.send(url, "arrived")
		if b := <-got; b != "arrived" {
			t.Errorf("got %s", b)
		}
	})
	t.Run("wakes when a message becomes visible", func(t *testing.T) {
		got := poll(t.Context())
		w.await(1)
		w.clock.Advance(19 * time.Second)
		select {
		case b := <-got:
			t.Fatalf("got %s too early", b)
		default:
		}
		w.clock.Advance(time.Second)
		if b := <-got; b != "none" {
			t.Errorf("got %s after the wait", b)
		}
		got = poll(t.Context())
		w.await(1)
		w.clock.Advance(10 * time.Second)
		if b := <-got; b != "arrived" {
			t.Errorf("got %s", b)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		got := poll(ctx)
		w.await(1)
		cancel()
		if b := <-got; b != context.Canceled.Error() {
			t.Errorf("got %s", b)
		}
	})
	t.Run("ends when the queue is deleted", func(t *testing.T) {
		got := poll(t.Context())
		w.await(1)
		if _, err := w.DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: &url}); err != nil {
			t.Fatal(err)
		}
		if b := <-got; !strings.Contains(b, "QueueDoesNotExist") {
			t.Errorf("got %s", b)
		}
	})
}

// await returns when n long polls wait.
func (w *world) await(n int) {
	w.t.Helper()
	q, err := w.svc.queue("q")
	if err != nil {
		w.t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		q.mu.Lock()
		have := len(q.waiters)
		q.mu.Unlock()
		if have >= n {
			return
		}
	}
	w.t.Fatal("no long poll waits")
}

func TestBatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", nil)
	out, err := w.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("a"), MessageBody: aws.String("A")}, {Id: aws.String("b"), MessageBody: aws.String("bad \x01")},
		{Id: aws.String("c"), MessageBody: aws.String("C")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Successful) != 2 || len(out.Failed) != 1 || *out.Failed[0].Id != "b" || *out.Failed[0].Code != "InvalidMessageContents" {
		t.Errorf("batch = %+v %+v", out.Successful, out.Failed)
	}
	got := w.want(url, "A", "C")
	changed, err := w.ChangeMessageVisibilityBatch(t.Context(), &awssqs.ChangeMessageVisibilityBatchInput{QueueUrl: &url,
		Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
			{Id: aws.String("1"), ReceiptHandle: got[0].ReceiptHandle, VisibilityTimeout: 0},
			{Id: aws.String("2"), ReceiptHandle: aws.String("nonsense"), VisibilityTimeout: 0},
		}})
	if err != nil || len(changed.Successful) != 1 || len(changed.Failed) != 1 || *changed.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Errorf("change = %+v, %v", changed, err)
	}
	again := w.want(url, "A")
	deleted, err := w.DeleteMessageBatch(t.Context(), &awssqs.DeleteMessageBatchInput{QueueUrl: &url,
		Entries: []types.DeleteMessageBatchRequestEntry{
			{Id: aws.String("1"), ReceiptHandle: again[0].ReceiptHandle}, {Id: aws.String("2"), ReceiptHandle: got[1].ReceiptHandle},
			{Id: aws.String("3"), ReceiptHandle: got[1].ReceiptHandle},
		}})
	if err != nil || len(deleted.Successful) != 3 {
		t.Errorf("delete = %+v, %v", deleted, err)
	}
	w.wantCounts(url, "0/0/0")

	same := types.SendMessageBatchRequestEntry{Id: aws.String("x"), MessageBody: aws.String("x")}
	_, err = w.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{same, same}})
	wantCode(t, err, "BatchEntryIdsNotDistinct")
	big := types.SendMessageBatchRequestEntry{Id: aws.String("y"), MessageBody: aws.String(strings.Repeat("y", maxMessageBytes))}
	_, err = w.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{same, big}})
	wantCode(t, err, "BatchRequestTooLong")
	_, err = w.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: &url, Entries: make([]types.SendMessageBatchRequestEntry, 0)})
	wantCode(t, err, "EmptyBatchRequest")
}

func TestQueues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	url := w.create("orders", map[string]string{"VisibilityTimeout": "90"})
	if again := w.create("orders", map[string]string{"VisibilityTimeout": "90"}); again != url {
		t.Errorf("created again as %s", again)
	}
	_, err := w.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("orders"), Attributes: map[string]string{"VisibilityTimeout": "91"}})
	wantCode(t, err, "QueueNameExists")
	for name, attrs := range map[string]map[string]string{
		"InvalidAttributeName": {"Colour": "red"}, "InvalidAttributeValue": {"DelaySeconds": "901"},
	} {
		_, err = w.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("x"), Attributes: attrs})
		wantCode(t, err, name)
	}
	_, err = w.SetQueueAttributes(ctx, &awssqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:absent","maxReceiveCount":3}`}})
	wantCode(t, err, "InvalidAttributeValue")
	_, err = w.CreateQueue(ctx, &awssqs.CreateQueueInput{QueueName: aws.String("x.fifo")})
	wantCode(t, err, "NotImplemented")
	_, err = w.AddPermission(ctx, &awssqs.AddPermissionInput{QueueUrl: &url, Label: aws.String("l"), Actions: []string{"*"}, AWSAccountIds: []string{account}})
	wantCode(t, err, "NotImplemented")

	w.send(url, "old")
	if _, err := w.PurgeQueue(ctx, &awssqs.PurgeQueueInput{QueueUrl: &url}); err != nil {
		t.Fatal(err)
	}
	w.want(url)
	_, err = w.PurgeQueue(ctx, &awssqs.PurgeQueueInput{QueueUrl: &url})
	var purging *types.PurgeQueueInProgress
	if !errors.As(err, &purging) {
		t.Errorf("second purge: %v", err)
	}
	w.create("other", nil)
	list, err := w.ListQueues(ctx, &awssqs.ListQueuesInput{QueueNamePrefix: aws.String("or")})
	if err != nil || !slices.Equal(list.QueueUrls, []string{url}) {
		t.Errorf("list = %v, %v", list, err)
	}

	w.send(url, "gone with its queue")
	if _, err := w.DeleteQueue(ctx, &awssqs.DeleteQueueInput{QueueUrl: &url}); err != nil {
		t.Fatal(err)
	}
	_, err = w.GetQueueUrl(ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("orders")})
	var absent *types.QueueDoesNotExist
	if !errors.As(err, &absent) {
		t.Errorf("deleted queue: %v", err)
	}
	w.create("orders", nil)
	w.crash()
	w.want(url)
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

func TestEnsure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	redrive := `{"deadLetterTargetArn":"` + ARN("dlq") + `","maxReceiveCount":2}` // comes later
	if err := w.svc.Ensure("q", map[string]string{"VisibilityTimeout": "1", "RedrivePolicy": redrive}); err != nil {
		t.Fatal(err)
	}
	w.send(URL("q"), "kept")
	w.clock.Advance(time.Minute)
	if err := w.svc.Ensure("q", map[string]string{"VisibilityTimeout": "2"}); err != nil {
		t.Fatal(err)
	}
	w.crash()
	a, err := w.svc.Attributes(ARN("q"))
	if err != nil || a.VisibilityTimeout != 2*time.Second || a.MaxReceiveCount != 0 || a.Visible != 1 {
		t.Errorf("attributes %+v, %v", a, err)
	}
	if at, err := w.svc.Oldest("q"); err != nil || !at.Equal(w.clock.Now().Add(-time.Minute)) {
		t.Errorf("oldest %s, %v", at, err)
	}
}

// ledger notes what callers were told.
type ledger struct {
	mu                      sync.Mutex
	sent, deleting, deleted map[string]bool
}

func (l *ledger) note(m map[string]bool, body string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m[body] = true
}

func (l *ledger) copy(m map[string]bool) map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(m)
}

// TestCrash_LosesNothingAcknowledged crashes in the middle of sends, receives and deletes of many goroutines: what was acknowledged
// as sent and nobody deleted is there afterwards, and what was acknowledged as deleted is not.
func TestCrash_LosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := w.create("q", map[string]string{"VisibilityTimeout": "30"})
	l := &ledger{sent: map[string]bool{}, deleting: map[string]bool{}, deleted: map[string]bool{}}
	half := make(chan struct{}, 16)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() { w.workload(url, g, l, half) })
	}
	for range 16 {
		<-half
	}
	sent, deleted := l.copy(l.sent), l.copy(l.deleted)
	crashed := w.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rand.New(rand.NewPCG(1, 2))})
	deleting := l.copy(l.deleting)
	wg.Wait()
	w.close()
	w.fs = crashed
	w.open()
	w.clock.Advance(30 * time.Second)

	found := map[string]bool{}
	for got := w.receive(url); len(got) > 0; got = w.receive(url) {
		for _, m := range got {
			if found[*m.Body] {
				t.Errorf("%s twice in one visibility timeout", *m.Body)
			}
			found[*m.Body] = true
		}
	}
	if len(sent) < 16 || len(deleted) == 0 {
		t.Fatalf("the crash came too early: %d sent, %d deleted", len(sent), len(deleted))
	}
	for body := range sent {
		if !found[body] && !deleting[body] {
			t.Errorf("%s is lost", body)
		}
	}
	for body := range deleted {
		if found[body] {
			t.Errorf("%s came back after its deletion", body)
		}
	}
}

func (w *world) workload(url string, g int, l *ledger, half chan<- struct{}) {
	for i := range 20 {
		body := fmt.Sprintf("%d-%d", g, i)
		w.send(url, body)
		l.note(l.sent, body)
		if i == 10 {
			half <- struct{}{}
		}
		if i%2 == 0 {
			continue
		}
		for _, m := range w.receive(url) {
			if len(*m.Body)%2 == 0 {
				continue
			}
			l.note(l.deleting, *m.Body)
			if err := w.svc.Delete(w.t.Context(), url, *m.ReceiptHandle); err != nil {
				w.t.Error(err)
			}
			l.note(l.deleted, *m.Body)
		}
	}
}

func TestService_Grants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("dlq", nil)
	w.create("q", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + ARN("dlq") + `","maxReceiveCount":2}`})
	arn := "arn:aws:sqs:us-east-1:000000000000:"
	for _, tt := range []struct {
		op, in string
		want   []awsapi.Grant
	}{
		{"SendMessageBatch", `{"QueueUrl":"http://x/000000000000/q"}`, []awsapi.Grant{{Action: "sqs:SendMessage", Resource: arn + "q"}}},
		{"ReceiveMessage", `{"QueueUrl":"http://x/000000000000/q"}`, []awsapi.Grant{{Action: "sqs:ReceiveMessage", Resource: arn + "q"}}},
		{"GetQueueUrl", `{"QueueName":"q"}`, []awsapi.Grant{{Action: "sqs:GetQueueUrl", Resource: arn + "q"}}},
		{"ListQueues", `{}`, []awsapi.Grant{{Action: "sqs:ListQueues", Resource: "*"}}},
		{"SendMessage", `[`, nil},
		{"StartMessageMoveTask", `{"SourceArn":"` + arn + `dlq"}`, []awsapi.Grant{
			{Action: "sqs:StartMessageMoveTask", Resource: arn + "dlq"}, {Action: "sqs:ReceiveMessage", Resource: arn + "dlq"},
			{Action: "sqs:DeleteMessage", Resource: arn + "dlq"}, {Action: "sqs:GetQueueAttributes", Resource: arn + "dlq"},
			{Action: "sqs:SendMessage", Resource: arn + "q"}}},
	} {
		if got := w.svc.Grants(tt.op, []byte(tt.in)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.op, got, tt.want)
		}
	}
}

// BenchmarkSendReceiveDelete runs the whole life of a message from 64 goroutines against a durable store.
func BenchmarkSendReceiveDelete(b *testing.B) {
	st, err := store.Open(b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	svc, err := New(st, clockwork.NewRealClock())
	if err != nil {
		b.Fatal(err)
	}
	defer svc.Close()
	if err := svc.Ensure("q", nil); err != nil {
		b.Fatal(err)
	}
	in := []byte(`{"QueueUrl":"http://x/000000000000/q","MessageBody":"` + strings.Repeat("x", 500) + `"}`)
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := svc.Do(b.Context(), "SendMessage", in); err != nil {
				b.Error(err)
			}
			got, err := svc.Receive(b.Context(), "q", 1, 20*time.Second)
			if err != nil || len(got) != 1 {
				b.Errorf("received %d, %v", len(got), err)
				return
			}
			if err := svc.Delete(b.Context(), "q", got[0].ReceiptHandle); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkLoad measures the first use of a queue with 100,000 messages after a start.
func BenchmarkLoad(b *testing.B) {
	const n = 100_000
	st, err := store.Open(b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	batch := st.NewBatch()
	q := queueRecord{Name: "q", ID: 1}
	if err := putQueue(batch, q); err != nil {
		b.Fatal(err)
	}
	for i := range uint64(n) {
		batch.Set(stateKey(1, i), (&entry{seq: i, sent: 1}).encode())
		batch.Set(bodyKey(1, i), make([]byte, 300))
	}
	if err := batch.Commit(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		svc, err := New(st, clockwork.NewRealClock())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := svc.Attributes("q"); err != nil {
			b.Fatal(err)
		}
		svc.Close()
	}
}
