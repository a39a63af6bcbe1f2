package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

// Release releases the stock that Reserve has reserved: all of it, a part, or nothing.
//
// It records release/n for each chunk, reserved or not. Afterwards a late Reserve of the same order
// is refused.
type Release struct {
	Orders Orders
	Steps  Steps
	Now    Clock
}

// Released is the result of Release.
type Released struct {
	OrderID string `json:"orderId"`
}

// Handle returns CodeInvalidState if the goods were dispatched or are paid for.
func (r Release) Handle(ctx context.Context, in Input) (Released, error) {
	return run(ctx, "release stock", func() (Released, error) { return Released{in.OrderID}, r.release(ctx, in.OrderID) })
}

func (r Release) release(ctx context.Context, id string) error {
	o, err := r.Orders.Order(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case o.StockStatus == orderflow.StockReleased || o.Status == orderflow.Rejected || o.Status == orderflow.Cancelled:
		return nil
	case o.Status == orderflow.Shipping || o.Status == orderflow.Fulfilled ||
		o.PaymentStatus == orderflow.PaymentCaptured || o.PaymentStatus == orderflow.PaymentAuthorized ||
		o.PaymentStatus == orderflow.PaymentPartiallyRefunded || proceedsFree(o):
		return orderflow.Errorf(orderflow.CodeInvalidState,
			"cannot release the stock of order %s: it is %s, its payment is %s", id, o.Status, o.PaymentStatus)
	}
	held := false // whether any chunk was reserved
	for _, c := range chunks(o.StockMoves(orderflow.Release)) {
		reserved, err := r.Steps.Step(ctx, id, c.name("reserve"))
		if err != nil {
			return err
		}
		held = held || reserved != nil
		if err := r.releaseChunk(ctx, o, c, reserved, held); err != nil {
			return err
		}
	}
	return nil
}

// proceedsFree reports whether a free order is still to be shipped. A free order has no refund that
// would show the opposite.
func proceedsFree(o *orderflow.Order) bool {
	givenUp := o.Shipment != nil && o.Shipment.Status == orderflow.ShipmentStatusFailed
	return o.Status == orderflow.Paid && o.Total.Amount == 0 && o.Cancel == nil && !givenUp
}

func (r Release) releaseChunk(ctx context.Context, o *orderflow.Order, c chunk, reserved *orderflow.Step,
	held bool) error {
	if done, err := r.Steps.Step(ctx, o.ID, c.name("release")); err != nil || done != nil {
		return err
	}
	var moves []orderflow.StockMove
	if reserved != nil {
		var err error
		if moves, err = readResult[[]orderflow.StockMove](reserved); err != nil {
			return err
		}
	}
	for i := range moves {
		moves[i].Kind = orderflow.Release
	}
	if c.last && held {
		o.ReleaseStock(r.Now.by("release", ""))
	}
	step, err := c.step(o.ID, "release", moves)
	if err != nil {
		return err
	}
	return r.Orders.Commit(ctx, orderflow.Write{Order: o, Step: step, Stock: moves})
}
