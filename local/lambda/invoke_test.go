package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

type outOfStock struct{ sku string }

func (e *outOfStock) Error() string { return "no " + e.sku }

func TestService_InvokeReplies(t *testing.T) {
	t.Parallel()
	handlers := map[string]any{
		"echo":  func(_ context.Context, in json.RawMessage) (json.RawMessage, error) { return in, nil },
		"typed": func() error { return &outOfStock{"A-1"} },
		"plain": func() error { return errors.New("boom") },
		"wrap":  func() error { return fmt.Errorf("charge: %w", &outOfStock{"A-1"}) },
		"named": func() error { return messages.InvokeResponse_Error{Message: "declined", Type: "PaymentDeclined"} },
		"value": func(_ context.Context, in struct{ N int }) (int, error) { return in.N * 2, nil },
		"goexit": func() error {
			runtime.Goexit()
			return nil
		},
		"huge": func() (string, error) { return strings.Repeat("x", MaxResponse), nil },
	}
	for _, tt := range []struct {
		handler, payload, want string
		failed                 bool
	}{
		{"echo", `{"a":1}`, `{"a":1}`, false},
		{"echo", ``, `{}`, false},
		{"value", `{"N":21}`, `42`, false},
		{"typed", `{}`, `{"errorMessage":"no A-1","errorType":"outOfStock"}`, true},
		{"plain", `{}`, `{"errorMessage":"boom","errorType":"errorString"}`, true},
		{"wrap", `{}`, `{"errorMessage":"charge: no A-1","errorType":"wrapError"}`, true},
		{"named", `{}`, `{"errorMessage":"declined","errorType":"PaymentDeclined"}`, true},
		{"goexit", `{}`, `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: req-1 Error: Runtime exited without providing a reason"}`, true},
		{"huge", `{}`, `{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}`, true},
		{"absent", `{}`, `{"errorMessage":"no handler \"absent\"","errorType":"errorString"}`, true},
	} {
		t.Run(tt.handler, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, setup{handlers: handlers, functions: []Function{{Name: "f", Handler: tt.handler}},
				options: Options{NewID: func() string { return "req-1" }}})
			r, err := b.Invoke(t.Context(), "f", []byte(tt.payload))
			if err != nil {
				t.Fatal(err)
			}
			if string(r.Payload) != tt.want || (r.FunctionError == Unhandled) != tt.failed || r.StatusCode != 200 || r.ExecutedVersion != "$LATEST" {
				t.Errorf("got %d %q %.200s, want %s", r.StatusCode, r.FunctionError, r.Payload, tt.want)
			}
		})
	}
}

func TestService_InvokeRefusals(t *testing.T) {
	t.Parallel()
	zero := 0
	b := newBench(t, setup{
		handlers:  map[string]any{"echo": func(in json.RawMessage) (json.RawMessage, error) { return in, nil }},
		functions: []Function{{Name: "f", Handler: "echo"}, {Name: "off", Handler: "echo", ReservedConcurrency: &zero}},
	})
	for _, tt := range []struct{ name, function, payload, typ, message string }{
		{"unknown function", "g", "{}", "ResourceNotFoundException", "Function not found: arn:aws:lambda:us-east-1:000000000000:function:g"},
		{"unknown qualifier", "f:live", "{}", "ResourceNotFoundException", "function:f:live"},
		{"other account", "arn:aws:lambda:us-east-1:111122223333:function:f", "{}", "AccessDeniedException", "111122223333"},
		{"other account, in part", "111122223333:function:f", "{}", "AccessDeniedException", "111122223333"},
		{"other region", "arn:aws:lambda:eu-west-1:000000000000:function:f", "{}", "ResourceNotFoundException", "Functions from 'eu-west-1' are not reachable"},
		{"other service", "arn:aws:sqs:us-east-1:000000000000:f", "{}", "ValidationException", "at 'functionName' failed to satisfy constraint: Member must satisfy regular"},
		{"blank in the name", "f g", "{}", "ValidationException", "Value 'f g' at 'functionName'"},
		{"line break after the name", "f\n", "{}", "ValidationException", "regular expression pattern"},
		{"no name", "", "{}", "ValidationException", "length greater than or equal to 1"},
		{"longest name", strings.Repeat("n", 64), "{}", "ResourceNotFoundException", "Function not found"},
		{"long name", strings.Repeat("n", 65), "{}", "ValidationException", "length less than or equal to 64"},
		{"long reference", strings.Repeat("n", 171), "{}", "ValidationException", "length less than or equal to 170"},
		{"malformed", "f", `{"a":`, "InvalidRequestContentException", "Could not parse request body into json"},
		{"too large", "f", `"` + strings.Repeat("x", MaxSyncPayload) + `"`, "RequestTooLargeException", "6291456 bytes"},
		{"no concurrency", "off", "{}", "TooManyRequestsException", "Rate Exceeded."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := b.Invoke(t.Context(), tt.function, []byte(tt.payload))
			e, ok := errors.AsType[*awsapi.Error](err)
			if !ok || e.Type != tt.typ || !strings.Contains(e.Message, tt.message) {
				t.Errorf("got %v, want %s with %q", err, tt.typ, tt.message)
			}
		})
	}
	for _, name := range []string{"f", "f:$LATEST", "arn:aws:lambda:us-east-1:000000000000:function:f", "000000000000:function:f", "000000000000:f", "function:f",
		"arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"} {
		if _, err := b.Invoke(t.Context(), name, nil); err != nil {
			t.Errorf("Invoke(%s): %v", name, err)
		}
	}
}

