package tasks

import (
	"context"
	"fmt"
	"strings"

	"orderflow"
)

// shipStep is the state of the state machine that waits for the carrier.
const shipStep = "RequestShipment"

// Ship notes with the order that the carrier is to be asked, and the token of the step that waits for its answer.
// The carrier itself is asked by the event that this change publishes.
type Ship struct {
	Orders Orders
	Now    Clock
}

// Asked is the result of Ship. The state machine ignores it: it takes the answer that is given to the token.
type Asked struct {
	ShipmentID string `json:"shipmentId"`
}

// Handle returns CodeOrderCancelled if a cancel won, CodeInvalidState for an order that is not paid.
func (s Ship) Handle(ctx context.Context, in Input) (Asked, error) {
	return untilSettled(ctx, func() (Asked, error) {
		out, err := s.ship(ctx, in)
		if err != nil {
			return out, fmt.Errorf("request shipment: %w", err)
		}
		return out, nil
	})
}

func (s Ship) ship(ctx context.Context, in Input) (Asked, error) {
	if in.TaskToken == "" {
		return Asked{}, orderflow.Errorf(orderflow.CodeInvalidState, "the task token is missing")
	}
	o, err := s.Orders.Order(ctx, in.OrderID)
	if err != nil {
		return Asked{}, err
	}
	loaded := o.Sequence
	if err := o.RequestShipment(shipmentID(o.ID), shipStep, in.TaskToken, s.Now.by("ship", "")); err != nil {
		return Asked{}, err
	}
	if err := commitChanged(ctx, s.Orders, o, loaded); err != nil {
		return Asked{}, err
	}
	return Asked{ShipmentID: o.Shipment.ID}, nil
}

// shipmentID is the order's own: an order has one shipment, and asked again the carrier knows it by this.
func shipmentID(orderID string) string { return "shp_" + strings.TrimPrefix(orderID, "ord_") }
