// Package lambda runs functions as AWS Lambda does: synchronous and asynchronous invocations,
// timeouts, payload and concurrency limits, retries and destinations, and event source mappings
// that read SQS queues and DynamoDB streams.
//
// A function is a Handler, the interface of github.com/aws/aws-lambda-go: in this process, or a
// real bootstrap process behind the Lambda Runtime API (Isolated). As on AWS an execution
// environment serves one request at a time: a function has a pool of environments, the last used
// first; concurrent requests get environments of their own, each with a handler of its own, and an
// environment whose request timed out or panicked is never used again.
package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// Limits of AWS Lambda: "Lambda quotas" in its developer guide. Asynchronous payloads were 256 KB
// until October 2025.
const (
	MaxSyncPayload     = 6 << 20
	MaxAsyncPayload    = 1 << 20
	MaxResponse        = 6<<20 + 100
	AccountConcurrency = 1000
)

// Handler serves one request at a time; lambda.Handler of aws-lambda-go satisfies it.
// A Handler that is an io.Closer is closed when its execution environment ends.
type Handler interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Options of New.
type Options struct {
	// Factory makes the handler of one new execution environment: the init phase. An error fails
	// the request that needed it.
	Factory func(Function) (Handler, error)
	// Caller reaches the other services: destinations and dead-letter queues.
	Caller awsapi.Caller
	// Observe is called at the end of every invocation; it must not block.
	Observe func(Invocation)
	Logger  *slog.Logger
	// Concurrency of the account, shared by the functions without a reservation; AccountConcurrency
	// by default.
	Concurrency int
	// Grace is how long Run lets requests in flight finish when it is stopped; 3 s by default.
	Grace time.Duration
	// NewID makes request ids; random UUIDs by default.
	NewID func() string
}

// Invocation is the argument of Observe.
type Invocation struct {
	Function, RequestID string
	Duration            time.Duration
	ColdStart           bool   // a new execution environment was made for it
	ErrorType           string // empty on success, e.g. "Sandbox.Timedout", or "Throttled"
}

// Service holds the functions of one stack and their event source mappings. It is an
// awsapi.HTTPService.
type Service struct {
	st    *store.Store
	clock clockwork.Clock
	opt   Options
	log   *slog.Logger
	since time.Time // the start

	mu        sync.Mutex
	functions map[string]*function
	mappings  []mapping
	running   bool
	draining  bool // no background request begins any more
	stopping  bool // no request begins any more

	turns      *turns
	unreserved gate           // concurrency of the functions without a reservation
	background sync.WaitGroup // background requests in flight
	requests   sync.WaitGroup // the others in flight
	drain      chan struct{}  // closed by Drain
	drainOnce  sync.Once
	drained    chan struct{} // closed when nothing is left in the background
	base       context.Context
	interrupt  context.CancelFunc // ends the requests in flight
}

// mapping is an event source mapping: run polls until ctx ends, then finishes what it has begun.
type mapping interface {
	run(ctx context.Context) error
	describe() MappingDescription
}

// New makes a service without functions. Register them and their mappings, then Run it.
func New(st *store.Store, clock clockwork.Clock, opt Options) (*Service, error) {
	if opt.Factory == nil {
		return nil, errors.New("new lambda service: no handler factory")
	}
	setDefaults(&opt)
	s := &Service{st: st, clock: clock, opt: opt, log: opt.Logger, since: clock.Now(), functions: map[string]*function{}, turns: newTurns(),
		drain: make(chan struct{}), drained: make(chan struct{})}
	s.unreserved.limit = opt.Concurrency
	s.base, s.interrupt = context.WithCancel(context.Background())
	return s, nil
}

func setDefaults(opt *Options) {
	if opt.Concurrency == 0 {
		opt.Concurrency = AccountConcurrency
	}
	if opt.Grace == 0 {
		opt.Grace = 3 * time.Second
	}
	if opt.NewID == nil {
		opt.NewID = awsapi.RequestID
	}
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
}

