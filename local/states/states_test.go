package states

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

const role = "arn:aws:iam::000000000000:role/order-machine"

// settle is the maximum time that a test waits; nothing is measured against it.
const settle = time.Minute

var testStart = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// harness is a service on a fake clock, whose functions are Go functions.
type harness struct {
	*Service
	t         testing.TB
	store     *store.Store
	clock     *clockwork.FakeClock
	functions *functions
	stop      func()
}

// functions are Lambda functions by name; calls counts their invocations.
type functions struct {
	mu    sync.Mutex
	by    map[string]func(payload string) (string, error)
	calls map[string]int
}

// functionFailure makes a function fail: its payload is the cause.
type functionFailure string

func (f functionFailure) Error() string { return string(f) }

func (f *functions) invoke(_ context.Context, function, _ string, payload []byte) (LambdaResult, error) {
	name := awsapi.ResourceName(function)
	f.mu.Lock()
	fn := f.by[name]
	f.calls[name]++
	f.mu.Unlock()
	if fn == nil {
		return LambdaResult{},
			&awsapi.Error{Type: "ResourceNotFoundException", Message: "Function not found: " + function, Status: 404}
	}
	out, err := fn(string(payload))
	if failure, ok := errors.AsType[functionFailure](err); ok {
		return LambdaResult{FunctionError: "Unhandled", Payload: []byte(failure)}, nil
	}
	return LambdaResult{Payload: []byte(out)}, err
}

func (f *functions) called(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[name]
}

func newFunctions(by map[string]func(string) (string, error)) *functions {
	return &functions{by: by, calls: map[string]int{}}
}

func start(t testing.TB, by map[string]func(string) (string, error)) *harness {
	t.Helper()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	h := startOn(t, st, clockwork.NewFakeClockAt(testStart), Options{}, newFunctions(by))
	t.Cleanup(func() {
		h.stop()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func startOn(t testing.TB, st *store.Store, clock *clockwork.FakeClock, opt Options, f *functions) *harness {
	t.Helper()
	if opt.InvokeLambda == nil {
		opt.InvokeLambda = f.invoke
	}
	s, err := New(st, clock, opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	h := &harness{Service: s, t: t, store: st, clock: clock, functions: f}
	h.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	return h
}

// wire performs an operation as a client does: JSON in, JSON out.
func (h *harness) wire(op, input string) (string, error) {
	out, err := h.Do(h.t.Context(), op, json.RawMessage(input))
	if err != nil {
		return "", err
	}
	b, err := awsapi.Marshal(out)
	return string(b), err
}

func (h *harness) machine(name, definition string) string {
	h.t.Helper()
	out, err := h.CreateStateMachine(h.t.Context(),
		CreateStateMachineInput{Name: name, Definition: definition, RoleARN: role})
	if err != nil {
		h.t.Fatal(err)
	}
	return out.StateMachineARN
}

func (h *harness) begin(machine, name, input string) string {
	h.t.Helper()
	out, err := h.StartExecution(h.t.Context(), StartExecutionInput{StateMachineARN: machine, Name: name, Input: &input})
	if err != nil {
		h.t.Fatal(err)
	}
	return out.ExecutionARN
}

func (h *harness) describe(arn string) DescribeExecutionOutput {
	h.t.Helper()
	out, err := h.DescribeExecution(h.t.Context(), DescribeExecutionInput{ExecutionARN: arn})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// ended waits for the end of an execution and describes it.
func (h *harness) ended(arn string) DescribeExecutionOutput {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), settle)
	defer cancel()
	if err := h.Wait(ctx, arn); err != nil {
		h.t.Fatalf("wait for %s: %v\n%s", arn, err, h.types(arn))
	}
	return h.describe(arn)
}

// types returns the event types of an execution's history.
func (h *harness) types(arn string) string {
	h.t.Helper()
	out, err := h.GetExecutionHistory(h.t.Context(), GetExecutionHistoryInput{ExecutionARN: arn, MaxResults: 1000})
	if err != nil {
		h.t.Fatal(err)
	}
	var events []struct{ Type string }
	if err := json.Unmarshal(out.Events, &events); err != nil {
		h.t.Fatal(err)
	}
	var types []string
	for _, e := range events {
		types = append(types, e.Type)
	}
	return strings.Join(types, " ")
}

// until polls a condition that another goroutine fulfils.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline, again := time.After(settle), time.NewTicker(200*time.Microsecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-again.C:
		case <-deadline:
			t.Fatal("never: " + what)
		}
	}
}

// advance moves the clock after a timer waits for it.
func (h *harness) advance(d time.Duration) {
	h.t.Helper()
	until(h.t, "a timer waits for the clock", func() bool { return h.timers.len() > 0 })
	h.clock.Advance(d)
}

func wantError(t testing.TB, err error, typ, message string) {
	t.Helper()
	e, ok := errors.AsType[*awsapi.Error](err)
	if !ok || e.Type != typ || !strings.Contains(e.Message, message) {
		t.Errorf("error = %v, want %s: %s", err, typ, message)
	}
}

// echo answers with its input.
func echo(payload string) (string, error) { return payload, nil }

const twoTasks = `{"StartAt":"A","States":{
	"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"a","Payload.$":"$"},"OutputPath":"$.Payload","Next":"B"},
	"B":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:b","End":true}}}`

func TestService_TwoTasks(t *testing.T) {
	t.Parallel()
	h := start(t, map[string]func(string) (string, error){
		"a": echo,
		"b": func(p string) (string, error) { return fmt.Sprintf(`{"b":%s}`, p), nil },
	})
	arn := h.begin(h.machine("two", twoTasks), "one", `{"n":1}`)
	got := h.ended(arn)
	if got.Status != asl.Succeeded || got.Output == nil || *got.Output != `{"b":{"n":1}}` {
		t.Errorf("ended %+v, history %s", got, h.types(arn))
	}
	if want := "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSucceeded TaskStateExited " +
		"TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionSucceeded TaskStateExited " +
		"ExecutionSucceeded"; h.types(arn) != want {
		t.Errorf("history = %s", h.types(arn))
	}
	until(t, "the execution is out of memory", func() bool { return h.runs.len() == 0 })
}

func (l *runs) len() (n int) {
	for i := range l.shard {
		sh := &l.shard[i]
		sh.mu.Lock()
		n += len(sh.m)
		sh.mu.Unlock()
	}
	return n
}

func (t *timers) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.heap.list)
}
