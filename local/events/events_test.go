package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

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
