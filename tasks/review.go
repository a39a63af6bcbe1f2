package tasks

import (
	"context"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// WaitInput is what the state machine knows of a state that waits for a person.
type WaitInput struct {
	// Seconds is how long the state waits. 0: a state machine of an older version, which has no
	// such state.
	Seconds int `json:"seconds"`
	// Outcome is the error that led to the last wait, or ended it.
	Outcome Outcome `json:"outcome"`
}

// timedOut reports whether the state waited until its end.
func (w WaitInput) timedOut() bool { return w.Outcome.Error == "States.Timeout" }

// review returns nil if the order may be charged. It saves what it changes before it returns an
// error. Returns CodeReviewRequired, CodeReviewRefused or CodeReviewTimedOut; and CodeInvalidOrder
// if the amounts of an approved order no longer add up.
func (c Charge) review(ctx context.Context, o *orderflow.Order, in Input) error {
	if in.Review.Seconds == 0 || o.CanProceed() != nil {
		return nil
	}
	before := o.Sequence
	err := o.PassReview(c.Rules, in.Review.timedOut(), c.Now.by(orderflow.ChargeStep, ""))
	if o.Sequence != before {
		if saveErr := c.Orders.Commit(ctx, orderflow.Write{Order: o}); saveErr != nil {
			return saveErr
		}
	}
	if err == nil && o.Review != nil {
		return checkOrder(o)
	}
	return err
}

// Review records with the order the token of the step that waits for an operator's decision.
type Review struct {
	Orders Orders
	Now    Clock
}

// Reviewing is the result of Review. The state machine ignores it and uses the answer given to the
// token.
type Reviewing struct {
	Deadline time.Time `json:"deadline"`
}

// Handle returns CodeOrderCancelled if a cancel won; CodeInvalidState for an order that is not in
// review, and for an attempt that is no longer the latest.
func (r Review) Handle(ctx context.Context, in Input) (Reviewing, error) {
	return run(ctx, "await review", func() (Reviewing, error) { return r.await(ctx, in) })
}

func (r Review) await(ctx context.Context, in Input) (Reviewing, error) {
	if in.TaskToken == "" || in.Review.Seconds < 1 {
		return Reviewing{}, orderflow.Errorf(orderflow.CodeInvalidState, "the task token or the review's time is missing")
	}
	o, err := updateOnce(ctx, r.Orders, in.OrderID, func(o *orderflow.Order, _ *orderflow.Write) error {
		by := r.Now.by("review", "")
		return o.AwaitReview(orderflow.Wait{
			Step: orderflow.StepAwaitReview, Token: in.TaskToken, Attempt: in.Attempt,
			Until: by.At.Add(time.Duration(in.Review.Seconds) * time.Second),
		}, by)
	})
	if err != nil {
		return Reviewing{}, err
	}
	return Reviewing{Deadline: o.Review.Deadline}, nil
}
