// Package events is Amazon EventBridge of the local stack: event buses, rules with patterns or
// schedules, and their targets (SQS, Lambda, SNS, another bus, Step Functions) with input
// transformation, retries and dead-letter queues.
//
// PutEvents matches accepted events at once. The deliveries are written in the batch that accepts
// the events, so that a crash loses none. Delivery is at least once.
package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/outbox"
	"github.com/orderflow-dev/orderflow/local/pattern"
	"github.com/orderflow-dev/orderflow/local/store"
)

const defaultBus = "default"

// Options of New. Call and InvokeAsync must be set before Run.
type Options struct {
	Call        awsapi.Caller
	InvokeAsync awsapi.Invoker
	NewID       func() string // event ids; default random UUIDs
	Logger      *slog.Logger  // for dropped events; default slog.Default()
	Workers     int           // concurrent deliveries; default: one for each processor
}

// Service is EventBridge. Make one with New; it delivers while Run runs.
type Service struct {
	st    *store.Store
	clock clockwork.Clock
	o     Options
	out   *outbox.Outbox

	manage sync.Mutex // serialises changes of buses and rules
	mu     sync.RWMutex
	buses  map[string]*bus
	wake   chan struct{} // a schedule changed; buffered for one
}

// bus is an event bus and its rules. Rules are replaced, never changed.
type bus struct {
	rec   busRecord
	rules map[string]*rule
}

// rule is a ruleRecord made ready for use.
type rule struct {
	ruleRecord
	pattern  *pattern.Pattern // nil: matches no event
	schedule schedule         // nil: never fires
	next     int64            // next firing of the schedule, Unix milliseconds
}

// New opens the buses and rules that st holds. The default bus always exists.
func New(st *store.Store, clock clockwork.Clock, o Options) (*Service, error) {
	if o.NewID == nil {
		o.NewID = uuid.NewString
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	s := &Service{st: st, clock: clock, o: o, buses: map[string]*bus{}, wake: make(chan struct{}, 1)}
	s.buses[defaultBus] = &bus{rec: busRecord{Name: defaultBus}, rules: map[string]*rule{}}
	if err := errors.Join(s.openBuses(), s.openRules()); err != nil {
		return nil, err
	}
	var err error
	s.out, err = outbox.New(st, clock, "events", o.Workers, s.deliver)
	return s, err
}

// Run delivers events and fires schedules until ctx ends. It returns an error only if the store
// fails.
func (s *Service) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var scheduled error
	var wg sync.WaitGroup
	wg.Go(func() {
		if scheduled = s.runSchedules(ctx); scheduled != nil {
			cancel()
		}
	})
	err := s.out.Run(ctx)
	cancel()
	wg.Wait()
	return errors.Join(err, scheduled)
}

func (s *Service) openBuses() error {
	prefix := store.NewKey("events", "bus")
	for rec, err := range store.Records[busRecord](s.st.Scan(prefix, prefix.End())) {
		if err != nil {
			return fmt.Errorf("read buses: %w", err)
		}
		s.buses[rec.Name] = &bus{rec: rec, rules: map[string]*rule{}}
	}
	return nil
}

func (s *Service) openRules() error {
	prefix := store.NewKey("events", "rule")
	for rec, err := range store.Records[ruleRecord](s.st.Scan(prefix, prefix.End())) {
		if err != nil {
			return fmt.Errorf("read rules: %w", err)
		}
		b := s.buses[rec.Bus]
		if b == nil {
			s.o.Logger.Error("rule without a bus is ignored", "rule", rec.Name, "bus", rec.Bus)
			continue
		}
		r, err := rec.compile()
		if err != nil {
			s.o.Logger.Error("rule cannot be read; it is ignored until it is put again", "rule", rec.Name, "bus",
				rec.Bus, "error", err)
			r = &rule{ruleRecord: rec}
		}
		if r.next, err = s.readNext(rec); err != nil {
			return err
		}
		b.rules[rec.Name] = r
	}
	return nil
}

// busName is the name in a bus name or ARN; empty is the default bus.
func busName(ref string) string {
	if ref == "" {
		return defaultBus
	}
	return awsapi.ResourceName(ref)
}

// BusARN is the ARN of the bus of the given name or ARN.
func BusARN(ref string) string { return awsapi.ARN("events", "event-bus/"+busName(ref)) }

// RuleARN is the ARN of a rule; rules of the default bus do not name it.
func RuleARN(busRef, name string) string {
	if b := busName(busRef); b != defaultBus {
		return awsapi.ARN("events", "rule/"+b+"/"+name)
	}
	return awsapi.ARN("events", "rule/"+name)
}

func notFound(format string, args ...any) error {
	return awsapi.Errorf("ResourceNotFoundException", format, args...)
}

func invalid(format string, args ...any) error {
	return awsapi.Errorf("ValidationException", format, args...)
}

// isAWS reports whether only AWS services may use an event source.
func isAWS(source string) bool { return strings.HasPrefix(source, "aws.") }
