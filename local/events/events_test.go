package events

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
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/smithy-go"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// call is what a target received.
type call struct{ service, op, identity, source, input string }

func newCall(ctx context.Context, service, op string, input []byte) call {
	return call{
		service: service, op: op, identity: awsapi.IdentityFrom(ctx).AccessKey, source: SourceARN(ctx), input: string(input),
	}
}

// world is one service over one file system, with targets that record their calls.
type world struct {
	*eventbridge.Client
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
		Logger: slog.New(slog.DiscardHandler),
		Call: func(ctx context.Context, service, op string, in any) (json.RawMessage, error) {
			text, err := awsapi.MarshalUnescaped(in)
			if err != nil {
				return nil, err
			}
			return json.RawMessage("{}"), w.note(newCall(ctx, service, op, text))
		},
		InvokeAsync: func(ctx context.Context, arn string, payload []byte) error {
			return w.note(newCall(ctx, "lambda", arn, payload))
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	router := &awsapi.Router{}
	router.Register("events", w.svc)
	w.Client = eventbridge.New(eventbridge.Options{
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

const (
	queue  = "arn:aws:sqs:us-east-1:000000000000:start"
	dlq    = "arn:aws:sqs:us-east-1:000000000000:start-dlq"
	lambda = "arn:aws:lambda:us-east-1:000000000000:function:watch"
)

// rule puts a rule for every event of the source "orderflow" on the bus "orders".
func (w *world) rule(targets ...types.Target) {
	w.t.Helper()
	ctx := w.t.Context()
	if _, err := w.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: aws.String("orders")}); err != nil {
		w.t.Fatal(err)
	}
	_, err := w.PutRule(ctx, &eventbridge.PutRuleInput{
		Name: aws.String("placed"), EventBusName: aws.String("orders"), EventPattern: aws.String(`{"source":["orderflow"]}`)})
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range targets {
		targets[i].Id = aws.String(fmt.Sprintf("t%d", i))
	}
	_, err = w.PutTargets(ctx,
		&eventbridge.PutTargetsInput{Rule: aws.String("placed"), EventBusName: aws.String("orders"), Targets: targets})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) put(detail string) {
	w.t.Helper()
	out, err := w.PutEvents(w.t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: aws.String("orders"), Source: aws.String("orderflow"), DetailType: aws.String("Order Placed"),
		Detail:    &detail,
		Resources: []string{"order/1"},
	}}})
	if err != nil || out.FailedEntryCount != 0 || out.Entries[0].EventId == nil {
		w.t.Fatal(out, err)
	}
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

func (w *world) none() {
	w.t.Helper()
	select {
	case c := <-w.calls:
		w.t.Errorf("unexpected call %+v", c)
	default:
	}
}

// idle waits until n timers are set: the schedules' and the outbox's.
func (w *world) idle(n int) {
	w.t.Helper()
	if err := w.clock.BlockUntilContext(w.t.Context(), n); err != nil {
		w.t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code {
		t.Errorf("error %v, want %s", err, code)
	}
}

func TestPutEvents_ReachesTargets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rule(types.Target{Arn: aws.String(queue)},
		types.Target{Arn: aws.String(lambda), InputPath: aws.String("$.detail.items[1]")})
	w.run()
	w.put(`{"orderId": "o<1>", "items": ["a", {"b": 1.50}]}`)
	got := map[string]call{}
	for range 2 {
		c := w.next()
		got[c.service] = c
	}
	for _, c := range got {
		if c.identity != ServiceIdentity || c.source != "arn:aws:events:us-east-1:000000000000:rule/orders/placed" {
			t.Errorf("called as %s for %s", c.identity, c.source)
		}
	}
	var sent struct{ QueueUrl, MessageBody string }
	if err := json.Unmarshal([]byte(got["sqs"].input), &sent); err != nil {
		t.Fatal(err)
	}
	var event envelope
	if err := json.Unmarshal([]byte(sent.MessageBody), &event); err != nil {
		t.Fatal(err)
	}
	want := `{"version":"0","id":"` + event.ID +
		`","detail-type":"Order Placed","source":"orderflow","account":"000000000000",` +
		`"time":"2026-11-22T12:00:00Z","region":"us-east-1","resources":["order/1"],` +
		`"detail":{"orderId":"o<1>","items":["a",{"b":1.50}]}}`
	if sent.MessageBody != want || !strings.HasSuffix(sent.QueueUrl, "/000000000000/start") {
		t.Errorf("queue %s got\n%s, want\n%s", sent.QueueUrl, sent.MessageBody, want)
	}
	if c := got["lambda"]; c.op != lambda || c.input != `{"b":1.50}` {
		t.Errorf("lambda got %+v", c)
	}
}

