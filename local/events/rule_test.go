package events

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

func TestRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	bus, name := aws.String("orders"), aws.String("placed")
	w.rule(types.Target{Arn: aws.String(queue)}, types.Target{Arn: aws.String(lambda)})
	w.crash()

	d, err := w.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: name, EventBusName: bus})
	if err != nil || *d.Arn != "arn:aws:events:us-east-1:000000000000:rule/orders/placed" ||
		d.State != types.RuleStateEnabled {
		t.Errorf("describe %+v, %v", d, err)
	}
	targets, err := w.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: name, EventBusName: bus})
	if err != nil || len(targets.Targets) != 2 || *targets.Targets[0].Arn != queue {
		t.Errorf("targets %+v, %v", targets, err)
	}
	by, err := w.ListRuleNamesByTarget(ctx,
		&eventbridge.ListRuleNamesByTargetInput{TargetArn: aws.String(lambda), EventBusName: bus})
	if err != nil || !slices.Equal(by.RuleNames, []string{"placed"}) {
		t.Errorf("rules by target %+v, %v", by, err)
	}
	_, err = w.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: name, EventBusName: bus})
	wantCode(t, err, "ValidationException")
	_, err = w.DeleteEventBus(ctx, &eventbridge.DeleteEventBusInput{Name: bus})
	wantCode(t, err, "ValidationException")
	if _, err := w.RemoveTargets(ctx,
		&eventbridge.RemoveTargetsInput{Rule: name, EventBusName: bus, Ids: []string{"t0", "t1"}}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds nothing, which is no error
		if _, err := w.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: name, EventBusName: bus}); err != nil {
			t.Fatal(err)
		}
	}
	rules, err := w.ListRules(ctx, &eventbridge.ListRulesInput{EventBusName: bus})
	if err != nil || len(rules.Rules) != 0 {
		t.Errorf("rules %+v, %v", rules, err)
	}
	if _, err := w.DeleteEventBus(ctx, &eventbridge.DeleteEventBusInput{Name: bus}); err != nil {
		t.Fatal(err)
	}
	w.crash()
	buses, err := w.ListEventBuses(ctx, &eventbridge.ListEventBusesInput{})
	if err != nil || len(buses.EventBuses) != 1 || *buses.EventBuses[0].Name != "default" {
		t.Errorf("buses %+v, %v", buses, err)
	}
}

func TestEnsureRule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := Rule{Bus: "orders", Name: "placed", EventPattern: `{"source":["a"]}`,
		Targets: []Target{{ID: "1", ARN: queue}, {ID: "2", ARN: lambda}}}
	if err := w.svc.EnsureRule(r); err != nil {
		t.Fatal(err)
	}
	r.Targets = r.Targets[1:]
	if err := w.svc.EnsureRule(r); err != nil {
		t.Fatal(err)
	}
	w.crash()
	got, err := w.svc.rule("orders", "placed")
	if err != nil || len(got.Targets) != 1 || got.Targets[0].ARN != lambda || !got.on() {
		t.Errorf("rule %+v, %v", got, err)
	}
	r.Targets[0].ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
	if err := w.svc.EnsureRule(r); err == nil {
		t.Error("a target that cannot be called was accepted")
	}
}

