package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"reflect"
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

func (s *simulation) fault() bool {
	if s.faults == 0 || s.rnd.IntN(6) > 0 {
		return false
	}
	s.faults--
	return true
}

// hook is what happens at each point between two effects of a task.
func (s *simulation) hook(fault error) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		if l, ok := ctx.Value(lateKey{}).(*late); ok {
			l.pause()
			return nil
		}
		s.meanwhile()
		if s.fault() {
			return fault
		}
		return nil
	}
}

var errUnavailable = orderflow.Errorf(orderflow.CodePaymentUnavailable, "not now")

// late is an invocation that everybody takes for dead. It stops at one point, and goes on when nobody expects it.
type late struct {
	name           string
	points         int // how many it passes before it stops
	paused, resume chan struct{}
	done           chan error
}

type lateKey struct{}

func isLate(ctx context.Context) bool { return ctx.Value(lateKey{}) != nil }

func (l *late) pause() {
	if l.points--; l.points == 0 {
		close(l.paused)
		<-l.resume
	}
}

// leave starts an invocation of a step, and leaves it where it stops.
func (s *simulation) leave(name string) {
	l := &late{name, 1 + s.rnd.IntN(6), make(chan struct{}), make(chan struct{}), make(chan error, 1)}
	go func() {
		l.done <- s.invoke(context.WithValue(s.t.Context(), lateKey{}, l), name, orderflow.CodeOrderCancelled)
	}()
	select {
	case <-l.paused:
		s.late = l
		s.log("%s left alone", name)
	case err := <-l.done:
		s.log("%s in between: %v", name, err)
	}
}

func (s *simulation) comeBack() {
	close(s.late.resume)
	s.log("%s is back: %v", s.late.name, <-s.late.done)
	s.late = nil
}

// meanwhile is what may happen between two effects of a task: the customer cancels, or an earlier invocation turns out not to be dead.
// (Not of Ship: each of its invocations has a token of its own, and Step Functions ends the older one first.)
func (s *simulation) meanwhile() {
	if s.racing || s.rnd.IntN(12) > 0 {
		return
	}
	s.racing = true
	defer func() { s.racing = false }()
	switch {
	case s.rnd.IntN(2) == 0:
		s.cancel()
	case s.late != nil:
		s.comeBack()
	default:
		if name := s.entered[s.rnd.IntN(len(s.entered))]; s.function(name) != "Ship" {
			s.leave(name)
		}
	}
}

func (s *simulation) log(format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf(format, args...))
}

