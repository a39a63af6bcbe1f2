package tasks

import (
	"context"
	"errors"
	"slices"

	"github.com/orderflow-dev/orderflow"
)

// fault is a kind of fault.
type fault string

// The kinds of faults.
const (
	callFails        fault = "a call fails"
	throttled        fault = "a write is throttled"
	replyLost        fault = "a reply is lost"
	takesEffectLater fault = "a call takes effect later"
	errorSaved       fault = "the provider saves an error"
	refundSlow       fault = "a refund is slow, or comes back"
	renewalDeclined  fault = "a renewal is declined"
	livesOn          fault = "an abandoned invocation runs on"
	invokedTwice     fault = "a function is invoked twice"
	repeated         fault = "an earlier invocation is repeated"
	cancelComes      fault = "the customer cancels"
	eventLost        fault = "an event is lost"
	eventTwice       fault = "an event comes twice"
	eventLate        fault = "an event comes late"
	stepFails        fault = "the waiting step fails"
	carrierFails     fault = "the carrier reports a failure"
	operatorDecides  fault = "an operator decides at any time"
	reviewLate       fault = "a person does not decide in time"
	customerPays     fault = "the customer gives another payment method at any time"
	customerConfirms fault = "the customer confirms the payment at any time"
	noticeTwice      fault = "the carrier says the same again"
	noticeLate       fault = "the carrier dispatches what was cancelled"
	topicDown        fault = "the topic is down"
	dayPasses        fault = "a day passes before the redrive"
)

var faults = []fault{
	callFails, throttled, replyLost, takesEffectLater, errorSaved, refundSlow, renewalDeclined, livesOn, invokedTwice, repeated,
	cancelComes, eventLost, eventTwice, eventLate, stepFails,
	carrierFails, operatorDecides, customerPays, customerConfirms, reviewLate, noticeTwice, noticeLate, topicDown, dayPasses,
}

// coverage counts what the simulations reached.
type coverage struct {
	states map[string]int
	faults map[fault]int
	ends   map[orderflow.Status]int
}

// hit decides at random whether a fault happens now. Faults become less likely over time.
func (s *simulation) hit(f fault) bool {
	if s.budget == 0 || s.attempt < s.calm || !s.chance(f, 6) {
		return false
	}
	s.budget--
	return true
}

// chance decides at random whether an event happens that is not a fault, or has few opportunities.
func (s *simulation) chance(f fault, oneIn int) bool {
	if !s.on[f] || s.rnd.IntN(oneIn) > 0 {
		return false
	}
	s.seen.faults[f]++
	s.log("    %s", f)
	return true
}

var (
	errUnavailable = orderflow.Errorf(orderflow.CodePaymentUnavailable, "not now")
	errThrottled   = orderflow.Errorf(orderflow.CodeThrottled, "later")
	errAbandoned   = errors.New("States.Timeout: abandoned")
)

// hook runs at each point of an invocation at which it makes a call.
func (s *simulation) hook(f fault, failure error) func(ctx context.Context) error {
	return func(ctx context.Context) error { return s.point(ctx, f, failure) }
}

func (s *simulation) point(ctx context.Context, f fault, failure error) error {
	i, ok := ctx.Value(invocationKey{}).(*invocation)
	switch {
	case !ok: // the test itself reads
		return nil
	case i.zombie:
		if s.rnd.IntN(4) == 0 {
			i.suspend()
		}
		if i.name == "ChargePayment" { // nothing else would refund a charge made this late
			return nil
		}
	default:
		s.meanwhile()
		if s.hit(livesOn) {
			i.zombie = true
			i.suspend()
		}
	}
	if s.hit(f) {
		return failure
	}
	return nil
}

// spoil returns an error that the provider saves: a temporary decline or a server error.
func (s *simulation) spoil(ctx context.Context) error {
	if isZombie(ctx) || !s.hit(errorSaved) {
		return nil
	}
	if s.rnd.IntN(2) == 0 {
		return &orderflow.KeySpent{
			Err: orderflow.Errorf(orderflow.CodePaymentUnavailable, "declined for now"), Proven: true,
		}
	}
	return &orderflow.KeySpent{Err: orderflow.Errorf(orderflow.CodePaymentUncertain, "answered 500")}
}

// refuse declines another authorisation.
func (s *simulation) refuse(ctx context.Context) bool {
	return !isZombie(ctx) && s.chance(renewalDeclined, 2)
}

// slow makes a refund pending or returned.
func (s *simulation) slow(ctx context.Context) error {
	if isZombie(ctx) || !s.chance(refundSlow, 2) {
		return nil
	}
	if s.rnd.IntN(2) == 0 {
		return &orderflow.KeySpent{Err: orderflow.Errorf(orderflow.CodeRefundFailed, "it came back"), Proven: true}
	}
	return orderflow.Errorf(orderflow.CodeRefundPending, "on its way")
}

// invocation is one invocation of a function. Only one runs at a time.
type invocation struct {
	name           string
	zombie         bool // considered dead by its caller
	paused, resume chan struct{}
	done           chan error
}

type invocationKey struct{}

func isZombie(ctx context.Context) bool {
	i, ok := ctx.Value(invocationKey{}).(*invocation)
	return ok && i.zombie
}

func (i *invocation) suspend() {
	i.paused <- struct{}{}
	<-i.resume
}

// call runs f as an invocation until it ends or is abandoned.
func (s *simulation) call(name string, f func(ctx context.Context) error) error {
	i := &invocation{name: name, paused: make(chan struct{}), resume: make(chan struct{}), done: make(chan error, 1)}
	go func() { i.done <- f(context.WithValue(s.t.Context(), invocationKey{}, i)) }()
	return s.follow(i)
}

func (s *simulation) follow(i *invocation) error {
	select {
	case <-i.paused:
		s.zombies = append(s.zombies, i)
		return errAbandoned
	case err := <-i.done:
		return err
	}
}

// comeBack resumes one of the abandoned invocations.
func (s *simulation) comeBack() {
	n := s.rnd.IntN(len(s.zombies))
	i := s.zombies[n]
	s.zombies = slices.Delete(s.zombies, n, n+1)
	s.log("    %s goes on", i.name)
	i.resume <- struct{}{}
	s.log("    %s: %v", i.name, s.follow(i))
}

// meanwhile is what may happen between two calls of a function: the customer cancels, an abandoned
// invocation resumes, an earlier one is repeated, or an event arrives late.
func (s *simulation) meanwhile() {
	if s.racing {
		return
	}
	s.racing = true
	defer func() { s.racing = false }()
	if len(s.zombies) > 0 && s.rnd.IntN(8) == 0 {
		s.comeBack()
	}
	if s.chance(cancelComes, 120) {
		s.cancel()
	}
	if s.store.load(s.t, "ord_1").Status == orderflow.InReview && s.chance(operatorDecides, 8) {
		s.operator()
	}
	if s.store.load(s.t, "ord_1").MethodRequest.Open() && s.chance(customerPays, 8) {
		s.pay()
	}
	if s.secret != "" && s.chance(customerConfirms, 20) {
		s.confirm()
	}
	if s.hit(repeated) {
		r := s.invoked[s.rnd.IntN(len(s.invoked))]
		s.log("    %s repeated: %v", r.state, s.invoke(r))
	}
	if len(s.news) > 0 && s.rnd.IntN(8) == 0 {
		s.deliver()
	}
}

func (s *simulation) cancel() {
	err := s.store.change("ord_1", func(o *orderflow.Order) error {
		return o.RequestCancel(orderflow.By{At: s.now, Actor: "customer:cus_1"})
	})
	s.log("    cancel: %v", err)
}
