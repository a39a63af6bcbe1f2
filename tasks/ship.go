package tasks

import (
	"context"
	"strings"

	"github.com/orderflow-dev/orderflow"
)

// The states of the state machine that ask for the shipment and wait for the carrier, and that tell the customer before.
const (
	shipStep      = "RequestShipment"
	confirmedStep = "NotifyConfirmed"
)

// Ship notes with the order that the carrier is to be asked, and the token of the step that waits for its answer.
// The carrier itself is asked by the event that this change publishes. If the customer could not be told before, it notes that, too.
type Ship struct {
	Orders Orders
	Now    Clock
}

// Asked is the result of Ship. The state machine ignores it: it takes the answer that is given to the token.
type Requested struct {
	ShipmentID string `json:"shipmentId"`
}

// Handle returns CodeOrderCancelled if a cancel won, CodeInvalidState for an order that is not paid or has ended, and for an attempt that is not
// the newest any more.
func (s Ship) Handle(ctx context.Context, in Input) (Requested, error) {
	return run(ctx, "request shipment", func() (Requested, error) { return s.ship(ctx, in) })
}

func (s Ship) ship(ctx context.Context, in Input) (Requested, error) {
	if in.TaskToken == "" {
		return Requested{}, orderflow.Errorf(orderflow.CodeInvalidState, "the task token is missing")
	}
	o, err := updateOnce(ctx, s.Orders, in.OrderID, func(o *orderflow.Order, _ *orderflow.Write) error {
		by, first := s.Now.by("ship", ""), o.Shipment == nil
		if err := o.RequestShipment(shipmentID(o.ID), orderflow.Wait{Step: shipStep, Token: in.TaskToken, Attempt: in.Attempt}, by); err != nil {
			return err
		}
		if n := in.Notification; first && n.Error != "" {
			o.NoteUnsent(orderflow.Unsent{Kind: orderflow.NotifyConfirmed, Step: confirmedStep, Message: n.Error + ": " + message(n.Cause)}, by)
		}
		return nil
	})
	if err != nil {
		return Requested{}, err
	}
	return Requested{ShipmentID: o.Shipment.ID}, nil
}

// shipmentID is the order's own: an order has one shipment, and asked again the carrier knows it by this.
func shipmentID(orderID string) string { return "shp_" + strings.TrimPrefix(orderID, "ord_") }
