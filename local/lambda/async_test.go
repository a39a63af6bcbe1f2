package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

const topicARN = "arn:aws:sns:us-east-1:000000000000:alerts"

func (b *bench) pending(t *testing.T) int { return pendingInvocations(t, b.Service) }

// pendingInvocations counts the asynchronous invocations of the function f that are accepted and
// not done.
func pendingInvocations(t *testing.T, s *Service) int {
	t.Helper()
	n, prefix := 0, s.functions["f"].pendingPrefix()
	for _, err := range s.st.Scan(prefix, prefix.End()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// attempts is how often the function has failed on its first pending invocation, as the store has
// it.
func (b *bench) attempts(t *testing.T) int {
	t.Helper()
	prefix := store.NewKey("lambda", "async", "f")
	for pair, err := range b.st.Scan(prefix, prefix.End()) {
		var p pending
		if err == nil {
			err = json.Unmarshal(pair.Value, &p)
		}
		if err != nil {
			t.Fatal(err)
		}
		return p.Attempts
	}
	return 0
}

func TestService_InvokeAsync(t *testing.T) {
	t.Parallel()
	var seen log
	b := newBench(t, setup{
		handlers:  map[string]any{"keep": func(in json.RawMessage) (string, error) { seen.add("%s", in); return "done", nil }},
		functions: []Function{{Name: "f", Handler: "keep", Async: AsyncConfig{OnSuccess: queueARN}}},
		options:   Options{NewID: func() string { return "req-1" }},
	})
	r, err := b.InvokeAsync("f", []byte(`{"a":1}`))
	if err != nil || r.StatusCode != 202 || len(r.Payload) != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if b.pending(t) != 1 {
		t.Error("nothing is pending before Run")
	}
	b.start(t)
	until(t, "it is done", func() bool { return b.pending(t) == 0 })
	if got := strings.Join(seen.all(), " "); got != `{"a":1}` {
		t.Errorf("the function got %s", got)
	}
	record := `{\"version\":\"1.0\",\"timestamp\":\"2026-11-22T12:00:00.000Z\",\"requestContext\":{\"requestId\":\"req-1\",` +
		`\"functionArn\":\"arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST\",\"condition\":\"Success\",\"approximateInvokeCount\":1},` +
		`\"requestPayload\":{\"a\":1},\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"$LATEST\"},\"responsePayload\":\"done\"}`
	want := `sqs SendMessage {"MessageBody":"` + record + `","QueueUrl":"http://sqs.us-east-1.localhost/000000000000/start"}`
	if got := strings.Join(b.sent(), ""); got != want {
		t.Errorf("destination got\n%s\nwant\n%s", got, want)
	}
}

func TestService_InvokeAsyncRetries(t *testing.T) {
	t.Parallel()
	var seen log
	b := newBench(t, setup{
		options:   Options{NewID: func() string { return "req-1" }},
		functions: []Function{{Name: "f", Handler: "fail", Timeout: 15 * time.Minute, Async: AsyncConfig{OnFailure: topicARN, DeadLetter: queueARN}}},
	})
	b.opt.Factory = func(Function) (Handler, error) {
		return handlerFunc(func(context.Context, []byte) ([]byte, error) {
			seen.add("%v", b.clock.Now().Sub(epoch))
			return nil, errors.New("boom")
		}), nil
	}
	b.mu.Lock()
	b.fail = errors.New("destinations are down")
	b.mu.Unlock()
	if _, err := b.InvokeAsync("f", []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	for _, n := range []int{1, 2, 3} {
		until(t, "the attempt is over", func() bool { return b.attempts(t) == n })
		b.clock.Advance(time.Duration(n) * time.Minute)
	}
	if got := strings.Join(seen.all(), " "); got != "0s 1m0s 3m0s" {
		t.Errorf("attempts at %s, want 0s 1m0s 3m0s", got)
	}
	if b.pending(t) != 1 {
		t.Error("an invocation whose destination is down was dropped")
	}
	b.mu.Lock()
	b.fail = nil
	b.mu.Unlock()
	b.advanceUntil(t, time.Second, "the destinations have it", func() bool { return b.pending(t) == 0 })
	if got := len(seen.all()); got != 3 {
		t.Errorf("%d attempts, want 3", got)
	}
	sent := strings.Join(b.sent(), "\n")
	for _, want := range []string{
		`sns Publish {"Message":"{\"version\":\"1.0\"`, `\"condition\":\"RetriesExhausted\",\"approximateInvokeCount\":3`, `\"functionError\":\"Unhandled\"`,
		`\"responsePayload\":{\"errorMessage\":\"boom\",\"errorType\":\"errorString\"}`,
		`"MessageBody":"{\"a\":1}"`, `"ErrorMessage":{"DataType":"String","StringValue":"boom"}`, `"RequestID":{"DataType":"String","StringValue":"req-1"}`,
	} {
		if !strings.Contains(sent, want) {
			t.Errorf("%s is not in\n%s", want, sent)
		}
	}
	if len(b.sent()) != 2 {
		t.Errorf("%d messages, want 2", len(b.sent()))
	}
}

func TestService_InvokeAsyncThrottledUntilTooOld(t *testing.T) {
	t.Parallel()
	zero := 0
	b := newBench(t, setup{
		handlers:  map[string]any{"f": func() error { return nil }},
		functions: []Function{{Name: "f", Handler: "f", ReservedConcurrency: &zero, Async: AsyncConfig{OnFailure: queueARN, MaximumEventAge: time.Hour}}},
	})
	if _, err := b.InvokeAsync("f", nil); err != nil {
		t.Fatal(err)
	}
	b.start(t)
	b.advanceUntil(t, time.Minute, "it is given up", func() bool { return b.pending(t) == 0 })
	sent := strings.Join(b.sent(), "")
	if !strings.Contains(sent, `\"condition\":\"EventAgeExceeded\",\"approximateInvokeCount\":0`) || strings.Contains(sent, "responseContext") {
		t.Errorf("destination got %s", sent)
	}
}

func TestService_InvokeAsyncSurvivesCrash(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	st, err := store.Open("db", store.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	entered := make(chan struct{}, 1)
	b := newBench(t, setup{
		st:        st,
		handlers:  map[string]any{"f": func(ctx context.Context) error { entered <- struct{}{}; <-ctx.Done(); return ctx.Err() }},
		functions: []Function{{Name: "f", Handler: "f"}},
	})
	stop := b.start(t)
	if _, err := b.InvokeAsync("f", []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	<-entered                          // in flight when the machine stops
	if err := st.Flush(); err != nil { // and accepted
		t.Fatal(err)
	}
	crashed := fs.CrashClone(vfs.CrashCloneCfg{})
	b.Close()
	stop()
	if n := b.pending(t); n != 1 {
		t.Errorf("%d pending after an interrupted request, want 1", n)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}

	if st, err = store.Open("db", store.Options{FS: crashed}); err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var seen log
	b = newBench(t, setup{
		st:        st,
		handlers:  map[string]any{"f": func(in json.RawMessage) error { seen.add("%s", in); return nil }},
		functions: []Function{{Name: "f", Handler: "f"}},
	})
	stop = b.start(t)
	defer stop()
	until(t, "it is done after the crash", func() bool { return b.pending(t) == 0 })
	if got := strings.Join(seen.all(), " "); got != `{"a":1}` {
		t.Errorf("after the crash the function got %s", got)
	}
}

func TestService_InvokeAsyncRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t, setup{functions: []Function{{Name: "f"}}})
	for payload, typ := range map[string]string{`"` + strings.Repeat("x", MaxAsyncPayload) + `"`: "RequestTooLargeException", "{": "InvalidRequestContentException"} {
		_, err := b.InvokeAsync("f", []byte(payload))
		if e, ok := errors.AsType[*awsapi.Error](err); !ok || e.Type != typ {
			t.Errorf("%.20s: %v, want %s", payload, err, typ)
		}
	}
	if n := b.pending(t); n != 0 {
		t.Errorf("%d pending", n)
	}
}

func TestService_RegisterRefuses(t *testing.T) {
	t.Parallel()
	three, minus := 3, -1
	b := newBench(t, setup{functions: []Function{{Name: "f"}}})
	for _, fn := range []Function{
		{}, {Name: "f"}, {Name: "g", Timeout: time.Hour}, {Name: "g", Timeout: time.Millisecond}, {Name: "g", ReservedConcurrency: &minus},
		{Name: "g", Async: AsyncConfig{MaximumRetryAttempts: &three}}, {Name: "g", Async: AsyncConfig{MaximumEventAge: time.Second}},
		{Name: "g", Async: AsyncConfig{OnFailure: "queue"}},
	} {
		if err := b.Register(fn); err == nil {
			t.Errorf("Register accepted %+v", fn)
		}
	}
}
