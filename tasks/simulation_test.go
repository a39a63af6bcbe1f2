package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/statemachines"
)

// state is a state of the ASL file, reduced to what the simulation needs.
type state struct {
	Type, Next, Resource string
	ResultPath           string // "" also for null: the result is dropped
	ResultSelector       map[string]any
	Parameters           struct {
		FunctionName string
		Payload      map[string]any
	}
	Catch []struct {
		ErrorEquals      []string
		ResultPath, Next string
	}
}

// waits reports whether the state waits for a task token.
func (s state) waits() bool { return strings.HasSuffix(s.Resource, ".waitForTaskToken") }

func (s state) function() string {
	return strings.TrimSuffix(strings.TrimPrefix(s.Parameters.FunctionName, "${"), "Function}")
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

// simulation runs one order through the state machine's definition, as Step Functions does, with
// many faults. Everything derives from one seed, including which kinds of faults occur.
type simulation struct {
	t        *testing.T
	rnd      *rand.Rand
	seen     *coverage
	on       map[fault]bool // the faults of this seed
	budget   int            // how many faults are left
	calm     int            // attempts before the faults begin, so that later states get faults too
	store    *store
	provider *provider
	machine  map[string]state
	tasks    map[string]func(context.Context, Input) error
	now      time.Time
	sent     []orderflow.Notification
	down     bool   // the topic of the notifications
	secret   string // the last client secret that the customer has seen
	// placement: charges are captured at once instead of at dispatch.
	placement bool
	trace     []string

	racing  bool // inside an event of meanwhile
	zombies []*invocation
	invoked []request      // by the state machine, to be repeated
	news    []StatusChange // status events that are not delivered yet

	// The execution.
	status  orderflow.ExecutionStatus
	redrive int
	stopped time.Time
	resumed bool // the reconciler redrove the failed execution
	data    map[string]any
	state   string
	entered time.Time
	retry   int
	attempt int       // counted over all states
	token   string    // the token that the execution waits for
	until   time.Time // when the state that waits for a review times out
	answer  *reply    // the answer to the token
}

// request is the input of a function.
type request struct {
	state string
	in    Input
}

type reply struct{ err error }

func (s *simulation) OpenToken(ctx context.Context, _, step string) (string, error) {
	err := s.point(ctx, callFails, errLost)
	if step != s.state {
		return "", err
	}
	return s.token, err
}

func (s *simulation) Succeed(ctx context.Context, token string, _ any) error {
	return s.take(ctx, token, nil)
}

func (s *simulation) Fail(ctx context.Context, token string, code orderflow.Code, cause string) error {
	return s.take(ctx, token, orderflow.Errorf(code, "%s", cause))
}

// take accepts only the answer to the open token, once.
func (s *simulation) take(ctx context.Context, token string, answer error) error {
	if err := s.point(ctx, callFails, errLost); err != nil {
		return err
	}
	if token != s.token {
		return orderflow.Errorf(orderflow.CodeTokenGone, "%s", token)
	}
	s.token, s.answer = "", &reply{answer}
	return s.point(ctx, replyLost, errLost)
}

func (s *simulation) Notify(ctx context.Context, n orderflow.Notification) error {
	if err := s.point(ctx, callFails, errLost); err != nil {
		return err
	}
	if s.down {
		return errLost
	}
	s.sent = append(s.sent, n)
	return s.point(ctx, replyLost, errLost)
}

func newSimulation(t *testing.T, machine map[string]state, seed uint64, seen *coverage) *simulation {
	s := &simulation{
		t: t, rnd: rand.New(rand.NewPCG(seed, 1)), seen: seen, store: newStore(), machine: machine, now: start,
		on: map[fault]bool{}, data: map[string]any{"orderId": "ord_1"}, status: orderflow.ExecutionRunning,
	}
	for _, f := range faults {
		s.on[f] = s.rnd.IntN(2) == 0
	}
	s.budget, s.calm = s.rnd.IntN(24), s.rnd.IntN(10)
	clock := Clock(func() time.Time { return s.now })
	s.provider = newProvider(clock)
	s.store.beforeRead, s.store.beforeCommit, s.store.afterCommit = s.hook(callFails, errLost), s.hook(throttled,
		errThrottled), s.hook(replyLost, errLost)
	s.provider.before = s.hook(callFails, errUnavailable)
	s.provider.after = s.hook(replyLost, orderflow.Errorf(orderflow.CodePaymentUncertain, "the reply was lost"))
	s.provider.delay = func(ctx context.Context) time.Duration {
		if isZombie(ctx) || !s.hit(takesEffectLater) {
			return 0
		}
		return time.Duration(1+s.rnd.IntN(59)) * time.Second
	}
	s.provider.spoil, s.provider.slow, s.provider.refuse = s.spoil, s.slow, s.refuse
	s.placement = s.rnd.IntN(3) == 0
	if s.rnd.IntN(2) == 0 { // authorisations end while the order waits for the carrier
		s.provider.holdFor = time.Duration(2+s.rnd.IntN(28)) * time.Hour
	}
	var rules orderflow.ReviewRules
	if s.rnd.IntN(4) == 0 {
		rules.Above = map[string]int64{"USD": 0} // every order that costs something
	}
	notify := Notify{Orders: s.store, Customers: s.store, Notifier: s}
	s.tasks = map[string]func(context.Context, Input) error{
		"Validate": without(Validate{s.store, s.store}.Handle),
		"Reserve":  without(reserving(s.store, clock).Handle),
		"Charge": without(Charge{
			Orders: s.store, Ledger: s.store, Gateway: s.provider, Rules: rules, Now: clock,
			AtPlacement: s.placement, AskAgain: s.rnd.IntN(3) > 0, Patience: time.Duration(s.rnd.IntN(2)) * 10 * time.Minute,
		}.Handle),
		"Review":        without(Review{s.store, notify, clock}.Handle),
		"PaymentMethod": without(PaymentMethod{s.store, notify, clock}.Handle),
		"Ship":          without(Ship{s.store, clock}.Handle),
		"Record": without(Record{
			Orders: s.store, Steps: s.store, Ledger: s.store, Gateway: s.provider, Now: clock,
		}.Handle),
		"Notify": without(notify.Handle),
		"Refund": without(Refund{
			Orders: s.store, Steps: s.store, Ledger: s.store, Gateway: s.provider, Now: clock,
		}.Handle),
		"Release": without(Release{s.store, s.store, clock}.Handle),
		"Close":   without(Close{s.store, clock}.Handle),
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

// run executes the state machine until it succeeds.
func (s *simulation) run() {
	s.state = "ValidateOrder"
	for n := 0; s.machine[s.state].Type != "Succeed"; n++ {
		if n > 400 {
			s.t.Fatalf("the execution does not end\n%s", s.story())
		}
		s.seen.states[s.state]++
		s.now = s.now.Add(time.Millisecond) // a state is never entered twice at the same time
		s.entered, s.retry = s.now, 0
		next := s.visit()
		s.log("%s -> %s", s.state, next)
		s.state = next
	}
	s.status = orderflow.ExecutionSucceeded
}

// maxRetries is how often a state is retried before its execution fails.
const maxRetries = 3

// visit executes a state until it is left. Technical errors are retried, then caught by a Catch of
// all errors, or they fail the execution, which an operator redrives. Other errors follow the Catch
// that names them.
func (s *simulation) visit() (next string) {
	for range 200 {
		err := s.try()
		if err == nil {
			s.put(s.machine[s.state].ResultPath, s.fill(s.machine[s.state].ResultSelector, nil))
			return s.machine[s.state].Next
		}
		s.log("%s, redrive %d, retry %d: %v", s.state, s.redrive, s.retry, err)
		if next := s.catch(string(orderflow.CodeOf(err)), err); next != "" {
			return next
		}
		s.now = s.now.Add(30 * time.Second)
		waits := orderflow.CodeOf(err) == orderflow.CodeWaitingForProvider // has a retrier of its own
		if s.retry++; s.retry <= maxRetries || waits {
			continue
		}
		if next := s.catch("States.ALL", err); next != "" {
			return next
		}
		s.fail(err)
	}
	s.t.Fatalf("%s does not settle\n%s", s.state, strings.Join(s.trace, "\n"))
	return ""
}

// catch returns the target of the Catch that names an error, or "" if there is none.
func (s *simulation) catch(name string, err error) string {
	for _, c := range s.machine[s.state].Catch {
		if slices.Contains(c.ErrorEquals, name) {
			s.put(c.ResultPath, map[string]any{"Error": string(orderflow.CodeOf(err)), "Cause": err.Error()})
			return c.Next
		}
	}
	return ""
}

func (s *simulation) put(path string, v any) {
	if name, ok := strings.CutPrefix(path, "$."); ok {
		at := s.data
		for outer, inner, nested := strings.Cut(name, "."); nested; outer, inner, nested = strings.Cut(name, ".") {
			at, name = at[outer].(map[string]any), inner
		}
		at[name] = v
	}
}

// try makes one attempt at the state.
func (s *simulation) try() error {
	s.attempt++
	s.token, s.answer = "", nil
	if s.machine[s.state].waits() {
		s.token, s.until = fmt.Sprintf("token-%d", s.attempt), s.now.Add(reviewTime)
	}
	if s.machine[s.state].function() == "Notify" && s.retry == 0 && s.chance(topicDown, 8) {
		s.down = true
	}
	r := request{s.state, s.input()}
	s.invoked = append(s.invoked, r)
	err := s.invoke(r)
	if err == nil && s.hit(invokedTwice) {
		s.log("%s again", s.state)
		err = s.invoke(r)
	}
	if s.machine[s.state].waits() && (err == nil || s.answer != nil) {
		err = s.await()
	}
	s.token = ""
	return err
}

func (s *simulation) invoke(r request) error {
	return s.call(r.state, func(ctx context.Context) error { return s.tasks[s.machine[r.state].function()](ctx, r.in) })
}
