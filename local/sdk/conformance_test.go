package sdk_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

func db(w *world) *dynamodb.Client     { return w.db }
func queues(w *world) *sqs.Client      { return w.queues }
func topics(w *world) *sns.Client      { return w.topics }
func mails(w *world) *sesv2.Client     { return w.mails }
func bus(w *world) *eventbridge.Client { return w.bus }
func machines(w *world) *sfn.Client    { return w.sfn }

// answers are what the calls of a script were answered with in one way, and how many of those that
// went well took HTTP.
type answers struct {
	text  []string
	wired []string // the names of the calls that were answered without an error, over HTTP
}

// play makes the calls, one after the other, in a world of their own.
func play(t testing.TB, way string, script []call) answers {
	t.Helper()
	w := newWorld(t, way)
	var out answers
	for _, c := range script {
		before := w.requests.Load()
		got, err := c.do(t.Context(), w)
		if err == nil && w.requests.Load() > before {
			out.wired = append(out.wired, c.name)
		}
		if err != nil {
			got = nil
		}
		out.text = append(out.text, dump(got)+"\n"+dumpError(err))
	}
	return out
}

// agree plays a script in all ways, and holds the answers against those over a loopback port.
func agree(t *testing.T, script []call) answers {
	t.Helper()
	want := play(t, "loopback", script)
	byWay := map[string]answers{}
	for _, way := range slices.Sorted(maps.Keys(ways)) {
		byWay[way] = play(t, way, script)
		for i, c := range script {
			if got := byWay[way].text[i]; got != want.text[i] {
				t.Fatalf("%s: %s answers\n%s\n\nloopback answers\n%s", c.name, way, got, want.text[i])
			}
		}
	}
	return byWay["typed"]
}

func TestWays_agree(t *testing.T) {
	t.Parallel()
	for name, script := range map[string][]call{
		"dynamodb": dynamodbScript(), "sqs": sqsScript(), "sns": snsScript(), "ses": sesScript(), "events": eventsScript(),
		"states": statesScript(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wired := slices.DeleteFunc(agree(t, script).wired,
				func(name string) bool { return slices.Contains(untyped, name) })
			if len(wired) > 0 {
				t.Errorf("over HTTP: %q", wired)
			}
		})
	}
}

// untyped are calls that go by HTTP although they go well.
var untyped = []string{"create table", "create queue", "create topic", "create bus", "create machine",
	"describe machine", "text that is not UTF-8"}

// TestWays_context: a context that has ended, and one that ends meanwhile, look the same.
func TestWays_context(t *testing.T) {
	t.Parallel()
	ended := func(name string, cause error) call {
		return call{name, func(ctx context.Context, w *world) (any, error) {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(cause)
			return w.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: str("orders"), Key: key("1")})
		}}
	}
	agree(t, append(dynamodbTables(), ended("ended", context.Canceled), ended("ended for a reason",
		errors.New("no time"))))
}

// TestCalls_requestID: every answer has an id of its own, as over a wire.
func TestCalls_requestID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "typed")
	seen := map[string]bool{}
	for _, c := range append(dynamodbTables(), dynamodbTables()[0]) {
		_, err := c.do(t.Context(), w)
		if id := requestIDOf(err); err != nil && (id == "" || seen[id]) {
			t.Errorf("%s: the id of the error is %q", c.name, id)
		}
	}
	for range 2 {
		out, err := w.db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: str("orders"), Key: key("1")})
		must(t, err)
		id, _ := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
		if id == "" || seen[id] {
			t.Errorf("request id %q", id)
		}
		seen[id] = true
	}
}

func requestIDOf(err error) string {
	if e, ok := errors.AsType[interface {
		error
		ServiceRequestID() string
	}](err); ok {
		return e.ServiceRequestID()
	}
	return ""
}
