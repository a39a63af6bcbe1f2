package tasks

import (
	"context"
	"log/slog"

	"orderflow"
)

// Answerer answers the task token of a waiting step. An answer to a token that is gone (answered, timed out, its execution ended) is success:
// nobody waits any more.
type Answerer interface {
	Succeed(ctx context.Context, token string, output any) error
	Fail(ctx context.Context, token string, code orderflow.Code, cause string) error
}

// Wake answers the waiting step of each order of a batch, if its answer is known: a carrier's word or a cancel has been recorded with the order.
// The events say only where to look; what the order says counts.
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

// Handle reports the messages whose order could not be read or answered.
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

// answer gives a waiting step its answer, if there is one, and tells whether it did. Dispatch is the point of no return: it beats a cancel.
func answer(ctx context.Context, tokens Answerer, o *orderflow.Order) (bool, error) {
	s := o.Shipment
	switch {
	case o.Wait == nil || s == nil:
		return false, nil
	case s.Status == orderflow.ShipmentDispatched:
		return true, tokens.Succeed(ctx, o.Wait.Token, ShipmentAnswer{ShipmentID: s.ID, TrackingNumber: s.TrackingNumber})
	case o.Cancel != nil:
		return true, tokens.Fail(ctx, o.Wait.Token, orderflow.CodeOrderCancelled, "a cancel was accepted before dispatch")
	case s.Status == orderflow.ShipmentFailed:
		return true, tokens.Fail(ctx, o.Wait.Token, orderflow.CodeShipmentFailed, s.Reason)
	}
	return false, nil
}
