package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"orderflow"
	"orderflow/statemachines"
)

// state is a state of the ASL file, as far as the simulation needs it.
type state struct {
	Type, Next string
	Parameters struct {
		FunctionName string
		Payload      map[string]string
	}
	Catch []struct {
		ErrorEquals []string
		Next        string
	}
}

func loadMachine(t *testing.T) map[string]state {
	t.Helper()
	raw, err := statemachines.FS.ReadFile("fulfil-order.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ States map[string]state }
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m.States
}

// simulation runs one order through the state machine's definition, with faults, repeats, late invocations, a cancel and a carrier, all drawn
// from one seed.
type simulation struct {
	t        *testing.T
	rnd      *rand.Rand
	store    *store
	provider *provider
	machine  map[string]state
	tasks    map[string]func(context.Context, Input) error
	now      time.Time
	faults   int  // how many are left
	racing   bool // inside of something that happens in between
	late     *late
	entered  []string
	token    string
	answers  map[string]error // by token; nil is success
	sent     []orderflow.Notification
	trace    []string
}

func (s *simulation) Succeed(_ context.Context, token string, _ any) error {
	if _, gone := s.answers[token]; !gone {
		s.answers[token] = nil
	}
	return nil
}

func (s *simulation) Fail(_ context.Context, token string, code orderflow.Code, cause string) error {
	if _, gone := s.answers[token]; !gone {
		s.answers[token] = orderflow.Errorf(code, "%s", cause)
	}
	return nil
}

func (s *simulation) Notify(_ context.Context, n orderflow.Notification) error {
	if s.fault() {
		return errLost
	}
	s.sent = append(s.sent, n)
	return nil
}

func newSimulation(t *testing.T, seed uint64) *simulation {
	s := &simulation{
		t: t, rnd: rand.New(rand.NewPCG(seed, 1)), store: newStore(), machine: loadMachine(t),
		now: start, answers: map[string]error{},
	}
	s.faults = s.rnd.IntN(16)
	clock := Clock(func() time.Time { return s.now })
	s.provider = newProvider(clock)
	s.store.beforeCommit, s.store.afterCommit = s.hook(errLost), s.hook(errLost)
	s.provider.before, s.provider.after = s.hook(errUnavailable), s.hook(orderflow.Errorf(orderflow.CodePaymentUncertain, "the reply was lost"))
	s.provider.delay = func(ctx context.Context) time.Duration {
		if isLate(ctx) || !s.fault() {
			return 0
		}
		return time.Duration(1+s.rnd.IntN(59)) * time.Second
	}
	s.provider.spoil, s.provider.slow = s.spoil, s.slow
	s.tasks = map[string]func(context.Context, Input) error{
		"Validate": without(Validate{s.store, s.store}.Handle),
		"Reserve":  without(Reserve{s.store, s.store, clock}.Handle),
		"Charge":   without(Charge{s.store, s.store, s.store, s.provider, clock}.Handle),
		"Ship":     without(Ship{s.store, clock}.Handle),
		"Record":   without(Record{s.store, s.store, clock}.Handle),
		"Notify":   without(Notify{s.store, s.store, s.store, s}.Handle),
		"Refund":   without(Refund{s.store, s.store, s.store, s.provider, clock}.Handle),
		"Release":  without(Release{s.store, s.store, clock}.Handle),
		"Close":    without(Close{s.store, clock}.Handle),
	}
	return s
}

func without[Out any](f func(context.Context, Input) (Out, error)) func(context.Context, Input) error {
	return func(ctx context.Context, in Input) error {
		_, err := f(ctx, in)
		return err
	}
}

func (s *simulation) log(format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf(format, args...))
}

func (s *simulation) function(name string) string {
	return strings.TrimSuffix(strings.TrimPrefix(s.machine[name].Parameters.FunctionName, "${"), "Function}")
}

func (s *simulation) invoke(ctx context.Context, name string, reason orderflow.Code) error {
	in := Input{OrderID: "ord_1", Kind: orderflow.NotificationKind(s.machine[name].Parameters.Payload["kind"]), Reason: string(reason)}
	if s.function(name) == "Ship" {
		in.TaskToken = s.token
	}
	return s.tasks[s.function(name)](ctx, in)
}

// run goes through the state machine: technical errors are retried and redriven until they stop, the others take the Catch that names them.
func (s *simulation) run() {
	name, reason := "ValidateOrder", orderflow.Code("")
	for s.machine[name].Type != "Succeed" {
		s.entered = append(s.entered, name)
		err := s.attempt(name, reason)
		next, caught := s.next(name, err)
		s.log("%s: %v -> %s", name, err, next)
		if caught {
			reason = orderflow.CodeOf(err)
		}
		name = next
	}
	if s.late != nil {
		s.comeBack()
	}
	s.provider.settle(s.now.Add(time.Hour))
}

