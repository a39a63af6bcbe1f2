package sqs

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
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
	w := &world{t: t, fs: vfs.NewCrashableMem(),
		clock: clockwork.NewFakeClockAt(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))}
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
	if w.svc, err = New(w.st, w.clock, WithLogger(slog.New(slog.DiscardHandler))); err != nil {
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

// flush does what every reply to a client outside does first.
func (w *world) flush() {
	w.t.Helper()
	if err := w.st.Outlet().Wait(); err != nil {
		w.t.Error(err)
	}
}

// crash loses everything that was not flushed, and starts again from the rest.
func (w *world) crash() {
	w.t.Helper()
	w.flush()
	crashed := w.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 0, RNG: rand.New(rand.NewPCG(1, 2))})
	w.close()
	w.fs = crashed
	w.open()
}

// until polls a condition for at most a minute: the limit only ends a test that fails.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	deadline, again := time.After(time.Minute), time.NewTicker(time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-again.C:
		case <-deadline:
			w.t.Fatal("never: " + what)
		}
	}
}

func newClient(s *Service) *awssqs.Client {
	router := &awsapi.Router{}
	router.Register("sqs", s)
	return awssqs.New(awssqs.Options{
		Region: awsapi.Region, HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: router}}, RetryMaxAttempts: 1,
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
	out, err := w.GetQueueAttributes(w.t.Context(),
		&awssqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		w.t.Fatal(err)
	}
	a := out.Attributes
	got := a["ApproximateNumberOfMessages"] + "/" + a["ApproximateNumberOfMessagesNotVisible"] + "/" +
		a["ApproximateNumberOfMessagesDelayed"]
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
