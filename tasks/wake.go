package tasks

import (
	"context"
	"log/slog"

	"github.com/orderflow-dev/orderflow"
)

// Answerer answers the task tokens of waiting steps.
type Answerer interface {
	// Succeed and Fail return CodeTokenGone for a token that no step waits for: answered, timed
	// out, or of an ended execution.
	Succeed(ctx context.Context, token string, output any) error
	Fail(ctx context.Context, token string, code orderflow.Code, cause string) error
	// OpenToken returns the token for which the order's execution waits, or "" if it waits for
	// none. Returns CodeNotFound without an execution.
	OpenToken(ctx context.Context, orderID string) (string, error)
}

// Wake answers the waiting step of each order of a batch if the order has an answer: the carrier's
// or a cancel. The events only identify the orders; the answer comes from the order.
type Wake struct {
	Orders OrderReader
	Tokens Answerer
	Log    *slog.Logger
}

// ShipmentAnswer is the output of the step that waits for the carrier.
type ShipmentAnswer struct {
	ShipmentID     string `json:"shipmentId"`
	TrackingNumber string `json:"trackingNumber"`
}

// Handle returns the messages whose order could not be loaded or answered.
func (w Wake) Handle(ctx context.Context, batch Batch) (BatchResult, error) {
	return eachEvent(ctx, w.Log, batch, func(ctx context.Context, e orderflow.EventDetail) error {
		o, err := w.Orders.Order(ctx, e.OrderID)
		if err != nil {
			return err
		}
		_, err = answer(ctx, w.Tokens, o)
		return err
	}), nil
}

// answer answers the waiting step, if the order has an answer, and reports whether the step
// accepted it. A token that is gone does not prove that the step was answered: if the execution
// waits for another token, answer uses that one. Returns CodeTokenGone if that token is refused
// too.
func answer(ctx context.Context, tokens Answerer, o *orderflow.Order) (bool, error) {
	give := answerOf(tokens, o)
	if give == nil {
		return false, nil
	}
	err := give(ctx, o.Wait.Token)
	if orderflow.CodeOf(err) != orderflow.CodeTokenGone {
		return err == nil, err
	}
	open, err := tokens.OpenToken(ctx, o.ID)
	if err != nil || open == "" {
		return false, err // the execution went on, or its next attempt will read the answer
	}
	err = give(ctx, open)
	return err == nil, err
}

// answerOf returns a function that answers a token, or nil if the order has no answer yet. Dispatch
// is the point of no return: it takes precedence over a cancel.
func answerOf(tokens Answerer, o *orderflow.Order) func(ctx context.Context, token string) error {
	s := o.Shipment
	if o.Wait == nil || s == nil {
		return nil
	}
	fail := func(code orderflow.Code, cause string) func(context.Context, string) error {
		return func(ctx context.Context, token string) error { return tokens.Fail(ctx, token, code, cause) }
	}
	switch {
	case s.Status == orderflow.ShipmentStatusDispatched:
		return func(ctx context.Context, token string) error {
			return tokens.Succeed(ctx, token, ShipmentAnswer{ShipmentID: s.ID, TrackingNumber: s.TrackingNumber})
		}
	case o.Cancel != nil:
		return fail(orderflow.CodeOrderCancelled, "a cancel was accepted before dispatch")
	case s.Status == orderflow.ShipmentStatusFailed:
		return fail(orderflow.CodeShipmentFailed, s.Reason)
	}
	return nil
}