func TestService_InvokeTimeout(t *testing.T) {
	t.Parallel()
	entered, left := make(chan time.Time, 1), make(chan error, 1)
	var made atomic.Int32
	b := newBench(t, setup{
		handlers: map[string]any{"slow": func(ctx context.Context, in struct{ Wait bool }) error {
			made.Add(1)
			if !in.Wait {
				return nil
			}
			deadline, _ := ctx.Deadline()
			entered <- deadline
			<-ctx.Done()
			left <- ctx.Err()
			return ctx.Err()
		}},
		functions: []Function{{Name: "f", Handler: "slow", Timeout: 3 * time.Second}},
		options:   Options{NewID: func() string { return "req-1" }},
	})
	done := make(chan *Result, 1)
	go func() {
		r, err := b.Invoke(context.Background(), "f", []byte(`{"Wait":true}`))
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	if deadline := <-entered; !deadline.Equal(epoch.Add(3 * time.Second)) {
		t.Errorf("deadline %v, want 3 s after the start", deadline)
	}
	b.clock.Advance(3 * time.Second)
	want := `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: req-1 Error: Task timed out after 3.00 seconds"}`
	if r := <-done; string(r.Payload) != want || r.FunctionError != Unhandled {
		t.Errorf("got %s %s, want %s", r.FunctionError, r.Payload, want)
	}
	if err := <-left; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the handler's context ended with %v", err)
	}
	if r, err := b.Invoke(t.Context(), "f", nil); err != nil || r.FunctionError != "" {
		t.Errorf("the request after a timeout: %+v, %v", r, err)
	}
}

func TestService_InvokeContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	b := newBench(t, setup{
		handlers: map[string]any{"show": func(ctx context.Context) (string, error) {
			lc, ok := lambdacontext.FromContext(ctx)
			if !ok {
				return "", errors.New("no lambda context")
			}
			return fmt.Sprint(lc.AwsRequestID, " ", lc.InvokedFunctionArn, " ", ctx.Value(key{}), " ", awsapi.IdentityFrom(ctx).AccessKey), nil
		}},
		functions: []Function{{Name: "f", Handler: "show", RoleName: "role/f"}},
		options:   Options{NewID: func() string { return "req-1" }},
	})
	r, err := b.Invoke(context.WithValue(t.Context(), key{}, "leaked"), "f", nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := `"req-1 arn:aws:lambda:us-east-1:000000000000:function:f <nil> role/f"`; string(r.Payload) != want {
		t.Errorf("got %s, want %s", r.Payload, want)
	}
}

