package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

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
// It notifies the customer.
type Review struct {
	Orders Orders
	Notify Notify
	Now    Clock
}

// Handle returns CodeOrderCancelled if a cancel won; CodeInvalidState for an order that is not in
// review, and for an attempt that is no longer the latest.
func (r Review) Handle(ctx context.Context, in Input) (Waiting, error) {
	w := wait{
		input: in.Review, step: orderflow.StepAwaitReview, kind: orderflow.NotifyReview, record: (*orderflow.Order).AwaitReview,
	}
	out, err := await(ctx, r.Orders, in, w, r.Notify, r.Now.by("review", ""))
	return ended("await review", out, err)
}
