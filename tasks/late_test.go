package tasks

import (
	"context"

	"orderflow"
)

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

// spoil is a saved answer of the provider's: declined for now, or an error of its own.
func (s *simulation) spoil(ctx context.Context) error {
	if isLate(ctx) || !s.fault() {
		return nil
	}
	if s.rnd.IntN(2) == 0 {
		return &orderflow.KeySpent{Err: orderflow.Errorf(orderflow.CodePaymentUnavailable, "declined for now"), Proven: true}
	}
	return &orderflow.KeySpent{Err: orderflow.Errorf(orderflow.CodePaymentUncertain, "answered 500")}
}

// slow is a refund that takes its time, or comes back.
func (s *simulation) slow(ctx context.Context) error {
	if isLate(ctx) || !s.fault() {
		return nil
	}
	if s.rnd.IntN(2) == 0 {
		return &orderflow.KeySpent{Err: orderflow.Errorf(orderflow.CodeRefundFailed, "it came back"), Proven: true}
	}
	return orderflow.Errorf(orderflow.CodeRefundPending, "on its way")
}

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

func (s *simulation) cancel() {
	err := s.store.change("ord_1", func(o *orderflow.Order) error {
		return o.RequestCancel(orderflow.By{At: s.now, Actor: "customer:cus_1"})
	})
	s.log("cancel: %v", err)
}