func TestRules_Errors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.rule(types.Target{Arn: aws.String(queue)})
	ctx := t.Context()
	put := func(in eventbridge.PutRuleInput) error { _, err := w.PutRule(ctx, &in); return err }
	wantCode(t, put(eventbridge.PutRuleInput{Name: aws.String("x")}), "ValidationException")
	wantCode(t, put(eventbridge.PutRuleInput{Name: aws.String("x"), EventPattern: aws.String(`{"a":1}`)}),
		"InvalidEventPatternException")
	wantCode(t, put(eventbridge.PutRuleInput{Name: aws.String("x"),
		ScheduleExpression: aws.String("rate(1 minutes)")}), "ValidationException")
	wantCode(t, put(eventbridge.PutRuleInput{Name: aws.String("x"), EventBusName: aws.String("orders"),
		ScheduleExpression: aws.String("rate(1 minute)")}), "ValidationException")
	wantCode(t, put(eventbridge.PutRuleInput{Name: aws.String("x"), EventBusName: aws.String("nowhere"),
		EventPattern: aws.String(`{"a":[1]}`)}), "ResourceNotFoundException")
	_, err := w.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("none"),
		Targets: []types.Target{{Id: aws.String("x"), Arn: aws.String(queue)}}})
	wantCode(t, err, "ResourceNotFoundException")
	_, err = w.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("placed"), EventBusName: aws.String("orders"),
		Targets: []types.Target{{Id: aws.String("x"), Arn: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/s")}}})
	wantCode(t, err, "NotImplemented")
	_, err = w.CreateArchive(ctx, &eventbridge.CreateArchiveInput{ArchiveName: aws.String("a"),
		EventSourceArn: aws.String(BusARN(""))})
	wantCode(t, err, "NotImplemented")
	_, err = w.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: aws.String("orders")})
	wantCode(t, err, "ResourceAlreadyExistsException")

	event := `{"id":"1","source":"s","detail-type":"d","account":"1","region":"r","time":"2026-11-22T12:00:00Z",` +
		`"detail":{"a":1}}`
	test, err := w.TestEventPattern(ctx,
		&eventbridge.TestEventPatternInput{EventPattern: aws.String(`{"detail":{"a":[1]}}`), Event: &event})
	if err != nil || !test.Result {
		t.Errorf("test = %+v, %v", test, err)
	}
	_, err = w.TestEventPattern(ctx,
		&eventbridge.TestEventPatternInput{EventPattern: aws.String(`{"detail":{"a":[1]}}`), Event: aws.String("[]")})
	wantCode(t, err, "ValidationException")
}

func TestService_Grants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	arn := "arn:aws:events:us-east-1:000000000000:"
	for _, tt := range []struct {
		op, in string
		want   []awsapi.Grant
	}{
		{"PutEvents", `{"Entries":[{"EventBusName":"orders"},{"EventBusName":"` + arn + `event-bus/orders"},{}]}`,
			[]awsapi.Grant{
				{Action: "events:PutEvents", Resource: arn + "event-bus/orders"},
				{Action: "events:PutEvents", Resource: arn + "event-bus/default"}}},
		{"PutRule", `{"Name":"r"}`, []awsapi.Grant{{Action: "events:PutRule", Resource: arn + "rule/r"}}},
		{"PutTargets", `{"Rule":"r","EventBusName":"orders"}`,
			[]awsapi.Grant{{Action: "events:PutTargets", Resource: arn + "rule/orders/r"}}},
		{"CreateEventBus", `{"Name":"b"}`, []awsapi.Grant{{Action: "events:CreateEventBus", Resource: arn + "event-bus/b"}}},
		{"ListRules", `{}`, []awsapi.Grant{{Action: "events:ListRules", Resource: "*"}}},
	} {
		if got := w.svc.Grants(tt.op, []byte(tt.in)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.op, got, tt.want)
		}
	}
}

// BenchmarkPutEvents accepts events that match one of ten rules, from 64 goroutines against a
// durable store, and delivers them.
func BenchmarkPutEvents(b *testing.B) {
	st, err := store.Open(b.TempDir(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	var delivered sync.WaitGroup
	delivered.Add(b.N)
	svc, err := New(st, clockwork.NewRealClock(), Options{InvokeAsync: func(context.Context, string, []byte) error {
		delivered.Done()
		return nil
	}})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 10 {
		r := Rule{Bus: "orders", Name: fmt.Sprint("r", i),
			EventPattern: fmt.Sprintf(`{"source":["orderflow"],"detail":{"n":[%d]}}`, i),
			Targets:      []Target{{ID: "1", ARN: lambda}}}
		if err := svc.EnsureRule(r); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(b.Context())
	end := make(chan error, 1)
	go func() { end <- svc.Run(ctx) }()
	in := []byte(`{"Entries":[{"EventBusName":"orders","Source":"orderflow","DetailType":"Order Placed",` +
		`"Detail":"{\"n\":3,\"orderId\":\"o-1\"}"}]}`)
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := svc.Do(ctx, "PutEvents", in); err != nil {
				b.Error(err)
			}
		}
	})
	delivered.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	cancel()
	if err := <-end; err != nil {
		b.Error(err)
	}
}

// The grants of every operation can be read from its input.
func TestService_Grants_all(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for op := range api.Operations {
		for _, g := range w.svc.Grants(op, []byte("{}")) {
			if g.Action == "" {
				t.Errorf("%s needs %v", op, g)
			}
		}
	}
}
