package states

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// Options connect the service to the rest of the stack. A task that needs a function that is nil
// fails.
type Options struct {
	// Caller performs an operation of another service (Router.CallJSON), as the identity in ctx.
	Caller func(ctx context.Context, service, op string, input json.RawMessage) (json.RawMessage, error)
	// InvokeLambda calls a function by name or ARN, and waits for its result. An error is a failure
	// of the call itself: an *awsapi.Error as the Lambda API would return it, otherwise a
	// connection error. The error of a failed function is in LambdaResult.
	InvokeLambda func(ctx context.Context, function, qualifier string, payload []byte) (LambdaResult, error)
	// Publish puts a status change event on the default event bus; it is called again until it
	// succeeds. An event may arrive twice (after a crash); events of different executions may be
	// out of order.
	Publish func(ctx context.Context, e StatusChange) error
	// Identity returns the identity with which a state machine calls. Default: "role/" and the
	// role's name.
	Identity func(roleARN string) awsapi.Identity

	Region, Account string // the defaults are those of awsapi
	Logger          *slog.Logger
	// Concurrency is the maximum number of tasks in flight; others wait in a queue. Default 1,000,
	// an AWS account's default for Lambda.
	Concurrency int
	// NewID returns revision ids, request ids and the names of executions that were started without
	// one. Default: random UUIDs.
	NewID func() string
	// Seed returns the source of an execution's randomness, including its task tokens. Default:
	// crypto/rand.
	Seed func() uint64
}

// LambdaResult is the answer of Lambda's Invoke.
type LambdaResult struct {
	Payload         []byte // JSON; with FunctionError an object of errorType, errorMessage ...
	FunctionError   string // "Unhandled"; empty: success
	StatusCode      int    // 0 means 200
	ExecutedVersion string // empty means $LATEST
	RequestID       string
}

// Service is Step Functions. It is safe for concurrent use. Run fires timers and continues
// executions after a restart.
type Service struct {
	store *store.Store
	clock clockwork.Clock
	opt   Options
	arns  arns
	log   *slog.Logger

	gate     gate
	lastID   atomic.Uint64 // of the last execution
	machines machines
	names    keyLocks
	runs     runs
	running  running
	children *children
	timers   *timers
	work     *pool
	outbox   *outbox
	waiters  waiters

	interrupted []uint64 // executions that had tasks in flight when the store was closed
}

// New opens the service over a store. It reads which executions are running, but does not load
// them.
func New(st *store.Store, clock clockwork.Clock, opt Options) (*Service, error) {
	opt.defaults()
	s := &Service{
		store:    st,
		clock:    clock,
		opt:      opt,
		arns:     newARNs(opt.Region, opt.Account),
		log:      opt.Logger,
		timers:   newTimers(),
		children: newChildren(),
	}
	s.work = newPool(opt.Concurrency, s.perform)
	s.runs.init()
	for p, err := range st.ScanReverse(executionKeys, executionKeys.End()) {
		if err != nil {
			return nil, fmt.Errorf("find last execution: %w", err)
		}
		s.lastID.Store(lastUint(p.Key))
		break
	}
	if err := s.renewListing(); err != nil {
		return nil, fmt.Errorf("renew listing of executions: %w", err)
	}
	if err := s.readRunning(); err != nil {
		return nil, fmt.Errorf("read running executions: %w", err)
	}
	if err := s.children.load(st); err != nil {
		return nil, fmt.Errorf("read child executions: %w", err)
	}
	outbox, err := newOutbox(s)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	s.outbox = outbox
	return s, nil
}

func (o *Options) defaults() {
	if o.Region == "" {
		o.Region = awsapi.Region
	}
	if o.Account == "" {
		o.Account = awsapi.Account
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Concurrency <= 0 {
		o.Concurrency = 1000
	}
	if o.NewID == nil {
		o.NewID = uuid.NewString
	}
	if o.Seed == nil {
		o.Seed = randomSeed
	}
	if o.Identity == nil {
		o.Identity = func(role string) awsapi.Identity {
			return awsapi.Identity{AccessKey: "role/" + awsapi.ResourceName(role)}
		}
	}
}

func randomSeed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return binary.LittleEndian.Uint64(b[:])
}

// readRunning fills the listing of running executions and the timers from their index.
func (s *Service) readRunning() error {
	for p, err := range s.store.Scan(runningKeys, runningKeys.End()) {
		if err != nil {
			return err
		}
		m, machine, err := decodeMark(p.Value)
		if err != nil {
			return err
		}
		id := lastUint(p.Key)
		if m.since == 0 {
			e, err := s.record(id)
			if err != nil {
				return err
			}
			m.since = e.since()
		}
		s.running.add(machine, rank{m.since, id})
		if !m.idle {
			s.interrupted = append(s.interrupted, id)
		} else if m.due != 0 {
			s.timers.set(id, m.due)
		}
	}
	return nil
}

// Run fires timers, publishes status changes and continues the executions that a restart
// interrupted, until ctx is done. Then it closes the service: it waits for steps that are being
// written, but not for tasks in flight (they are invoked again after the next start).
func (s *Service) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { s.resume(ctx) })
	wg.Go(func() { s.fireTimers(ctx) })
	wg.Go(func() { s.settleChildren(ctx) })
	wg.Go(func() { s.outbox.run(ctx) })
	<-ctx.Done()
	s.Close()
	wg.Wait()
	return nil
}

// Close refuses further calls, cancels tasks in flight and returns when the store is not in use any
// more.
func (s *Service) Close() {
	s.gate.close()
	s.work.stop()
}

// resume loads the executions whose tasks were in flight: loading one performs its outstanding
// commands.
func (s *Service) resume(ctx context.Context) {
	for _, id := range s.interrupted {
		if ctx.Err() != nil || !s.gate.enter() {
			return
		}
		r, err := s.acquire(id)
		if err != nil {
			s.log.Error("resume execution", "id", id, "error", err)
		} else {
			r.release()
		}
		s.gate.leave()
	}
	s.interrupted = nil
}

// gate admits calls until it is closed; closing it waits for the calls inside.
type gate struct {
	mu     sync.RWMutex
	closed bool
}

func (g *gate) enter() bool {
	g.mu.RLock()
	if g.closed {
		g.mu.RUnlock()
		return false
	}
	return true
}

func (g *gate) leave() { g.mu.RUnlock() }

func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
}

// inside calls f unless the service is closed.
func inside[I, O any](s *Service, in I, f func(I) (O, error)) (O, error) {
	if !s.gate.enter() {
		var none O
		return none, errClosed
	}
	defer s.gate.leave()
	return f(in)
}
