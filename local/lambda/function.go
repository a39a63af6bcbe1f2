package lambda

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// Function is a function as the template describes it.
type Function struct {
	Name string
	ARN  string // made from the name if empty
	// Handler is the template's Handler. A bootstrap process gets it as _HANDLER; the factory
	// selects the handler by it.
	Handler  string
	RoleName string // the identity of the function's own calls, of its mappings' and of its destinations'
	Env      map[string]string
	Timeout  time.Duration // 3 s by default, at most 15 min
	MemoryMB int           // 128 by default
	// ReservedConcurrency is the maximum number of concurrent requests; 0 throttles all. Nil means
	// a share of the account's concurrency.
	ReservedConcurrency *int
	Async               AsyncConfig
	// Outlet is how the function reaches servers other than AWS; Register sets it. A request that
	// bypasses it may report something that a crash undoes.
	Outlet store.Outlet
	// Log takes what the function logs. Each execution environment has its own, which the factory
	// finds here.
	Log io.Writer
}

// AsyncConfig configures the retries and destinations of asynchronous invocations:
// AWS::Lambda::EventInvokeConfig.
type AsyncConfig struct {
	MaximumRetryAttempts *int          // 0-2, 2 by default
	MaximumEventAge      time.Duration // 1 min to 6 h, 6 h by default
	OnSuccess, OnFailure string        // ARN of a queue, topic, function or event bus
	DeadLetter           string        // ARN of a queue or topic that takes the event itself
}

func (fn *Function) check() error {
	if fn.Name == "" {
		return errors.New("no name")
	}
	if fn.Timeout == 0 {
		fn.Timeout = 3 * time.Second
	}
	if fn.MemoryMB == 0 {
		fn.MemoryMB = 128
	}
	if fn.Timeout < time.Second || fn.Timeout > 15*time.Minute {
		return fmt.Errorf("timeout %v is not between 1 s and 15 min", fn.Timeout)
	}
	if fn.ReservedConcurrency != nil && *fn.ReservedConcurrency < 0 {
		return fmt.Errorf("reserved concurrency %d is negative", *fn.ReservedConcurrency)
	}
	return fn.Async.check()
}

func (c *AsyncConfig) check() error {
	if c.MaximumRetryAttempts == nil {
		two := 2
		c.MaximumRetryAttempts = &two
	}
	if c.MaximumEventAge == 0 {
		c.MaximumEventAge = 6 * time.Hour
	}
	if n := *c.MaximumRetryAttempts; n < 0 || n > 2 {
		return fmt.Errorf("maximum retry attempts %d is not between 0 and 2", n)
	}
	if c.MaximumEventAge < time.Minute || c.MaximumEventAge > 6*time.Hour {
		return fmt.Errorf("maximum event age %v is not between 1 min and 6 h", c.MaximumEventAge)
	}
	for _, arn := range []string{c.OnSuccess, c.OnFailure, c.DeadLetter} {
		if err := checkDestination(arn); err != nil {
			return err
		}
	}
	return nil
}

// function is a registered function: its concurrency gate, its execution environments and its queue
// of asynchronous invocations.
type function struct {
	Function
	service *Service
	gate    *gate

	mu       sync.Mutex
	idle     []*environment // the last used is the last element and is taken first
	closed   bool
	inFlight map[string]bool // ids of the asynchronous invocations being worked on
	wake     chan struct{}   // an asynchronous invocation was added or has ended
}

// find resolves a name, a partial or a full ARN, with or without the qualifier $LATEST. It returns
// the errors of resolve, and ResourceNotFoundException if there is no such function.
func (s *Service) find(nameOrARN, qualifier string) (*function, error) {
	r, err := resolve(nameOrARN)
	if err != nil {
		return nil, err
	}
	if qualifier == "" {
		qualifier = r.qualifier
	}
	s.mu.Lock()
	f := s.functions[r.name]
	s.mu.Unlock()
	if f == nil && len(r.name) > maxFunctionName { // a template of a long stack name may have such functions
		return nil, tooLong(nameOrARN, maxFunctionName)
	}
	if f == nil || qualifier != "" && qualifier != "$LATEST" {
		arn := ARN(r.name)
		if qualifier != "" {
			arn += ":" + qualifier
		}
		return nil, &awsapi.Error{Type: "ResourceNotFoundException", Message: "Function not found: " + arn, Status: 404}
	}
	return f, nil
}

// gate counts requests against a limit.
type gate struct {
	mu       sync.Mutex
	limit    int
	reserved bool
	busy     int
}

// enter returns the throttling error of AWS if the limit is reached; leave must follow a nil error.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy >= g.limit {
		reason := "ConcurrentInvocationLimitExceeded"
		if g.reserved {
			reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
		}
		return &awsapi.Error{Type: "TooManyRequestsException", Message: "Rate Exceeded.", Status: 429, Fields: map[string]any{"Reason": reason}}
	}
	g.busy++
	return nil
}

func (g *gate) leave() {
	g.mu.Lock()
	g.busy--
	g.mu.Unlock()
}
