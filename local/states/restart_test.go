package states

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/store"
)

// restarting is a service that is stopped and opened again over its store.
type restarting struct {
	*harness
	t   *testing.T
	opt Options
}

func newRestarting(t *testing.T, by map[string]func(string) (string, error)) *restarting {
	t.Helper()
	r := &restarting{harness: start(t, by), t: t}
	return r
}

func (r *restarting) restart() {
	r.t.Helper()
	r.harness.stop()
	old := r.harness
	r.harness = startOn(r.t, old.store, old.clock, r.opt, old.functions)
	r.t.Cleanup(r.harness.stop)
}

func TestService_RestartKeepsDeadlines(t *testing.T) {
	t.Parallel()
	fails := func(string) (string, error) { return "", functionFailure(`{"errorType":"Busy"}`) }
	token := make(chan string, 1)
	submit := func(p string) (string, error) {
		var in struct{ Token string }
		err := json.Unmarshal([]byte(p), &in)
		select {
		case token <- in.Token:
		default:
		}
		return `{}`, err
	}
	for _, tt := range []struct {
		name, definition string
		after            time.Duration // the time until the timer is due
		status           asl.Status
		history          string // the end of the history
	}{
		{"wait", `{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":86400,"End":true}}}`, 24 * time.Hour,
			asl.Succeeded, "WaitStateExited ExecutionSucceeded"},
		{"retry delay", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:fails","End":true,
			"Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":3600,"MaxAttempts":1}]}}}`, time.Hour, asl.Failed,
			"LambdaFunctionFailed LambdaFunctionScheduled LambdaFunctionStarted LambdaFunctionFailed ExecutionFailed"},
		{"heartbeat", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","HeartbeatSeconds":900,
			"Parameters":{"FunctionName":"submit","Payload":{"token.$":"$$.Task.Token"}},"End":true}}}`, 15 * time.Minute, asl.Failed, "TaskSubmitted TaskTimedOut ExecutionFailed"},
		{"task timeout", `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken","TimeoutSeconds":7200,
			"Parameters":{"FunctionName":"submit","Payload":{"token.$":"$$.Task.Token"}},"End":true}}}`, 2 * time.Hour, asl.Failed, "TaskSubmitted TaskTimedOut ExecutionFailed"},
		{"machine timeout",
			`{"TimeoutSeconds":1800,"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":86400,"End":true}}}`,
			30 * time.Minute, asl.TimedOut, "ExecutionTimedOut"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRestarting(t, map[string]func(string) (string, error){"fails": fails, "submit": submit})
			arn := r.begin(r.machine("m", tt.definition), "x", `{}`)
			until(t, "the execution is out of memory", func() bool { return r.runs.len() == 0 })
			r.clock.Advance(tt.after / 3)
			r.restart()
			if n := r.runs.len(); n != 0 {
				t.Errorf("%d executions were loaded", n)
			}
			r.advance(tt.after - tt.after/3 - time.Millisecond)
			if got := r.describe(arn); got.Status != asl.Running {
				t.Fatalf("ended a millisecond early: %+v", got)
			}
			r.restart()
			r.advance(time.Millisecond)
			got := r.ended(arn)
			if got.Status != tt.status || !strings.HasSuffix(r.types(arn), tt.history) {
				t.Errorf("ended %s, history %s", got.Status, r.types(arn))
			}
			if want := got.StartDate + Millis(tt.after.Milliseconds()); got.StopDate != want {
				t.Errorf("ended at %d, want %d", got.StopDate, want)
			}
		})
	}
}

func TestService_RestartFiresWhatIsOverdue(t *testing.T) {
	t.Parallel()
	r := newRestarting(t, nil)
	machine := r.machine("m", hourMachine)
	var arns []string
	for i := range 200 {
		arns = append(arns, r.begin(machine, fmt.Sprint(i), `{}`))
	}
	r.harness.stop()
	r.clock.Advance(24 * time.Hour)
	r.restart()
	for _, arn := range arns {
		if got := r.ended(arn); got.Status != asl.Succeeded {
			t.Fatalf("ended %+v", got)
		}
	}
}

func TestService_RestartKeepsTokens(t *testing.T) {
	t.Parallel()
	tokens := make(chan string, 1)
	r := newRestarting(t, map[string]func(string) (string, error){"submit": func(p string) (string, error) {
		var in struct{ Token string }
		err := json.Unmarshal([]byte(p), &in)
		tokens <- in.Token
		return `{}`, err
	}})
	arn := r.begin(r.machine("m", callback), "x", `{}`)
	r.submitted(arn)
	r.restart()
	if _, err := r.SendTaskSuccess(t.Context(), SendTaskSuccessInput{<-tokens, `{"late":true}`}); err != nil {
		t.Fatal(err)
	}
	if got := r.ended(arn); got.Status != asl.Succeeded || *got.Output != `{"late":true}` {
		t.Errorf("ended %+v", got)
	}
	if n := r.functions.called("submit"); n != 1 {
		t.Errorf("submit was called %d times", n)
	}
}

