package events

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/orderflow-dev/orderflow/local/store"
)

// newRule puts a rule without targets and returns a function that puts targets to it.
func newRule(t *testing.T, w *world) (put func(targets ...types.Target) error) {
	t.Helper()
	if _, err := w.PutRule(t.Context(),
		&eventbridge.PutRuleInput{Name: aws.String("r"), EventPattern: aws.String(`{"source":["shop"]}`)}); err != nil {
		t.Fatal(err)
	}
	return func(targets ...types.Target) error {
		_, err := w.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("r"), Targets: targets})
		return err
	}
}

func (w *world) targetIDs() string {
	w.t.Helper()
	list, err := w.ListTargetsByRule(w.t.Context(), &eventbridge.ListTargetsByRuleInput{Rule: aws.String("r")})
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []string
	for _, target := range list.Targets {
		ids = append(ids, aws.ToString(target.Id))
	}
	return strings.Join(ids, " ")
}

// A rule has at most five targets; a request that would exceed them adds none.
func TestPutTargets_limit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put := newRule(t, w)
	var six []types.Target
	for i := range 6 {
		six = append(six, types.Target{Id: aws.String(fmt.Sprint(i)), Arn: aws.String(queue)})
	}
	wantCode(t, put(six...), "LimitExceededException")
	if got := w.targetIDs(); got != "" {
		t.Errorf("targets %s", got)
	}
	if err := put(six[:5]...); err != nil {
		t.Fatal(err)
	}
	if err := put(six[1:3]...); err != nil { // they replace those with the same ids
		t.Error(err)
	}
	wantCode(t, put(six[5]), "LimitExceededException")
	if got := w.targetIDs(); got != "0 1 2 3 4" {
		t.Errorf("targets %s", got)
	}
}

func TestPutTargets_checks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put := newRule(t, w)
	transformer := func(template string, paths map[string]string) types.Target {
		return types.Target{InputTransformer: &types.InputTransformer{InputTemplate: &template, InputPathsMap: paths}}
	}
	id := map[string]string{"id": "$.detail.id"}
	for _, tt := range []struct {
		name   string
		target types.Target
		want   string // empty: accepted
	}{
		{"constant", types.Target{Input: aws.String(`{"a":[1]}`)}, ""},
		{"constant text", types.Target{Input: aws.String(`"text"`)}, ""},
		{"constant that is no JSON", types.Target{Input: aws.String("not json")}, "JSON syntax error in input"},
		{"constant and more", types.Target{Input: aws.String(`{} {}`)}, "JSON syntax error in input"},
		{"long constant", types.Target{Input: aws.String(`"` + strings.Repeat("x", 8192) + `"`)}, "longer than 8192"},
		{"path", types.Target{InputPath: aws.String("$.detail.items[0]")}, ""},
		{"no path", types.Target{InputPath: aws.String("detail")}, "Invalid JSON path"},
		{"both", types.Target{Input: aws.String("{}"), InputPath: aws.String("$")}, "Only one of"},
		{"template of an object", transformer(
			`{"order": <id>, "text": "order <id> by <aws.events.rule-name>", "event": <aws.events.event>}`, id), ""},
		{"template of lines", transformer("\"order <id>\"\n\"is placed\"", id), ""},
		{"template of one value", transformer("<aws.events.event.json>", nil), ""},
		{"template without quotes", transformer("order <id> is placed", id), "Invalid InputTemplate"},
		{"template that ends early", transformer(`{"order": <id>`, id), "Invalid InputTemplate"},
		{"unknown variable", transformer(`{"order": <order>}`, id), "placeholder <order>"},
		{"unknown variable in a text", transformer(`"order <order>"`, id), "placeholder <order>"},
		{"empty template", transformer("", id), "must not be empty"},
		{"reserved variable", transformer(`"x"`, map[string]string{"AWS.x": "$.a"}), "must not start with AWS"},
		{"name of a variable", transformer(`"x"`, map[string]string{"a b": "$.a"}), "InputPathsMap key 'a b'"},
		{"path of a variable", transformer(`"x"`, map[string]string{"a": "a"}), "Invalid JSON path"},
		{"retries", types.Target{RetryPolicy: &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(186)}}, "between 0 and 185"},
		{"age", types.Target{RetryPolicy: &types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(59)}},
			"between 60 and 86400"},
		{"dead letters", types.Target{DeadLetterConfig: &types.DeadLetterConfig{Arn: aws.String(
			"arn:aws:sns:us-east-1:000000000000:x")}}, "not in correct format"},
		{"state machine without a role",
			types.Target{Arn: aws.String("arn:aws:states:us-east-1:000000000000:stateMachine:m")}, "RoleArn is required"},
		{"id", types.Target{Id: aws.String("a b")}, "regular expression"},
		{"arn", types.Target{Arn: aws.String("alerts")}, "not in correct format"},
		{"group", types.Target{SqsParameters: &types.SqsParameters{MessageGroupId: aws.String("tenant")}}, ""},
		{"group with a space", types.Target{SqsParameters: &types.SqsParameters{MessageGroupId: aws.String("a b")}},
			"MessageGroupId"},
		{"group of a function", types.Target{Arn: aws.String(lambda),
			SqsParameters: &types.SqsParameters{MessageGroupId: aws.String("g")}}, "SqsParameters"},
	} {
		if tt.target.Id == nil {
			tt.target.Id = aws.String("x")
		}
		if tt.target.Arn == nil {
			tt.target.Arn = aws.String(queue)
		}
		err := put(tt.target)
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		if wantCode(t, err, "ValidationException"); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

// A refused change leaves the rule as it was.
func TestPutRule_refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	newRule(t, w)
	put := func(in eventbridge.PutRuleInput) error {
		in.Name = aws.String("r")
		_, err := w.PutRule(t.Context(), &in)
		return err
	}
	wantCode(t, put(eventbridge.PutRuleInput{EventPattern: aws.String(`{"n":[{"numeric":[">",2,"<",1]}]}`)}),
		"InvalidEventPatternException")
	wantCode(t, put(eventbridge.PutRuleInput{EventPattern: aws.String(`{"ip":[{"cidr":"10.1.1.1/32"}]}`)}),
		"InvalidEventPatternException")
	wantCode(t, put(eventbridge.PutRuleInput{EventPattern: aws.String(`{"a":["` + strings.Repeat("x", 4096) +
		`"]}`)}), "ValidationException")
	wantCode(t, put(eventbridge.PutRuleInput{ScheduleExpression: aws.String("rate(2 minute)")}), "ValidationException")
	wantCode(t, put(eventbridge.PutRuleInput{EventPattern: aws.String(`{"a":["x"]}`),
		Description: aws.String(strings.Repeat("x", 513))}), "ValidationException")
	got, err := w.DescribeRule(t.Context(), &eventbridge.DescribeRuleInput{Name: aws.String("r")})
	if err != nil || aws.ToString(got.EventPattern) != `{"source":["shop"]}` || got.ScheduleExpression != nil {
		t.Errorf("rule %+v, %v", got, err)
	}
}