func TestPutEvents_Entries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	entry := func(bus, source, detail string) types.PutEventsRequestEntry {
		return types.PutEventsRequestEntry{EventBusName: aws.String(bus), Source: aws.String(source),
			DetailType: aws.String("T"), Detail: aws.String(detail)}
	}
	out, err := w.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		entry("unknown", "a", "{}"), entry("default", "aws.states", "{}"), entry("default", "a", "[]"),
		entry("default", "a", "{"),
		{Source: aws.String("a"), Detail: aws.String("{}")}, entry("default", "a", "{}"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, e := range out.Entries {
		codes = append(codes, aws.ToString(e.ErrorCode))
		if (e.ErrorCode == nil) == (e.EventId == nil) {
			t.Errorf("entry %+v has both or neither of id and error", e)
		}
	}
	if want := []string{"", "NotAuthorizedForSourceException", "MalformedDetail", "MalformedDetail",
		"InvalidArgument", ""}; !slices.Equal(codes, want) || out.FailedEntryCount != 4 {
		t.Errorf("codes %q, failed %d", codes, out.FailedEntryCount)
	}
	_, err = w.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: make([]types.PutEventsRequestEntry, 11)})
	wantCode(t, err, "ValidationException")
	detail := func(size int) string { return `{"x":"` + strings.Repeat("x", size-len(`{"x":""}`)) + `"}` }
	const rest = len("a") + len("T")
	_, err = w.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		entry("default", "a", detail(700<<10)), entry("default", "a", detail(1<<20-(700<<10)-2*rest))}})
	if err != nil {
		t.Errorf("1 MB in all: %v", err)
	}
	_, err = w.PutEvents(t.Context(),
		&eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{entry("default", "a", detail(1<<20-rest+1))}})
	wantCode(t, err, "ValidationException")
}

func TestPut_TakesServiceEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	_, err := w.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("failed"), EventPattern: aws.String(
		`{"source":["aws.states"],"detail":{"status":["FAILED","TIMED_OUT"]}}`)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("failed"),
		Targets: []types.Target{{Id: aws.String("x"), Arn: aws.String(lambda)}}})
	if err != nil {
		t.Fatal(err)
	}
	w.run()
	for _, status := range []string{"RUNNING", "FAILED"} {
		err := w.svc.Put(ctx, Event{Source: "aws.states", DetailType: "Step Functions Execution Status Change",
			Detail: fmt.Appendf(nil, `{"status":%q}`, status)})
		if err != nil {
			t.Fatal(err)
		}
	}
	if c := w.next(); !strings.Contains(c.input, `"FAILED"`) {
		t.Errorf("watch got %s", c.input)
	}
	w.none()
}

func TestDeliver_RetriesThenDeadLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rule(types.Target{Arn: aws.String(queue), RetryPolicy: &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(2)},
		DeadLetterConfig: &types.DeadLetterConfig{Arn: aws.String(dlq)}})
	w.fail = func(c call) error {
		if strings.Contains(c.input, "/start-dlq") {
			return nil
		}
		return &awsapi.Error{Type: "InternalFailure", Message: "no luck", Status: 500}
	}
	w.run()
	w.put(`{"n":1}`)
	w.next()
	w.idle(1)
	w.clock.Advance(time.Second)
	w.next()
	w.idle(1)
	w.crash()
	w.run()
	w.idle(1)
	w.none()
	w.clock.Advance(2 * time.Second)
	w.next()
	checkDeadLetter(t, w.next(), map[string]string{
		"RULE_ARN": "arn:aws:events:us-east-1:000000000000:rule/orders/placed", "TARGET_ARN": queue,
		"ERROR_CODE":    "INTERNAL_ERROR",
		"ERROR_MESSAGE": "InternalFailure: no luck", "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
		"RETRY_ATTEMPTS": "2",
	})
}

func checkDeadLetter(t *testing.T, c call, want map[string]string) {
	t.Helper()
	var letter sendMessage
	if err := json.Unmarshal([]byte(c.input), &letter); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(letter.QueueURL, "/start-dlq") || !strings.Contains(letter.MessageBody, `"detail":{"n":1}`) {
		t.Errorf("dead letter %s", c.input)
	}
	if len(letter.MessageAttributes) != len(want) {
		t.Errorf("attributes %v", letter.MessageAttributes)
	}
	for name, v := range want {
		if got := letter.MessageAttributes[name].StringValue; got != v {
			t.Errorf("%s = %q, want %q", name, got, v)
		}
	}
}

func TestDeliver_PermanentFailureIsNotRetried(t *testing.T) {
	t.Parallel()
	for typ, code := range map[string]string{"AccessDeniedException": "NO_PERMISSIONS", "QueueDoesNotExist": "NO_RESOURCE"} {
		t.Run(typ, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.rule(types.Target{Arn: aws.String(queue), DeadLetterConfig: &types.DeadLetterConfig{Arn: aws.String(dlq)}})
			w.fail = func(c call) error {
				if strings.Contains(c.input, "/start-dlq") {
					return nil
				}
				return awsapi.Errorf(typ, "sorry")
			}
			w.run()
			w.put(`{"n":1}`)
			w.next()
			checkDeadLetter(t, w.next(), map[string]string{
				"RULE_ARN": "arn:aws:events:us-east-1:000000000000:rule/orders/placed", "TARGET_ARN": queue,
				"ERROR_CODE":    code,
				"ERROR_MESSAGE": typ + ": sorry", "RETRY_ATTEMPTS": "0",
			})
		})
	}
}

