package sns

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
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

func newCall(ctx context.Context, op string, input []byte) call {
	return call{op: op, identity: awsapi.IdentityFrom(ctx).AccessKey, source: SourceARN(ctx), input: string(input)}
}

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
			return json.RawMessage("{}"), w.note(newCall(ctx, service+":"+op, text))
		},
		InvokeAsync: func(ctx context.Context, arn string, payload []byte) error {
			return w.note(newCall(ctx, arn, payload))
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
	out, err := w.Subscribe(w.t.Context(),
		&awssns.SubscribeInput{TopicArn: &topic, Protocol: &protocol, Endpoint: &endpoint, Attributes: attrs})
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
	out, err := w.Publish(w.t.Context(),
		&awssns.PublishInput{TopicArn: &topic, Subject: aws.String("S"), Message: &message, MessageAttributes: attrs})
	if err != nil {
		w.t.Fatal(err)
	}
	return *out.MessageId
}

func text(v string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &v}
}
