package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

// Record fulfils a dispatched order: it captures what is only authorised, and moves the reserved
// stock to shipped, chunk by chunk as Reserve does. The last chunk records the capture and fulfils
// the order.
type Record struct {
	Orders  Orders
	Steps   Steps
	Ledger  Ledger
	Gateway Gateway
	Now     Clock
}

// Recorded is the result of Record.
type Recorded struct {
	OrderID string `json:"orderId"`
}

// Handle returns CodeInvalidState for an order that is not dispatched; CodePaymentUnavailable or
// CodePaymentUncertain, which may be retried; CodeAuthorizationLapsed if the payment can no longer
// be captured, and the provider declined another authorisation.
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
	captured, err := r.capture(ctx, o)
	if err != nil {
		return err
	}
	for _, c := range chunks(o.StockMoves(orderflow.Ship)) {
		if err := r.recordChunk(ctx, o, c, captured); err != nil {
			return err
		}
	}
	return nil
}

// capture captures an authorised payment and returns its ledger entry, which the last chunk
// records; nil if the payment is captured already, or nothing is due.
func (r Record) capture(ctx context.Context, o *orderflow.Order) (*orderflow.Payment, error) {
	if o.PaymentStatus != orderflow.PaymentAuthorized {
		return nil, nil
	}
	h := holds{orders: r.Orders, ledger: r.Ledger, gateway: r.Gateway, now: r.Now}
	return h.capture(ctx, o)
}

func (r Record) recordChunk(ctx context.Context, o *orderflow.Order, c chunk, captured *orderflow.Payment) error {
	w := orderflow.Write{Order: o, Stock: c.moves}
	if c.last { // fulfilled once, by the order's version
		if captured != nil {
			w.Payment = captured
			if err := o.Capture(r.Now.by("record", "")); err != nil {
				return err
			}
		}
		if err := o.Fulfil(r.Now.by("record", "")); err != nil {
			return err
		}
		return r.Orders.Commit(ctx, w)
	}
	if done, err := r.Steps.Step(ctx, o.ID, c.name("record")); err != nil || done != nil {
		return err
	}
	var err error
	if w.Step, err = c.step(o.ID, "record", c.moves); err != nil {
		return err
	}
	return r.Orders.Commit(ctx, w)
}
