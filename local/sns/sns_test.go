package sns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// call is what an endpoint received.
type call struct{ op, identity, source, input string }

// world is one service over one file system, with endpoints that record their calls.
type world struct {
	*awssns.Client
	t     testing.TB
	fs    *vfs.MemFS
	st    *store.Store
	svc   *Service
	clock *clockwork.FakeClock
	calls chan call
	fail  func(c call) error // nil: every call succeeds
	stop  func()
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, fs: vfs.NewCrashableMem(), calls: make(chan call, 1000),
		clock: clockwork.NewFakeClockAt(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))}
	w.open()
	t.Cleanup(func() {
		w.stop()
		if err := w.st.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	if w.st, err = store.Open("db", store.Options{FS: w.fs}); err != nil {
		w.t.Fatal(err)
	}
	w.svc, err = New(w.st, w.clock, Options{
		Logger: slog.New(slog.DiscardHandler), Keep: 30,
		Call: func(ctx context.Context, service, op string, in any) (json.RawMessage, error) {
			text, err := awsapi.MarshalUnescaped(in)
			if err != nil {
				return nil, err
			}
			return json.RawMessage("{}"), w.note(call{service + ":" + op, awsapi.IdentityFrom(ctx).AccessKey, SourceARN(ctx), string(text)})
		},
		InvokeAsync: func(ctx context.Context, arn string, payload []byte) error {
			return w.note(call{arn, awsapi.IdentityFrom(ctx).AccessKey, SourceARN(ctx), string(payload)})
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	router := &awsapi.Router{Authorize: func(_ context.Context, id awsapi.Identity, g awsapi.Grant) error {
		if g.Resource == ARN("forbidden") {
			return awsapi.Errorf("AccessDeniedException", "%s may not %s", id.AccessKey, g.Action)
		}
		return nil
	}}
	router.Register("sns", w.svc)
	w.Client = awssns.New(awssns.Options{
		Region: awsapi.Region, HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: router}}, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "role/test", SecretAccessKey: "x"}, nil
		}),
	})
	w.stop = func() {}
}

func (w *world) note(c call) error {
	var err error
	if w.fail != nil {
		err = w.fail(c)
	}
	w.calls <- c
	return err
}

// run starts the deliveries.
func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	end := make(chan error, 1)
	go func() { end <- w.svc.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-end; err != nil {
			w.t.Error(err)
		}
		w.stop = func() {}
	}
}

func (w *world) crash() {
	w.t.Helper()
	crashed := w.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0, RNG: rand.New(rand.NewPCG(1, 2))})
	w.stop()
	if err := w.st.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.fs = crashed
	w.open()
}

func (w *world) topic(name string) string {
	w.t.Helper()
	out, err := w.CreateTopic(w.t.Context(), &awssns.CreateTopicInput{Name: &name})
	if err != nil {
		w.t.Fatal(err)
	}
	return *out.TopicArn
}

const (
	queue  = "arn:aws:sqs:us-east-1:000000000000:alerts"
	lambda = "arn:aws:lambda:us-east-1:000000000000:function:page"
)

func (w *world) subscribe(topic, protocol, endpoint string, attrs map[string]string) string {
	w.t.Helper()
	out, err := w.Subscribe(w.t.Context(), &awssns.SubscribeInput{TopicArn: &topic, Protocol: &protocol, Endpoint: &endpoint, Attributes: attrs})
	if err != nil {
		w.t.Fatal(err)
	}
	return *out.SubscriptionArn
}

func (w *world) next() call {
	w.t.Helper()
	select {
	case c := <-w.calls:
		return c
	case <-time.After(time.Minute):
		w.t.Fatal("there was no call")
		panic("unreachable")
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code {
		t.Errorf("error %v, want %s", err, code)
	}
}

func (w *world) publish(topic, message string, attrs map[string]types.MessageAttributeValue) string {
	w.t.Helper()
	out, err := w.Publish(w.t.Context(), &awssns.PublishInput{TopicArn: &topic, Subject: aws.String("S"), Message: &message, MessageAttributes: attrs})
	if err != nil {
		w.t.Fatal(err)
	}
	return *out.MessageId
}

func text(v string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &v}
}