func (s *simulation) attempt(name string, reason orderflow.Code) error {
	for range 200 {
		s.token = fmt.Sprintf("token-%d", len(s.trace))
		err := s.invoke(s.t.Context(), name, reason)
		if err == nil && s.rnd.IntN(5) == 0 {
			s.log("%s again", name)
			err = s.invoke(s.t.Context(), name, reason)
		}
		if err == nil && s.function(name) == "Ship" {
			err = s.await()
		}
		if _, caught := s.next(name, err); err == nil || caught {
			return err
		}
		s.log("%s: %v", name, err)
		s.now = s.now.Add(30 * time.Second)
		if s.late == nil && s.rnd.IntN(8) == 0 { // an invocation may be late, but never by a day
			s.now = s.now.Add(25 * time.Hour) // an operator redrives it the next day
		}
	}
	s.t.Fatalf("%s does not settle\n%s", name, strings.Join(s.trace, "\n"))
	return nil
}

func (s *simulation) next(name string, err error) (next string, caught bool) {
	if err != nil {
		for _, c := range s.machine[name].Catch {
			for _, e := range c.ErrorEquals {
				if e == string(orderflow.CodeOf(err)) {
					return c.Next, true
				}
			}
		}
	}
	return s.machine[name].Next, false
}

// await lets the world answer the waiting step: the carrier, a cancel, or the reconciler, if the event is lost that tells of them.
func (s *simulation) await() error {
	log := slog.New(slog.DiscardHandler)
	wake := Wake{s.store, s, log}
	body := `{"detail":{"orderId":"ord_1"}}`
	for {
		by := orderflow.By{At: s.now, Actor: "carrier", Reason: "AddressUnreachable"}
		var err error
		switch s.rnd.IntN(6) {
		case 0:
			s.cancel()
		case 1:
			err = s.store.change("ord_1", func(o *orderflow.Order) error { return o.FailShipment(by) })
		case 2, 3:
			err = s.store.change("ord_1", func(o *orderflow.Order) error { return o.Dispatch("Post", "T1", by) })
		case 4:
			if s.rnd.IntN(2) == 0 {
				return errLost // the step fails otherwise: it is tried again with another token
			}
		case 5:
			s.reconcile()
		}
		if code := orderflow.CodeOf(err); err != nil && code != orderflow.CodeOrderCancelled && code != orderflow.CodeInvalidState {
			s.t.Fatal(err)
		}
		if s.rnd.IntN(4) > 0 { // the event may be lost
			out, err := wake.Handle(s.t.Context(), Batch{[]Message{{"1", body}}})
			if err != nil || len(out.Failures) > 0 {
				s.t.Fatal(out, err)
			}
		}
		if answer, ok := s.answers[s.token]; ok {
			return answer
		}
	}
}

// reconcile lets time pass and the reconciler look. It may fail, as any task; the next run repeats it.
func (s *simulation) reconcile() {
	if s.late == nil {
		s.now = s.now.Add(time.Duration(1+s.rnd.IntN(40)) * time.Hour)
	}
	r, _, _, _ := reconciler(s.store, execution(running, 0))
	r.Tokens, r.Now, r.After = s, func() time.Time { return s.now }, 15*time.Minute
	got, err := r.Handle(s.t.Context(), struct{}{})
	s.log("reconcile: %+v, %v", got, err)
}

func TestTasks_underFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testUnderFaults) // the pauses between a task's attempts take no time
}

func testUnderFaults(t *testing.T) {
	ends := map[orderflow.Status]int{}
	for seed := range uint64(400) {
		s := newSimulation(t, seed)
		products := 1 + s.rnd.IntN(3)
		if seed%40 == 0 {
			products = orderflow.MaxStockMoves + s.rnd.IntN(4) // more than one transaction takes
		}
		price := int64(min(s.rnd.IntN(8), 1) * 100) // some orders are free
		placePriced(t, s.store, products, 2+s.rnd.IntN(2), []string{"card", "card", "card", "declined"}[s.rnd.IntN(4)], price)
		if s.rnd.IntN(6) == 0 { // the last product is short
			sku := fmt.Sprintf("sku-%03d", products-1)
			s.store.products[sku] = orderflow.Product{SKU: sku, OnHand: 1}
		}
		before := maps.Clone(s.store.products)
		s.run()
		s.check(before)
		ends[s.store.load(t, "ord_1").Status]++
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, status := range []orderflow.Status{orderflow.Fulfilled, orderflow.Rejected, orderflow.Cancelled} {
		if ends[status] < 40 {
			t.Errorf("only %d orders ended %s: %v", ends[status], status, ends)
		}
	}
}