func TestDeliver_EventAge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rule(types.Target{Arn: aws.String(queue), RetryPolicy: &types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(60)},
		DeadLetterConfig: &types.DeadLetterConfig{Arn: aws.String(dlq)}})
	tries := 0
	w.fail = func(c call) error {
		if tries++; strings.Contains(c.input, "/start-dlq") {
			return nil
		}
		return errors.New("down")
	}
	w.run()
	w.put(`{"n":1}`)
	last := w.next()
	for ; !strings.Contains(last.input, "/start-dlq"); last = w.next() {
		w.idle(1)
		w.clock.Advance(maxBackoff)
	}
	checkDeadLetter(t, last, map[string]string{
		"RULE_ARN": "arn:aws:events:us-east-1:000000000000:rule/orders/placed", "TARGET_ARN": queue,
		"ERROR_CODE":    "INTERNAL_ERROR",
		"ERROR_MESSAGE": "down", "EXHAUSTED_RETRY_CONDITION": "MaximumEventAgeInSeconds", "RETRY_ATTEMPTS": "0",
	})
}

// TestCrash_DeliversWhatWasAccepted crashes after PutEvents has answered and before anything is
// delivered.
func TestCrash_DeliversWhatWasAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rule(types.Target{Arn: aws.String(queue)}, types.Target{Arn: aws.String(lambda)})
	for i := range 20 {
		w.put(fmt.Sprintf(`{"n":%d}`, i))
	}
	w.crash()
	if n := w.svc.out.Len(); n != 40 {
		t.Errorf("%d deliveries survived, want 40", n)
	}
	w.run()
	for range 40 {
		w.next()
	}
	w.stop() // ends when the deliveries are marked as done
	w.crash()
	if n := w.svc.out.Len(); n != 0 {
		t.Errorf("%d deliveries left", n)
	}
}

func TestTarget_BusAndStates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	machine := "arn:aws:states:us-east-1:000000000000:stateMachine:m"
	w.rule(types.Target{Arn: aws.String(BusARN("default"))},
		types.Target{Arn: aws.String(machine), RoleArn: aws.String("arn:aws:iam::000000000000:role/Starter"),
			Input: aws.String(`{"fixed":1}`)})
	ctx := t.Context()
	_, err := w.PutRule(ctx,
		&eventbridge.PutRuleInput{Name: aws.String("all"), EventPattern: aws.String(`{"source":[{"prefix":""}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("all"),
		Targets: []types.Target{{Id: aws.String("x"), Arn: aws.String(lambda)},
			{Id: aws.String("loop"), Arn: aws.String(BusARN("default"))}}})
	if err != nil {
		t.Fatal(err)
	}
	w.run()
	w.put(`{"n":1}`)
	count := map[string]int{}
	for range 1 + maxHops {
		c := w.next()
		if count[c.service]++; c.service == "states" &&
			(c.identity != "role/Starter" || !strings.Contains(c.input, `{\"fixed\":1}`)) {
			t.Errorf("state machine called as %+v", c)
		}
	}
	if count["states"] != 1 || count["lambda"] != maxHops {
		t.Errorf("calls %v", count)
	}
}

func TestTransform(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, template, want string }{
		{"values", `{"id":<id>,"amount":<amount>,"list":<list>}`, `{"id":"o\"1","amount":1.50,"list":["a","b"]}`},
		{"in strings", `{"text":"order <id> of <amount>, <list>"}`, `{"text":"order o\"1 of 1.50, [\"a\",\"b\"]"}`},
		{"one string", `"order <id>"`, `"order o\"1"`},
		{"escaped quotes do not end a string", `{"text":"say \"<id>\""}`, `{"text":"say \"o\"1\""}`},
		{"missing value", `{"a":<missing>,"b":"<missing>"}`, `{"a":"","b":""}`},
		{"rule", `{"rule":<aws.events.rule-name>,"arn":"<aws.events.rule-arn>"}`, `{"rule":"placed","arn":"arn:rule"}`},
		{"unknown names stay", `{"a":"<nobody>"}`, `{"a":"<nobody>"}`},
		{"event", `{"e":<aws.events.event.json>}`, `{"e":{"id":"1","detail":{"id":"o\"1","amount":1.50,"list":["a","b"]}}}`},
		{"event without detail", `{"e":<aws.events.event>}`, `{"e":{"id":"1"}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := delivery{Rule: "arn:rule", RuleName: "placed",
				Event: []byte(`{"id":"1","detail":{"id":"o\"1","amount":1.50,"list":["a","b"]}}`)}
			d.Target.InputTransformer = &InputTransformer{InputTemplate: tt.template, InputPathsMap: map[string]string{
				"id": "$.detail.id", "amount": "$.detail.amount", "list": "$.detail.list[*]", "missing": "$.detail.none.such",
			}}
			got, err := d.input()
			if err != nil || string(got) != tt.want {
				t.Errorf("input %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}
