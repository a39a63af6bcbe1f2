package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
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

// flush does what every reply to a client outside does first.
func (w *world) flush() {
	w.t.Helper()
	if err := w.st.Outlet().Wait(); err != nil {
		w.t.Error(err)
	}
}

func (w *world) crash() {
	w.t.Helper()
	w.flush()
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