func TestPublish_ReachesQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic("ops")
	sub := w.subscribe(topic, "sqs", queue, nil)
	w.run()
	id := w.publish(topic, "an <alert> & more", map[string]types.MessageAttributeValue{
		"kind": text("a"), "raw": {DataType: aws.String("Binary"), BinaryValue: []byte{1, 2}}})
	c := w.next()
	if c.op != "sqs:SendMessage" || c.identity != ServiceIdentity || c.source != topic {
		t.Errorf("call %+v", c)
	}
	var in sendMessage
	if err := json.Unmarshal([]byte(c.input), &in); err != nil {
		t.Fatal(err)
	}
	want := `{"Type":"Notification","MessageId":"` + id + `","TopicArn":"` + topic + `","Subject":"S","Message":"an <alert> & more",` +
		`"Timestamp":"2026-11-22T12:00:00.000Z","SignatureVersion":"1","Signature":"","SigningCertURL":"",` +
		`"UnsubscribeURL":"http://sns.us-east-1.localhost/?Action=Unsubscribe&SubscriptionArn=` + sub + `",` +
		`"MessageAttributes":{"kind":{"Type":"String","Value":"a"},"raw":{"Type":"Binary","Value":"AQI="}}}`
	if in.MessageBody != want || !strings.HasSuffix(in.QueueURL, "/000000000000/alerts") {
		t.Errorf("queue %s got\n%s, want\n%s", in.QueueURL, in.MessageBody, want)
	}

	if _, err := w.SetSubscriptionAttributes(t.Context(), &awssns.SetSubscriptionAttributesInput{
		SubscriptionArn: &sub, AttributeName: aws.String("RawMessageDelivery"), AttributeValue: aws.String("true")}); err != nil {
		t.Fatal(err)
	}
	w.publish(topic, "raw", map[string]types.MessageAttributeValue{"kind": text("a")})
	if c := w.next(); !strings.Contains(c.input, `"MessageBody":"raw","MessageAttributes":{"kind":{"DataType":"String","StringValue":"a"}}`) {
		t.Errorf("raw delivery %s", c.input)
	}
}

func TestPublish_ReachesFunction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic("ops")
	w.subscribe(topic, "lambda", lambda, nil)
	w.run()
	message := `{"default":"D","lambda":"L"}`
	if _, err := w.Publish(t.Context(), &awssns.PublishInput{TopicArn: &topic, Message: &message, MessageStructure: aws.String("json")}); err != nil {
		t.Fatal(err)
	}
	var event struct {
		Records []struct {
			EventSource string
			Sns         map[string]any
		}
	}
	c := w.next()
	if err := json.Unmarshal([]byte(c.input), &event); err != nil {
		t.Fatal(err)
	}
	if c.op != lambda || event.Records[0].EventSource != "aws:sns" || event.Records[0].Sns["Message"] != "L" || event.Records[0].Sns["Subject"] != nil {
		t.Errorf("function got %+v", c)
	}
}

func TestFilterPolicy(t *testing.T) {
	t.Parallel()
	number := types.MessageAttributeValue{DataType: aws.String("Number"), StringValue: aws.String("150")}
	array := types.MessageAttributeValue{DataType: aws.String("String.Array"), StringValue: aws.String(`["x","y"]`)}
	for _, tt := range []struct {
		name, scope, policy, message string
		attrs                        map[string]types.MessageAttributeValue
		want                         bool
	}{
		{"attribute matches", "", `{"kind":["alert",{"prefix":"war"}]}`, "m", map[string]types.MessageAttributeValue{"kind": text("warning")}, true},
		{"attribute is missing", "", `{"kind":["alert"]}`, "m", nil, false},
		{"number", "", `{"n":[{"numeric":[">=",100]}]}`, "m", map[string]types.MessageAttributeValue{"n": number}, true},
		{"list", "", `{"l":["y"]}`, "m", map[string]types.MessageAttributeValue{"l": array}, true},
		{"absent", "", `{"kind":[{"exists":false}]}`, "m", nil, true},
		{"body matches", "MessageBody", `{"order":{"status":["FAILED"]}}`, `{"order":{"status":"FAILED"}}`, nil, true},
		{"body differs", "MessageBody", `{"order":{"status":["FAILED"]}}`, `{"order":{"status":"PAID"}}`, nil, false},
		{"body is no object", "MessageBody", `{"order":["x"]}`, `text`, nil, false},
		{"no filter", "", `{}`, "m", nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			topic := w.topic("ops")
			attrs := map[string]string{"FilterPolicy": tt.policy}
			if tt.scope != "" {
				attrs["FilterPolicyScope"] = tt.scope
			}
			w.subscribe(topic, "sqs", queue, attrs)
			w.publish(topic, tt.message, tt.attrs)
			if got := w.svc.out.Len() == 1; got != tt.want {
				t.Errorf("delivered = %v", got)
			}
		})
	}
}

