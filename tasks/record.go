package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

// Record fulfils a dispatched order and moves its reserved stock to shipped, chunk by chunk as
// Reserve does. The last chunk fulfils the order.
type Record struct {
	Orders Orders
	Steps  Steps
	Now    Clock
}

// Recorded is the result of Record.
type Recorded struct {
	OrderID string `json:"orderId"`
}

// Handle returns CodeInvalidState for an order that is not dispatched.
func (r Record) Handle(ctx context.Context, in Input) (Recorded, error) {
	return run(ctx, "record shipment", func() (Recorded,
		error) {
		return Recorded{in.OrderID}, r.record(ctx, in.OrderID)
	})
}

func (r Record) record(ctx context.Context, id string) error {
	o, err := r.Orders.Order(ctx, id)
	if err != nil {
		return err
	}
	if o.Status == orderflow.Fulfilled {
		return nil
	}
	if o.Status != orderflow.Shipping || o.StockStatus != orderflow.StockReserved {
		return orderflow.Errorf(orderflow.CodeInvalidState, "order %s is %s, its stock is %s", id, o.Status,
			o.StockStatus)
	}
	for _, c := range chunks(o.StockMoves(orderflow.Ship)) {
		if err := r.recordChunk(ctx, o, c); err != nil {
			return err
		}
	}
	return nil
}

func (r Record) recordChunk(ctx context.Context, o *orderflow.Order, c chunk) error {
	if c.last {
		if err := o.Fulfil(r.Now.by("record", "")); err != nil {
			return err
		}
	} else if done, err := r.Steps.Step(ctx, o.ID, c.name("record")); err != nil || done != nil {
		return err
	}
	step, err := c.step(o.ID, "record", c.moves)
	if err != nil {
		return err
	}
	return r.Orders.Commit(ctx, orderflow.Write{Order: o, Step: step, Stock: c.moves})
}
