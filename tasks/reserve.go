package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

// Reserve reserves the stock of an order and confirms it.
//
// An order may have more products than one transaction can change. Reserve works chunk by chunk,
// and the last chunk confirms the order. The step records reserve/1, reserve/2, ... list what is
// reserved; Release releases exactly that.
type Reserve struct {
	Orders Orders
	Steps  Steps
	Now    Clock
}

// Reserved is the result of Reserve.
type Reserved struct {
	OrderID  string `json:"orderId"`
	Products int    `json:"products"` // number of reserved products
}

// Handle returns CodeOutOfStock with the SKUs in its message (earlier chunks stay reserved until
// Release), CodeOrderCancelled, or CodeInvalidState if the order's stock was already released or
// the order has ended.
func (r Reserve) Handle(ctx context.Context, in Input) (Reserved, error) {
	return run(ctx, "reserve stock", func() (Reserved, error) { return r.reserve(ctx, in.OrderID) })
}

func (r Reserve) reserve(ctx context.Context, id string) (Reserved, error) {
	// The order is read before the step records. A release in between raises the version, and the
	// commit fails.
	o, err := r.Orders.Order(ctx, id)
	if err != nil {
		return Reserved{}, err
	}
	moves := o.StockMoves(orderflow.Reserve)
	done := Reserved{OrderID: id, Products: len(moves)}
	if o.StockStatus == orderflow.StockReserved || o.StockStatus == orderflow.StockShipped {
		return done, nil
	}
	if err := r.refuseReleased(ctx, o); err != nil {
		return Reserved{}, err
	}
	for _, c := range chunks(moves) {
		if err := r.reserveChunk(ctx, o, c); err != nil {
			return Reserved{}, err
		}
	}
	return done, nil
}

// refuseReleased stops a late invocation from reserving stock that no later step would release.
func (r Reserve) refuseReleased(ctx context.Context, o *orderflow.Order) error {
	if err := o.CanProceed(); err != nil {
		return err
	}
	if o.Status != orderflow.Placed {
		return orderflow.Errorf(orderflow.CodeInvalidState, "order %s is %s", o.ID, o.Status)
	}
	released, err := r.Steps.Step(ctx, o.ID, chunk{number: 1}.name("release"))
	if err != nil {
		return err
	}
	if released != nil {
		return orderflow.Errorf(orderflow.CodeInvalidState, "the stock of order %s was already released", o.ID)
	}
	return nil
}

func (r Reserve) reserveChunk(ctx context.Context, o *orderflow.Order, c chunk) error {
	if c.last {
		if err := o.Confirm(r.Now.by("reserve", "")); err != nil {
			return err
		}
	} else if done, err := r.Steps.Step(ctx, o.ID, c.name("reserve")); err != nil || done != nil {
		return err
	}
	step, err := c.step(o.ID, "reserve", c.moves)
	if err != nil {
		return err
	}
	return r.Orders.Commit(ctx, orderflow.Write{Order: o, Step: step, Stock: c.moves})
}