func TestDeliver_RetriesAndDeadLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic("ops")
	w.subscribe(topic, "sqs", queue, map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"}`})
	down := true
	w.fail = func(c call) error {
		switch {
		case strings.Contains(c.input, "/dead"):
			return nil
		case down:
			return errors.New("down")
		}
		return awsapi.Errorf("QueueDoesNotExist", "gone")
	}
	w.run()
	w.publish(topic, "m", nil)
	for range 4 {
		w.next()
	}
	if err := w.clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.crash()
	down = false
	w.run()
	if err := w.clock.BlockUntilContext(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	w.next()
	if c := w.next(); !strings.Contains(c.input, "/000000000000/dead") || !strings.Contains(c.input, `\"Message\":\"m\"`) {
		t.Errorf("dead letter %s", c.input)
	}
}

// TestCrash_KeepsWhatWasPublished crashes while many goroutines publish: what was acknowledged is
// readable and is delivered.
func TestCrash_KeepsWhatWasPublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic("ops")
	w.subscribe(topic, "email", "ops@example.com", nil)
	w.subscribe(topic, "lambda", lambda, nil)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { w.publish(topic, fmt.Sprint(i), nil) })
	}
	wg.Wait()
	w.crash()
	got, err := w.svc.Published("ops", 0, 100)
	if err != nil || len(got) != 20 || w.svc.out.Len() != 20 {
		t.Fatalf("%d messages, %d deliveries, %v", len(got), w.svc.out.Len(), err)
	}
	for i, m := range got {
		if m.Sequence != uint64(i+1) {
			t.Errorf("message %d has number %d", i, m.Sequence)
		}
	}
	for i := range 20 {
		w.publish(topic, fmt.Sprint("later ", i), nil)
	}
	got, err = w.svc.Published(topic, 0, 100)
	if err != nil || len(got) != 30 || got[0].Sequence != 11 || got[29].Body != "later 19" {
		t.Errorf("kept %d messages, %v", len(got), err)
	}
	if got, err = w.svc.Published(topic, 38, 1); err != nil || len(got) != 1 || got[0].Sequence != 39 {
		t.Errorf("after 38: %+v, %v", got, err)
	}
	if _, err := w.DeleteTopic(t.Context(), &awssns.DeleteTopicInput{TopicArn: &topic}); err != nil {
		t.Fatal(err)
	}
	w.topic("ops")
	if got, err := w.svc.Published(topic, 0, 100); err != nil || len(got) != 0 {
		t.Errorf("a new topic has %d messages, %v", len(got), err)
	}
}

func TestPublished_WaitsForEarlierCommits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.topic("ops")
	tp, err := w.svc.topic("ops")
	if err != nil {
		t.Fatal(err)
	}
	done := tp.number([]*Message{{}}) // 1 is being committed
	w.publish(ARN("ops"), "second", nil)
	if got, err := w.svc.Published("ops", 0, 10); err != nil || len(got) != 0 {
		t.Errorf("read past an open commit: %+v, %v", got, err)
	}
	done()
	if got, err := w.svc.Published("ops", 0, 10); err != nil || len(got) != 1 || got[0].Sequence != 2 {
		t.Errorf("after the commit: %+v, %v", got, err)
	}
}

func TestPublishBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic("ops")
	out, err := w.PublishBatch(t.Context(), &awssns.PublishBatchInput{TopicArn: &topic, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{
		{Id: aws.String("a"), Message: aws.String("A"), MessageAttributes: map[string]types.MessageAttributeValue{"k": text("v")}},
		{Id: aws.String("b"), Message: aws.String("")}, {Id: aws.String("c"), Message: aws.String("C")},
	}})
	if err != nil || len(out.Successful) != 2 || len(out.Failed) != 1 || *out.Failed[0].Id != "b" || *out.Failed[0].Code != "InvalidParameter" || !out.Failed[0].SenderFault {
		t.Errorf("batch %+v, %v", out, err)
	}
	got, err := w.svc.Published(topic, 0, 10)
	if err != nil || len(got) != 2 || got[0].Attributes["k"].StringValue != "v" || got[1].Body != "C" {
		t.Errorf("published %+v, %v", got, err)
	}
	same := types.PublishBatchRequestEntry{Id: aws.String("x"), Message: aws.String("x")}
	_, err = w.PublishBatch(t.Context(), &awssns.PublishBatchInput{TopicArn: &topic, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{same, same}})
	wantCode(t, err, "BatchEntryIdsNotDistinct")
}

func TestTopicsAndSubscriptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	topic := w.topic("ops")
	if again := w.topic("ops"); again != topic || topic != "arn:aws:sns:us-east-1:000000000000:ops" {
		t.Errorf("topic %s, again %s", topic, again)
	}
	sub := w.subscribe(topic, "email", "ops@example.com", nil)
	if again := w.subscribe(topic, "email", "ops@example.com", nil); again != sub {
		t.Errorf("subscribed again as %s", again)
	}
	if _, err := w.SetTopicAttributes(ctx, &awssns.SetTopicAttributesInput{TopicArn: &topic, AttributeName: aws.String("DisplayName"), AttributeValue: aws.String("a < b")}); err != nil {
		t.Fatal(err)
	}
	w.crash()
	attrs, err := w.GetTopicAttributes(ctx, &awssns.GetTopicAttributesInput{TopicArn: &topic})
	if err != nil || attrs.Attributes["DisplayName"] != "a < b" || attrs.Attributes["SubscriptionsConfirmed"] != "1" {
		t.Errorf("attributes %+v, %v", attrs, err)
	}
	topics, err := w.ListTopics(ctx, &awssns.ListTopicsInput{})
	if err != nil || len(topics.Topics) != 1 || *topics.Topics[0].TopicArn != topic {
		t.Errorf("topics %+v, %v", topics, err)
	}
	subs, err := w.ListSubscriptionsByTopic(ctx, &awssns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	if err != nil || len(subs.Subscriptions) != 1 || *subs.Subscriptions[0].Endpoint != "ops@example.com" {
		t.Errorf("subscriptions %+v, %v", subs, err)
	}
	sa, err := w.GetSubscriptionAttributes(ctx, &awssns.GetSubscriptionAttributesInput{SubscriptionArn: &sub})
	if err != nil || sa.Attributes["RawMessageDelivery"] != "false" || sa.Attributes["TopicArn"] != topic {
		t.Errorf("subscription %+v, %v", sa, err)
	}
	for range 2 { // the second finds nothing, which is no error
		if _, err := w.Unsubscribe(ctx, &awssns.UnsubscribeInput{SubscriptionArn: &sub}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := w.ListSubscriptions(ctx, &awssns.ListSubscriptionsInput{})
	if err != nil || len(all.Subscriptions) != 0 {
		t.Errorf("subscriptions %+v, %v", all, err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	topic := w.topic("ops")
	w.topic("other")
	publish := func(in awssns.PublishInput) error { _, err := w.Publish(ctx, &in); return err }
	wantCode(t, publish(awssns.PublishInput{TopicArn: aws.String(ARN("none")), Message: aws.String("m")}), "NotFound")
	wantCode(t, publish(awssns.PublishInput{TopicArn: &topic, Message: aws.String("")}), "InvalidParameter")
	wantCode(t, publish(awssns.PublishInput{TopicArn: &topic, Message: aws.String("m"), Subject: aws.String("a\nb")}), "InvalidParameter")
	wantCode(t, publish(awssns.PublishInput{TopicArn: &topic, Message: aws.String(strings.Repeat("x", maxMessageBytes+1))}), "InvalidParameter")
	wantCode(t, publish(awssns.PublishInput{PhoneNumber: aws.String("+4912345"), Message: aws.String("m")}), "NotImplemented")
	err := publish(awssns.PublishInput{TopicArn: aws.String(ARN("forbidden")), Message: aws.String("m")})
	var denied *types.AuthorizationErrorException
	if !errors.As(err, &denied) {
		t.Errorf("denied call: %v", err)
	}
	subscribe := func(protocol, endpoint string, attrs map[string]string) error {
		_, err := w.Subscribe(ctx, &awssns.SubscribeInput{TopicArn: &topic, Protocol: &protocol, Endpoint: &endpoint, Attributes: attrs})
		return err
	}
	wantCode(t, subscribe("sqs", "alerts", nil), "InvalidParameter")
	wantCode(t, subscribe("http", "http://x", nil), "NotImplemented")
	wantCode(t, subscribe("pigeon", "x", nil), "InvalidParameter")
	wantCode(t, subscribe("sqs", queue, map[string]string{"FilterPolicy": `{"a":1}`}), "InvalidParameter")
	_, err = w.CreateTopic(ctx, &awssns.CreateTopicInput{Name: aws.String("x.fifo")})
	wantCode(t, err, "NotImplemented")
	_, err = w.CreatePlatformApplication(ctx, &awssns.CreatePlatformApplicationInput{Name: aws.String("a"), Platform: aws.String("p"), Attributes: map[string]string{"a": "b"}})
	wantCode(t, err, "NotImplemented")
}

func TestService_malformedARN(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	topic := w.topic("ops")
	few := func(member string, n int) string {
		return fmt.Sprintf("Invalid parameter: %s Reason: An ARN must have at least 6 elements, not %d", member, n)
	}
	for _, tt := range []struct{ op, input, code, message string }{
		{"Publish", `{"TopicArn":"ops","Message":"m"}`, "InvalidParameter", few("TopicArn", 1)},
		{"Publish", `{"TargetArn":"arn:aws:sns","Message":"m"}`, "InvalidParameter", few("TargetArn", 3)},
		{"PublishBatch", `{"TopicArn":"ops"}`, "InvalidParameter", few("TopicArn", 1)},
		{"Subscribe", `{"TopicArn":"ops","Protocol":"email","Endpoint":"a@example.com"}`, "InvalidParameter", few("TopicArn", 1)},
		{"GetTopicAttributes", `{"TopicArn":"a:b"}`, "InvalidParameter", few("TopicArn", 2)},
		{"GetTopicAttributes", `{"TopicArn":"` + strings.Replace(topic, "sns", "sqs", 1) + `"}`, "InvalidParameter", "Invalid parameter: TopicArn"},
		{"GetTopicAttributes", `{"TopicArn":"` + strings.Replace(topic, awsapi.Account, "111122223333", 1) + `"}`, "NotFound", "Topic does not exist"},
		{"SetTopicAttributes", `{"TopicArn":"ops","AttributeName":"DisplayName"}`, "InvalidParameter", few("TopicArn", 1)},
		{"ListSubscriptionsByTopic", `{"TopicArn":"ops"}`, "InvalidParameter", few("TopicArn", 1)},
		{"DeleteTopic", `{"TopicArn":"ops"}`, "InvalidParameter", few("TopicArn", 1)},
		{"DeleteTopic", `{}`, "InvalidParameter", "Invalid parameter: TopicArn Reason: no value for required parameter"},
		{"Unsubscribe", `{"SubscriptionArn":"x"}`, "InvalidParameter", few("SubscriptionArn", 1)},
		{"GetSubscriptionAttributes", `{"SubscriptionArn":"x:y:z"}`, "InvalidParameter", few("SubscriptionArn", 3)},
		{"SetSubscriptionAttributes", `{"SubscriptionArn":"x"}`, "InvalidParameter", few("SubscriptionArn", 1)},
		{"CreateTopic", `{"Name":"new","Tags":[{"Key":"a","Value":"1"},{"Key":"a","Value":"2"}]}`, "InvalidParameter", "Invalid parameter: Tags Reason: Duplicate keys are not allowed."},
	} {
		_, err := w.svc.Do(t.Context(), tt.op, []byte(tt.input))
		if err == nil || err.Error() != tt.code+": "+tt.message {
			t.Errorf("%s %s: %v", tt.op, tt.input, err)
		}
	}
	for _, absent := range []string{`{"TopicArn":"` + ARN("none") + `"}`, `{"TopicArn":"` + topic + `"}`} {
		if _, err := w.svc.Do(t.Context(), "DeleteTopic", []byte(absent)); err != nil {
			t.Errorf("delete %s: %v", absent, err)
		}
	}
}

func TestService_Grants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		op, in string
		want   []awsapi.Grant
	}{
		{"Publish", `{"TargetArn":"` + ARN("ops") + `"}`, []awsapi.Grant{{Action: "sns:Publish", Resource: ARN("ops")}}},
		{"PublishBatch", `{"TopicArn":"` + ARN("ops") + `"}`, []awsapi.Grant{{Action: "sns:Publish", Resource: ARN("ops")}}},
		{"CreateTopic", `{"Name":"ops"}`, []awsapi.Grant{{Action: "sns:CreateTopic", Resource: ARN("ops")}}},
		{"ListTopics", `{}`, []awsapi.Grant{{Action: "sns:ListTopics", Resource: "*"}}},
	} {
		if got := w.svc.Grants(tt.op, []byte(tt.in)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.op, got, tt.want)
		}
	}
}