func TestService_InvokePanic(t *testing.T) {
	t.Parallel()
	var made atomic.Int32
	b := newBench(t, setup{options: Options{Factory: func(Function) (Handler, error) {
		made.Add(1)
		return handlerFunc(func(context.Context, []byte) ([]byte, error) { panic(&outOfStock{"A-1"}) }), nil
	}}, functions: []Function{{Name: "f"}}})
	for range 2 {
		r, err := b.Invoke(t.Context(), "f", nil)
		if err != nil {
			t.Fatal(err)
		}
		var got messages.InvokeResponse_Error
		if err := json.Unmarshal(r.Payload, &got); err != nil {
			t.Fatal(err)
		}
		if got.Type != "outOfStock" || got.Message != "no A-1" || len(got.StackTrace) < 2 {
			t.Fatalf("got %s", r.Payload)
		}
		frame := got.StackTrace[0]
		for _, f := range got.StackTrace {
			if strings.HasPrefix(f.Label, "TestService_InvokePanic") {
				frame = f
			}
		}
		if !strings.HasSuffix(frame.Path, "/local/lambda/invoke_test.go") || frame.Line == 0 {
			t.Errorf("frame of the panic: %+v in %s", frame, r.Payload)
		}
	}
	if made.Load() != 2 {
		t.Errorf("%d environments, want a new one after a panic", made.Load())
	}
}

type handlerFunc func(context.Context, []byte) ([]byte, error)

func (f handlerFunc) Invoke(ctx context.Context, p []byte) ([]byte, error) { return f(ctx, p) }

func TestService_EnvironmentsServeOneRequestAtATime(t *testing.T) {
	t.Parallel()
	var made, closed atomic.Int32
	both := make(chan struct{})
	var waiting atomic.Int32
	b := newBench(t, setup{options: Options{Factory: func(Function) (Handler, error) {
		made.Add(1)
		return &closer{closed: &closed, invoke: func(p []byte) {
			if string(p) == "1" && waiting.Add(1) == 2 {
				close(both)
			}
			if string(p) == "1" {
				<-both
			}
		}}, nil
	}}, functions: []Function{{Name: "f"}}})
	results := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := b.Invoke(context.Background(), "f", []byte("1"))
			results <- err
		}()
	}
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	until(t, "both environments are idle", func() bool {
		f, err := b.find("f", "")
		if err != nil {
			t.Fatal(err)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.idle) == 2
	})
	for range 3 {
		if _, err := b.Invoke(t.Context(), "f", []byte("2")); err != nil {
			t.Error(err)
		}
	}
	if made.Load() != 2 {
		t.Errorf("%d environments for 2 requests at a time", made.Load())
	}
	until(t, "Close ends the environments", func() bool { b.Close(); return closed.Load() == 2 })
}

// closer fails the test's race detector if two requests share it.
type closer struct {
	requests int
	invoke   func([]byte)
	closed   *atomic.Int32
}

func (e *closer) Invoke(_ context.Context, p []byte) ([]byte, error) {
	e.requests++
	e.invoke(p)
	e.requests--
	return []byte("null"), nil
}

func (e *closer) Close() error { e.closed.Add(1); return nil }

func TestService_ReservedConcurrency(t *testing.T) {
	t.Parallel()
	one := 1
	entered, release := make(chan struct{}), make(chan struct{})
	var observed log
	b := newBench(t, setup{
		handlers:  map[string]any{"wait": func() error { entered <- struct{}{}; <-release; return nil }},
		functions: []Function{{Name: "f", Handler: "wait", ReservedConcurrency: &one}},
		options:   Options{Observe: func(i Invocation) { observed.add("%s %v %s", i.Function, i.ColdStart, i.ErrorType) }},
	})
	done := make(chan error, 1)
	go func() {
		_, err := b.Invoke(context.Background(), "f", nil)
		done <- err
	}()
	<-entered
	_, err := b.Invoke(t.Context(), "f", nil)
	e, ok := errors.AsType[*awsapi.Error](err)
	if !ok || e.HTTPStatus() != 429 || e.Fields["Reason"] != "ReservedFunctionConcurrentInvocationLimitExceeded" {
		t.Errorf("second request: %v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := strings.Join(observed.all(), ", "); got != "f false Throttled, f true " {
		t.Errorf("observed %q", got)
	}
}

func TestService_InvokeGoesOnWithoutItsCaller(t *testing.T) {
	t.Parallel()
	entered, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	b := newBench(t, setup{
		handlers: map[string]any{"wait": func(ctx context.Context) error {
			close(entered)
			<-release
			ended <- ctx.Err()
			return nil
		}},
		functions: []Function{{Name: "f", Handler: "wait"}},
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := b.Invoke(ctx, "f", nil)
		done <- err
	}()
	<-entered
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Invoke: %v", err)
	}
	close(release)
	if err := <-ended; err != nil {
		t.Errorf("the function's context ended with its caller: %v", err)
	}
}
