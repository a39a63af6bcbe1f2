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
	// OpenToken returns the token for which the execution waits in the given state, or ""
	// if it does not wait there. Returns CodeNotFound without an execution.
	OpenToken(ctx context.Context, name, step string) (string, error)
}

// Wake answers the waiting step of each order of a batch if the order has an answer. If the order
// was cancelled after its execution had failed, Wake redrives that. It tells the customer of a
// delivery, for which no execution waits. The events only identify the orders; the answer comes from
// the order.
type Wake struct {
	Orders     Orders
	Tokens     Answerer
	Executions Redriver
	Notify     Notify // tells the customer of a delivery
	Now        Clock
	Log        *slog.Logger
	Errors     MessageErrors // nil: errors are only logged
}

// ShipmentAnswer is the output of the step that waits for the carrier.
type ShipmentAnswer struct {
	ShipmentID     string `json:"shipmentId"`
	TrackingNumber string `json:"trackingNumber"`
}

// Handle returns the messages whose order could not be loaded or answered.
func (w Wake) Handle(ctx context.Context, batch Batch) (BatchResult, error) {
	return consumer{w.Log, w.Errors}.eachEvent(ctx, batch, func(ctx context.Context, e orderflow.EventDetail) error {
		if e.Type == orderflow.ShipmentDelivered {
			_, err := w.Notify.Handle(ctx, Input{OrderID: e.OrderID, Kind: orderflow.NotifyDelivered})
			return err
		}
		o, err := w.Orders.Order(ctx, e.OrderID)
		if err != nil {
			return err
		}
		if err := redriveMarked(ctx, w.Orders, w.Executions, o, w.Now); err != nil {
			return err
		}
		_, err = answer(ctx, w.Tokens, o)
		return err
	}), nil
}

// answer answers the waiting step, if the order has an answer, and reports whether the step
// accepted it. A token that is gone does not prove that the step was answered: if the execution
// waits for another token in the same state, answer uses that one. Returns CodeTokenGone if that
// token is refused too.
func answer(ctx context.Context, tokens Answerer, o *orderflow.Order) (bool, error) {
	a := o.Answer()
	if a == nil {
		return false, nil
	}
	err := give(ctx, tokens, o.Wait.Token, o, *a)
	if orderflow.CodeOf(err) != orderflow.CodeTokenGone {
		return err == nil, err
	}
	open, err := tokens.OpenToken(ctx, o.ExecutionName(), o.Wait.Step)
	if err != nil || open == "" {
		return false, err // the execution went on, or its next attempt will read the answer
	}
	err = give(ctx, tokens, open, o, *a)
	return err == nil, err
}

// give sends the order's answer to a token.
func give(ctx context.Context, tokens Answerer, token string, o *orderflow.Order, a orderflow.Answer) error {
	if a.Code != "" {
		return tokens.Fail(ctx, token, a.Code, a.Cause)
	}
	var output any = struct{}{}
	if o.Wait.Step == orderflow.StepRequestShipment {
		output = ShipmentAnswer{ShipmentID: o.Shipment.ID, TrackingNumber: o.Shipment.TrackingNumber}
	}
	return tokens.Succeed(ctx, token, output)
}