// Register adds a function, before Run. Its ARN is made from its name if it has none.
func (s *Service) Register(fn Function) error {
	if fn.ARN == "" {
		fn.ARN = ARN(fn.Name)
	}
	fn.Outlet = s.st.Outlet()
	if err := fn.check(); err != nil {
		return fmt.Errorf("register function %s: %w", fn.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running {
		return fmt.Errorf("register function %s: the service is running", fn.Name)
	}
	if _, ok := s.functions[fn.Name]; ok {
		return fmt.Errorf("register function %s: registered twice", fn.Name)
	}
	f := &function{Function: fn, service: s, wake: make(chan struct{}, 1), inFlight: map[string]bool{}}
	if f.gate = &s.unreserved; fn.ReservedConcurrency != nil {
		f.gate = &gate{limit: *fn.ReservedConcurrency, reserved: true}
		s.unreserved.limit -= *fn.ReservedConcurrency
	}
	s.functions[fn.Name] = f
	return nil
}

// Functions lists the functions by name.
func (s *Service) Functions() []Function {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Function
	for _, name := range slices.Sorted(maps.Keys(s.functions)) {
		list = append(list, s.functions[name].Function)
	}
	return list
}

// Run serves asynchronous invocations and event source mappings until ctx ends. Then it waits up to
// Grace for the requests in flight, interrupts the rest, closes the execution environments and
// returns. Drain does the first part earlier. An error means that the store failed.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	polling, stopPolling := context.WithCancel(ctx)
	defer stopPolling()
	var loops sync.WaitGroup
	for _, run := range s.start() {
		loops.Go(func() {
			if err := run(polling); err != nil && polling.Err() == nil {
				stop(err)
			}
		})
	}
	select {
	case <-s.drain:
	case <-ctx.Done():
	}
	s.refuse(ctx.Err() != nil)
	stopPolling()
	s.await(&loops, &s.background)
	close(s.drained)

	<-ctx.Done()
	s.refuse(true)
	s.await(&s.requests)
	s.Close()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// await waits for all groups. When the grace is over, it interrupts what is in flight.
func (s *Service) await(groups ...*sync.WaitGroup) {
	idle := make(chan struct{})
	go func() {
		for _, g := range groups {
			g.Wait()
		}
		close(idle)
	}()
	select {
	case <-idle:
	case <-s.clock.After(s.opt.Grace):
		s.interrupt()
		<-idle
	}
}

// Drain is the first part of the end of Run, which must be running. No background request begins
// any more, and Drain returns when those in flight have ended or were interrupted. Meanwhile, and
// until Run's ctx ends, requests of waiting callers are served: functions may need them to finish.
func (s *Service) Drain() {
	s.drainOnce.Do(func() { close(s.drain) })
	<-s.drained
}

func (s *Service) start() []func(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = true
	var loops []func(context.Context) error
	for _, f := range s.functions {
		loops = append(loops, f.dispatch)
	}
	for _, m := range s.mappings {
		loops = append(loops, m.run)
	}
	return loops
}

// begin counts a request and returns the function that ends the count, or nil if the service is
// stopping.
func (s *Service) begin(awaited bool) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopping || s.draining && !awaited:
		return nil
	case awaited:
		s.requests.Add(1)
		return s.requests.Done
	}
	s.background.Add(1)
	return s.background.Done
}

// refuse stops new requests: all, or those in the background.
func (s *Service) refuse(all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	s.stopping = s.stopping || all
}

// Close interrupts the requests in flight and ends the execution environments. Run calls it at its
// end.
func (s *Service) Close() {
	s.refuse(true)
	s.interrupt()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.functions {
		f.closeIdle()
	}
}

// sleep waits by the clock. It reports false if ctx ended first.
func (s *Service) sleep(ctx context.Context, d time.Duration) bool {
	t := s.clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.Chan():
		return true
	case <-ctx.Done():
		return false
	}
}