// Rules that cannot be read do nothing, and do not prevent a start.
func TestNew_unreadableRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.st.NewBatch()
	for _, rec := range []ruleRecord{
		{Name: "old", Bus: defaultBus, State: enabled, EventPattern: `{"source":[{"matches":"s.*"}]}`,
			Targets: []Target{{ID: "x", ARN: queue}}},
		{Name: "sched", Bus: defaultBus, State: enabled, ScheduleExpression: "every(1 hour)",
			Targets: []Target{{ID: "x", ARN: queue}}},
		{Name: "lost", Bus: "gone", State: enabled, EventPattern: `{"source":["shop"]}`},
	} {
		if err := b.SetJSON(store.NewKey("events", "rule", rec.Bus, rec.Name), rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	w.crash()
	put := func() {
		t.Helper()
		out, err := w.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
			{Source: aws.String("shop"), DetailType: aws.String("T"), Detail: aws.String("{}")}}})
		if err != nil || out.FailedEntryCount != 0 {
			t.Fatalf("put: %+v, %v", out, err)
		}
	}
	if put(); w.svc.out.Len() != 0 {
		t.Errorf("%d deliveries", w.svc.out.Len())
	}
	_, err := w.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: aws.String("sched"),
		ScheduleExpression: aws.String("every(1 hour)")})
	wantCode(t, err, "ValidationException")
	if _, err := w.PutRule(t.Context(),
		&eventbridge.PutRuleInput{Name: aws.String("old"), EventPattern: aws.String(`{"source":["shop"]}`)}); err != nil {
		t.Fatalf("repair: %v", err)
	}
	if _, err := w.RemoveTargets(t.Context(),
		&eventbridge.RemoveTargetsInput{Rule: aws.String("sched"), Ids: []string{"x"}}); err != nil {
		t.Errorf("remove the targets: %v", err)
	}
	if _, err := w.DeleteRule(t.Context(), &eventbridge.DeleteRuleInput{Name: aws.String("sched")}); err != nil {
		t.Errorf("delete: %v", err)
	}
	if put(); w.svc.out.Len() != 1 {
		t.Errorf("%d deliveries after the repair", w.svc.out.Len())
	}
}
