package sdk_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/middleware"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	localdynamodb "github.com/orderflow-dev/orderflow/local/dynamodb"
	"github.com/orderflow-dev/orderflow/local/events"
	"github.com/orderflow-dev/orderflow/local/iam"
	"github.com/orderflow-dev/orderflow/local/sdk"
	localses "github.com/orderflow-dev/orderflow/local/ses"
	localsns "github.com/orderflow-dev/orderflow/local/sns"
	localsqs "github.com/orderflow-dev/orderflow/local/sqs"
	"github.com/orderflow-dev/orderflow/local/states"
	"github.com/orderflow-dev/orderflow/local/store"
)

// world is a set of empty services, and the clients that reach it in one way.
type world struct {
	router   awsapi.Router
	clock    *clockwork.FakeClock
	requests atomic.Int64 // served over HTTP
	clients
}

type clients struct {
	db     *dynamodb.Client
	queues *sqs.Client
	topics *sns.Client
	bus    *eventbridge.Client
	mails  *sesv2.Client
	sfn    *sfn.Client
}

// ways are those by which a client reaches a world, as the bearer of a role.
var ways = map[string]func(t testing.TB, w *world, key string) aws.Config{
	"typed":      typedConfig,
	"in process": inProcessConfig,
	"loopback":   loopbackConfig,
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.requests.Add(1)
	w.router.ServeHTTP(rw, r)
}

func inProcessConfig(_ testing.TB, w *world, key string) aws.Config {
	return aws.Config{
		Region: awsapi.Region, Credentials: aws.AnonymousCredentials{},
		BaseEndpoint: aws.String("http://aws.localhost"), RetryMaxAttempts: 1,
		HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: w, Identity: awsapi.Identity{AccessKey: key}}},
	}
}

func typedConfig(t testing.TB, w *world, key string) aws.Config {
	cfg := inProcessConfig(t, w, key)
	cfg.APIOptions = []func(*middleware.Stack) error{sdk.Calls{Router: &w.router,
		Identity: awsapi.Identity{AccessKey: key}}.Option}
	return cfg
}

func loopbackConfig(t testing.TB, w *world, key string) aws.Config {
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return aws.Config{
		Region: awsapi.Region, Credentials: credentials.NewStaticCredentialsProvider(key, "secret",
			""), BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
	}
}

// role is whose calls the tests make: it may do everything but to the table "secret".
const role = "tester"

const policy = `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
	{"Effect":"Deny","Action":"dynamodb:*","Resource":"*:table/secret"}]}`

func newWorld(t testing.TB, way string) *world {
	t.Helper()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{clock: clockwork.NewFakeClockAt(time.Date(2048, 2, 29, 23, 59, 59, 123e6, time.UTC))}
	engine := iam.New(iam.WithClock(w.clock))
	if err := engine.SetRole(role, "session", []iam.Policy{{Name: "policy", Document: []byte(policy)}}); err != nil {
		t.Fatal(err)
	}
	w.router.Authorize = engine.Authorizer()
	queues := w.register(t, st)
	t.Cleanup(func() {
		if err := queues.Close(); err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	w.clients = newClients(ways[way](t, w, iam.RoleKey(role)))
	return w
}

// register makes the services, whose ids count up.
func (w *world) register(t testing.TB, st *store.Store) *localsqs.Service {
	t.Helper()
	ids := 0
	newID := func() string { ids++; return fmt.Sprintf("00000000-0000-4000-8000-%012d", ids) }
	queues, err := localsqs.New(st, w.clock)
	must(t, err)
	db, err := localdynamodb.New(st, w.clock)
	must(t, err)
	topics, err := localsns.New(st, w.clock, localsns.Options{Call: w.router.CallJSON, NewID: newID})
	must(t, err)
	mails, err := localses.New(st, w.clock, localses.Options{Call: w.router.CallJSON, NewID: newID, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	mails.Ensure(map[string][]localses.Target{"set": nil})
	w.router.Register("ses", mails)
	bus, err := events.New(st, w.clock, events.Options{Call: w.router.CallJSON, NewID: newID,
		Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	machines, err := states.New(st, w.clock, states.Options{NewID: newID, Seed: func() uint64 { return 7 }})
	must(t, err)
	w.router.Register("sqs", queues)
	w.router.Register("dynamodb", db)
	w.router.Register("sns", topics)
	w.router.Register("events", bus)
	w.router.Register("states", machines)
	return queues
}

func newClients(cfg aws.Config) clients {
	return clients{
		db: dynamodb.NewFromConfig(cfg), queues: sqs.NewFromConfig(cfg), topics: sns.NewFromConfig(cfg),
		bus: eventbridge.NewFromConfig(cfg), mails: sesv2.NewFromConfig(cfg), sfn: sfn.NewFromConfig(cfg),
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// call is one call of the SDK.
type call struct {
	name string
	do   func(context.Context, *world) (any, error)
}

// do makes a call of a client's method.
func do[Client, In, Option, Out any](name string, client func(*world) Client, method func(Client, context.Context,
	In, ...Option) (Out, error), in In) call {
	return call{name, func(ctx context.Context, w *world) (any, error) { return method(client(w), ctx, in) }}
}
