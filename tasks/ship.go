package tasks

import (
	"context"
	"strings"

	"github.com/orderflow-dev/orderflow"
)

// confirmedStep is the state of the notification before the shipment request.
const confirmedStep = "NotifyConfirmed"

// Ship records with the order that a shipment request is due, and the token of the step that waits
// for the answer. The event of this change requests the shipment. If the notification before it
// failed, Ship records that too.
type Ship struct {
	Orders Orders
	Now    Clock
}

// Requested is the result of Ship. The state machine ignores it and uses the answer given to the
// token.
type Requested struct {
	ShipmentID string `json:"shipmentId"`
}

// Handle returns CodeOrderCancelled if a cancel won; CodeInvalidState for an order that is not paid
// or has ended, and for an attempt that is no longer the latest.
func (s Ship) Handle(ctx context.Context, in Input) (Requested, error) {
	return run(ctx, "request shipment", func() (Requested, error) { return s.ship(ctx, in) })
}

func (s Ship) ship(ctx context.Context, in Input) (Requested, error) {
	if in.TaskToken == "" {
		return Requested{}, orderflow.Errorf(orderflow.CodeInvalidState, "the task token is missing")
	}
	o, err := updateOnce(ctx, s.Orders, in.OrderID, func(o *orderflow.Order, _ *orderflow.Write) error {
		by, first := s.Now.by("ship", ""), o.Shipment == nil
		if err := o.RequestShipment(shipmentID(o.ID), orderflow.Wait{
			Step: orderflow.StepRequestShipment, Token: in.TaskToken, Attempt: in.Attempt,
		}, by); err != nil {
			return err
		}
		if n := in.Notification; first && n.Error != "" {
			o.NoteUnsent(orderflow.Unsent{
				Kind: orderflow.NotifyConfirmed, Step: confirmedStep, Message: n.Error + ": " + message(n.Cause),
			}, by)
		}
		return nil
	})
	if err != nil {
		return Requested{}, err
	}
	return Requested{ShipmentID: o.Shipment.ID}, nil
}

// shipmentID returns the shipment id of an order. An order has one shipment, so a repeated request
// has the same id.
func shipmentID(orderID string) string { return "shp_" + strings.TrimPrefix(orderID, "ord_") }