func TestService_RestartInvokesTasksInFlightAgain(t *testing.T) {
	t.Parallel()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	clock := clockwork.NewFakeClockAt(testStart)
	hangs, calls := make(chan struct{}), make(chan string, 10)
	var once sync.Once
	invoke := func(ctx context.Context, function, _ string, payload []byte) (LambdaResult, error) {
		calls <- function[strings.LastIndex(function, ":")+1:]
		if strings.HasSuffix(function, "b") {
			first := false
			once.Do(func() { first = true })
			if first {
				close(hangs)
				<-ctx.Done()
			}
		}
		return LambdaResult{Payload: payload}, nil
	}
	h := startOn(t, st, clock, Options{InvokeLambda: invoke}, nil)
	arn := h.begin(h.machine("m", twoTasks), "x", `{"n":1}`)
	<-hangs
	h.stop()
	h = startOn(t, st, clock, Options{InvokeLambda: invoke}, nil)
	defer h.stop()
	if got := h.ended(arn); got.Status != asl.Succeeded || *got.Output != `{"n":1}` {
		t.Errorf("ended %+v", got)
	}
	close(calls)
	var got []string
	for c := range calls {
		got = append(got, c)
	}
	if strings.Join(got, " ") != "a b b" {
		t.Errorf("calls = %v, want a once: its result was recorded", got)
	}
}

func TestService_ClosedRefuses(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	machine := h.machine("m", hourMachine)
	h.stop()
	_, err := h.StartExecution(t.Context(), StartExecutionInput{StateMachineARN: machine})
	wantError(t, err, "ServiceUnavailable", "stopping")
}

func TestService_ManyTasksAtOnce(t *testing.T) {
	t.Parallel()
	h := start(t, map[string]func(string) (string, error){"double": func(p string) (string, error) { return p, nil }})
	machine := h.machine("m", `{"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.items","End":true,"ItemProcessor":{"StartAt":"T","States":{
		"T":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:double","End":true}}}}}}`)
	items, err := json.Marshal(make([]int, 500))
	if err != nil {
		t.Fatal(err)
	}
	var arns []string
	for i := range 5 {
		arns = append(arns, h.begin(machine, fmt.Sprint(i), `{"items":`+string(items)+`}`))
	}
	for _, arn := range arns {
		if got := h.ended(arn); got.Status != asl.Succeeded || *got.Output != string(items) {
			t.Errorf("ended %+v", got)
		}
	}
	if n := h.functions.called("double"); n != 2500 {
		t.Errorf("%d calls", n)
	}
}

func TestService_StopsWithoutInvokingAgain(t *testing.T) {
	t.Parallel()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	clock, called := clockwork.NewFakeClockAt(testStart), make(chan struct{}, 10)
	invoke := func(ctx context.Context, _, _ string, payload []byte) (LambdaResult, error) {
		called <- struct{}{}
		<-ctx.Done()
		return LambdaResult{}, ctx.Err()
	}
	h := startOn(t, st, clock, Options{InvokeLambda: invoke}, nil)
	arn := h.begin(h.machine("m", twoTasks), "x", `{}`)
	<-called
	h.stop()
	// The service is opened, and the execution stopped before it was resumed.
	s, err := New(st, clock, Options{InvokeLambda: invoke})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.StopExecution(t.Context(), StopExecutionInput{ExecutionARN: arn}); err != nil {
		t.Fatal(err)
	}
	s.work.mu.Lock()
	defer s.work.mu.Unlock()
	if s.work.workers != 0 || len(s.work.queue) != 0 {
		t.Error("a task of a stopped execution was started")
	}
}

func TestService_QueuedTasksOfAStoppedExecutionAreNotInvoked(t *testing.T) {
	t.Parallel()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	calls, let := make(chan string, 10), make(chan struct{})
	invoke := func(_ context.Context, _, _ string, payload []byte) (LambdaResult, error) {
		calls <- string(payload)
		<-let
		return LambdaResult{Payload: payload}, nil
	}
	h := startOn(t, st, clockwork.NewFakeClockAt(testStart), Options{InvokeLambda: invoke, Concurrency: 1}, nil)
	defer h.stop()
	machine := h.machine("m",
		`{"StartAt":"T","States":{"T":{"Type":"Task",`+
			`"Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","End":true}}}`)
	first := h.begin(machine, "first", `1`)
	<-calls
	second, third := h.begin(machine, "second", `2`), h.begin(machine, "third", `3`)
	if _, err := h.StopExecution(t.Context(), StopExecutionInput{ExecutionARN: second}); err != nil {
		t.Fatal(err)
	}
	close(let)
	h.ended(first)
	h.ended(third)
	if got := <-calls; got != "3" || len(calls) != 0 {
		t.Errorf("called with %s, and %d more", got, len(calls))
	}
}