func (s *simulation) cancel() {
	err := s.store.change("ord_1", func(o *orderflow.Order) error {
		return o.RequestCancel(orderflow.By{At: s.now, Actor: "customer:cus_1"})
	})
	s.log("cancel: %v", err)
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

// await lets the world answer the waiting step: the carrier, a cancel, or a lost event that is found out later.
func (s *simulation) await() error {
	log := slog.New(slog.DiscardHandler)
	wake := Wake{s.store, s, log}
	body := `{"detail":{"orderId":"ord_1"}}`
	for {
		by := orderflow.By{At: s.now, Actor: "carrier", Reason: "AddressUnreachable"}
		var err error
		switch s.rnd.IntN(5) {
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
		}
		if code := orderflow.CodeOf(err); err != nil && code != orderflow.CodeOrderCancelled && code != orderflow.CodeInvalidState {
			s.t.Fatal(err)
		}
		out, err := wake.Handle(s.t.Context(), Batch{[]Message{{"1", body}}})
		if err != nil || len(out.Failures) > 0 {
			s.t.Fatal(out, err)
		}
		if answer, ok := s.answers[s.token]; ok {
			return answer
		}
	}
}

// check checks the invariants of the order that ended.
func (s *simulation) check(before map[string]orderflow.Product) {
	o := s.store.load(s.t, "ord_1")
	fail := func(format string, args ...any) {
		s.t.Errorf(format+"\n%s", append(args, strings.Join(s.trace, "\n"))...)
	}
	if !o.Status.Final() {
		fail("I1: the order is %s", o.Status)
	}
	for _, c := range s.provider.captures {
		if c.Amount != o.Total || len(s.provider.captures) > 1 {
			fail("I2: the total is %s, captured %v", o.Total, s.provider.captures)
		}
	}
	s.checkStock(o, before, fail)
	captured, refunded := len(s.provider.captures) == 1, len(s.provider.refunds) == 1
	due := captured && o.Status != orderflow.Fulfilled
	if due != refunded || len(s.provider.refunds) > 1 || refunded && s.provider.refunds[0].Amount != o.Total {
		fail("I4: captured %v, order %s, refunds %v", captured, o.Status, s.provider.refunds)
	}
	dispatched := o.Shipment != nil && o.Shipment.Status == orderflow.ShipmentDispatched
	if dispatched != (o.Status == orderflow.Fulfilled) || dispatched && (!captured || o.Cancel != nil) {
		fail("I5: dispatched %v, captured %v, order %s", dispatched, captured, o.Status)
	}
	want := map[bool]orderflow.PaymentStatus{true: orderflow.PaymentRefunded, false: orderflow.PaymentNone}[refunded]
	switch {
	case o.Status == orderflow.Fulfilled:
		want = orderflow.PaymentCaptured
	case len(s.provider.declined) > 0:
		want = orderflow.PaymentDeclined
	}
	if o.PaymentStatus != want && !s.onlyProviderKnows(o) {
		fail("payment status %s, want %s", o.PaymentStatus, want)
	}
	s.checkEvents(o, fail)
}

// onlyProviderKnows: a charge that was given up was declined later, or went straight back. The order never heard of it.
func (s *simulation) onlyProviderKnows(o *orderflow.Order) bool {
	return o.PaymentStatus == orderflow.PaymentNone && s.store.payments["ord_1/charge"].Reason == voided
}

func (s *simulation) checkStock(o *orderflow.Order, before map[string]orderflow.Product, fail func(string, ...any)) {
	for sku, want := range before {
		if o.Status == orderflow.Fulfilled {
			want.OnHand, want.Shipped = want.OnHand-2, 2
		}
		if got := s.store.products[sku]; got != want || got.OnHand < 0 {
			fail("I3: stock of a %s order is %+v, want %+v", o.Status, got, want)
		}
	}
}

// bus takes most events, some twice, and loses none for good.
type bus struct {
	rnd    *rand.Rand
	events []orderflow.EventDetail
}

func (b *bus) Publish(_ context.Context, events []orderflow.EventDetail) (failed []int, err error) {
	for i, e := range events {
		switch b.rnd.IntN(6) {
		case 0:
			failed = append(failed, i)
		case 1:
			b.events = append(b.events, e, e)
		default:
			b.events = append(b.events, e)
		}
	}
	return failed, nil
}

// checkEvents publishes the stream as Lambda would, from the lowest failure again, and folds what came out.
func (s *simulation) checkEvents(o *orderflow.Order, fail func(string, ...any)) {
	b := &bus{rnd: s.rnd}
	p := Publish{b, slog.New(slog.DiscardHandler)}
	for left := s.store.stream; len(left) > 0; {
		out, err := p.Handle(s.t.Context(), Stream{left})
		if err != nil {
			s.t.Fatal(err)
		}
		if len(out.Failures) == 0 {
			break
		}
		for left[0].SequenceNumber != out.Failures[0].ID {
			left = left[1:]
		}
	}
	folded, err := orderflow.Fold(b.events)
	if err != nil || !reflect.DeepEqual(folded, o.State()) {
		fail("I7: fold of %d events is %+v (%v), the order is %+v", len(b.events), folded, err, o.State())
	}
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
		place(t, s.store, products, 2+s.rnd.IntN(2), []string{"card", "card", "card", "declined"}[s.rnd.IntN(4)])
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
