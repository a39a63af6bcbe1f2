package tasks

import (
	"context"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// reviewTime is how long the state machine waits for a review, and for another payment method.
const reviewTime = 72 * time.Hour

// await waits until the waiting step is answered: by the carrier, an operator, a cancel, or the
// reconciler if the event is lost. A wait for a person may also time out.
func (s *simulation) await() error {
	reviews, pays := s.state == orderflow.StepAwaitReview, s.state == orderflow.StepAwaitPaymentMethod
	person := reviews || pays
	for range 300 {
		if s.answer != nil {
			return s.answer.err
		}
		if person && !s.now.Before(s.until) {
			return orderflow.Errorf("States.Timeout", "no answer until %s", s.until)
		}
		if o := s.store.load(s.t, "ord_1"); o.Wait == nil || o.Wait.Token != s.token {
			s.t.Fatalf("the execution waits for %s, the order for %+v\n%s", s.token, o.Wait, s.story())
		}
		s.down = false
		switch n := s.rnd.IntN(8); {
		case n == 0 && s.chance(cancelComes, 2):
			s.cancel()
		case n == 1 && person && s.chance(reviewLate, 2): // an invocation may be late, but never by days
			if len(s.zombies) == 0 {
				s.now = s.until.Add(-time.Duration(s.rnd.IntN(2)) * time.Hour)
			}
		case (n == 2 || n == 3) && reviews:
			s.operator()
		case (n == 2 || n == 3) && pays:
			s.look()
			if s.provider.open() == nil || s.rnd.IntN(4) == 0 {
				s.pay()
			} else {
				s.confirm()
			}
		case n == 7 && pays && s.provider.open() == nil && len(s.provider.actions) > 0:
			s.tellConfirmed() // again, until it is heard
		case n == 1 && !person && s.chance(carrierFails, 2):
			s.carrier(orderflow.NoticeFailed)
		case n == 2 || n == 3:
			s.carrier(orderflow.NoticeDispatched)
		case n == 4 && s.chance(stepFails, 3):
			return errLost // retried with another token
		case n == 5:
			s.reconcile()
		case n == 6 && len(s.zombies) > 0:
			s.comeBack()
		}
		s.publish(s.wake)
	}
	s.t.Fatalf("the execution waits forever\n%s", s.story())
	return nil
}

// operator decides the review as the API does.
func (s *simulation) operator() {
	d := orderflow.ReviewApproved
	if s.rnd.IntN(3) == 0 {
		d = orderflow.ReviewRefused
	}
	by := orderflow.By{At: s.now, Actor: []string{"operator:olga", "operator:ben"}[s.rnd.IntN(2)], Reason: "because"}
	err := s.store.change("ord_1", func(o *orderflow.Order) error { return o.Decide(d, by) })
	s.log("    %s: %s: %v", by.Actor, d, err)
}

// look shows the order to its customer.
func (s *simulation) look() {
	if r := s.store.load(s.t, "ord_1").MethodRequest; r != nil && r.ClientSecret != "" {
		s.secret = r.ClientSecret
	}
}

// confirm confirms the payment on the provider's page, or fails to. The provider then calls the webhook.
func (s *simulation) confirm() {
	succeeds := s.rnd.IntN(4) > 0
	if !s.provider.confirm(s.secret, succeeds) {
		return
	}
	s.log("    the customer confirms the payment: %v", succeeds)
	s.publish(s.tellConfirmed)
}

func (s *simulation) tellConfirmed() {
	err := s.store.change("ord_1", func(o *orderflow.Order) error {
		o.CompleteAction(orderflow.By{At: s.now, Actor: "provider"})
		return nil
	})
	s.log("    the provider tells of it: %v", err)
}

// pay gives another payment method as the API does.
func (s *simulation) pay() {
	method := []string{"card", "another card", "declined", "secured"}[s.rnd.IntN(4)]
	err := s.store.change("ord_1", func(o *orderflow.Order) error {
		return o.GiveMethod(method, orderflow.By{At: s.now, Actor: "customer:cus_1"})
	})
	s.log("    the customer pays by %s: %v", method, err)
}

// carrier reports the shipment's outcome as the webhook does. Only as a fault does it contradict
// itself or dispatch a cancelled order.
func (s *simulation) carrier(status string) {
	by := orderflow.By{At: s.now, Actor: "carrier", Reason: "AddressUnreachable"}
	o := s.store.load(s.t, "ord_1")
	late := o.Cancel != nil || o.Shipment.Status == orderflow.ShipmentStatusFailed || o.Status.Final() &&
		o.Status != orderflow.Fulfilled
	if status == orderflow.NoticeDispatched && late && !s.chance(noticeLate, 2) {
		return
	}
	for again := true; again; again = s.hit(noticeTwice) {
		err := s.store.change("ord_1", func(o *orderflow.Order) error {
			if status == orderflow.NoticeFailed {
				return o.FailShipment(by)
			}
			switch err := o.Dispatch("Post", "T1", by); {
			case orderflow.CodeOf(err) == orderflow.CodeAuthorizationLapsed:
				o.NoteRefusedDispatch(by)
			case err != nil:
				o.NoteLateDispatch("Post", "T1", by)
			default:
				s.checkSecured(o)
			}
			return nil
		})
		s.log("    the carrier: %s: %v", status, err)
	}
}

// publish delivers an event once, never, or twice.
func (s *simulation) publish(handle func()) {
	if s.hit(eventLost) {
		return
	}
	handle()
	if s.hit(eventTwice) {
		handle()
	}
}

func (s *simulation) wake() {
	err := s.call("wake", func(ctx context.Context) error {
		out, err := Wake{Orders: s.store, Tokens: s, Executions: &executions{}, Now: at(s.now), Log: quiet}.Handle(ctx, events(`{"orderId":"ord_1"}`))
		if err == nil && len(out.Failures) > 0 {
			err = errLost
		}
		return err
	})
	if err != nil {
		s.log("    wake: %v", err)
	}
}

// fail ends the execution. The status event may be delivered; then an operator redrives the
// execution, sometimes on the next day.
func (s *simulation) fail(err error) {
	s.status, s.stopped, s.resumed = orderflow.ExecutionFailed, s.now, false
	s.announce(orderflow.CodeOf(err))
	s.reconcile()
	if len(s.zombies) == 0 && s.budget == 0 { // no faults left, except a cancel
		for range 2 {
			s.reconcile()
		}
		if o := s.store.load(s.t, "ord_1"); o.Attention == nil && !s.resumed {
			s.t.Fatalf("%s failed without a mark\n%s", s.state, s.story())
		}
	}
	if len(s.zombies) == 0 && s.chance(dayPasses, 2) { // an invocation may be late, but never by a day
		s.now = s.now.Add(25 * time.Hour)
	}
	s.down = false
	s.publish(func() { // the note may be lost: the status event of the redrive also removes the mark
		err := s.store.change("ord_1", func(o *orderflow.Order) error {
			o.NoteRedrive(s.redrive, orderflow.By{At: s.now, Actor: "operator:olga"})
			return nil
		})
		s.log("    redriven: %v", err)
	})
	s.status, s.retry = orderflow.ExecutionRunning, 0
	s.redrive++
	s.announce("")
}

// announce publishes the execution's status event.
func (s *simulation) announce(code orderflow.Code) {
	news := change(s.t, string(s.status), s.redrive, string(code), "c")
	if s.hit(eventLate) {
		s.news = append(s.news, news)
		return
	}
	s.publish(func() { s.watch(news) })
}

// deliver delivers the oldest status event.
func (s *simulation) deliver() {
	news := s.news[0]
	s.news = s.news[1:]
	s.watch(news)
}

func (s *simulation) watch(news StatusChange) {
	w := Watch{Orders: s.store, Alerts: &outbox{}, History: s, Now: func() time.Time { return s.now }}
	err := s.call("watch", func(ctx context.Context) error {
		_, err := w.Handle(ctx, news)
		return err
	})
	s.log("    watch %s, redrive %d: %v", news.Detail.Status, news.Detail.RedriveCount, err)
}

// FailedStep returns the failed step of the execution.
func (s *simulation) FailedStep(ctx context.Context, _ string) (string, bool, error) {
	step, ended := s.state, s.status.Failed()
	return step, ended, s.point(ctx, callFails, errLost)
}

// reconcile advances the time and runs the reconciler. It may fail like any function; the next run
// repeats it.
func (s *simulation) reconcile() {
	if len(s.zombies) == 0 {
		s.now = s.now.Add(time.Duration(1+s.rnd.IntN(8)) * time.Hour)
	} else {
		s.now = s.now.Add(10 * time.Minute)
	}
	x := execution(s.status, s.redrive)
	x.StoppedAt, x.Redrivable = s.stopped, s.status.Failed()
	r, xs, _, _ := reconciler(s.store, x)
	r.Tokens, r.History, r.Now, r.After = s, s, func() time.Time { return s.now }, 3*time.Minute
	r.Notify.Notifier = s
	r.Ledger, r.Gateway = s.store, s.provider
	var got Reconciled
	err := s.call("reconcile", func(ctx context.Context) (err error) {
		got, err = r.Handle(ctx, struct{}{})
		return err
	})
	s.resumed = s.resumed || len(xs.redriven) > 0 // fail goes on with the redrive
	s.log("    reconcile: %s, %v", fmt.Sprintf("%+v", got), err)
}

// settle delivers everything that is pending after the execution has ended.
func (s *simulation) settle() {
	for _, r := range s.invoked { // every invocation is repeated
		if s.rnd.IntN(2) == 0 {
			s.log("    %s repeated: %v", r.state, s.invoke(r))
		}
	}
	s.wake()
	for len(s.zombies) > 0 {
		s.comeBack()
	}
	s.provider.settle(s.now.Add(time.Hour))
}
