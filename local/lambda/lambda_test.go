package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	awslambda "github.com/aws/aws-lambda-go/lambda"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

var epoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// bench is a service under test with its store, clock and the calls it made to other services.
type bench struct {
	*Service
	st    *store.Store
	clock *clockwork.FakeClock

	mu    sync.Mutex
	calls []string // "sqs SendMessage {...}"
	fail  error    // what the other services answer
}

type setup struct {
	functions []Function
	handlers  map[string]any // by Function.Handler, for awslambda.NewHandler
	options   Options
	st        *store.Store
	clock     *clockwork.FakeClock
}

func newBench(t *testing.T, in setup) *bench {
	t.Helper()
	b := &bench{st: in.st, clock: in.clock}
	if b.st == nil {
		b.st = memStore(t)
	}
	if b.clock == nil {
		b.clock = clockwork.NewFakeClockAt(epoch)
	}
	if in.options.Factory == nil {
		in.options.Factory = func(fn Function) (Handler, error) {
			h, ok := in.handlers[fn.Handler]
			if !ok {
				return nil, fmt.Errorf("no handler %q", fn.Handler)
			}
			return awslambda.NewHandler(h), nil
		}
	}
	in.options.Caller = func(_ context.Context, service, op string, input any) (json.RawMessage, error) {
		body, err := json.Marshal(input)
		if err != nil {
			return nil, err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.fail != nil {
			return nil, b.fail
		}
		b.calls = append(b.calls, service+" "+op+" "+string(body))
		return json.RawMessage("{}"), nil
	}
	s, err := New(b.st, b.clock, in.options)
	if err != nil {
		t.Fatal(err)
	}
	b.Service = s
	for _, fn := range in.functions {
		if err := s.Register(fn); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func memStore(t *testing.T) *store.Store {
	t.Helper()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// start runs the service until the test ends, or the returned function is called.
func (b *bench) start(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func (b *bench) sent() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.calls...)
}

// until polls a condition for at most a minute: a bound on failures, not on the machine.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}

// advanceUntil moves the clock step by step until the condition holds.
func (b *bench) advanceUntil(t *testing.T, step time.Duration, what string, ok func() bool) {
	t.Helper()
	until(t, what, func() bool {
		if ok() {
			return true
		}
		b.clock.Advance(step)
		return ok()
	})
}

// log collects what handlers did.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func (l *log) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines...)
}
