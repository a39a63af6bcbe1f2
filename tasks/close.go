package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

// Close ends an order that is not fulfilled, after all compensations. The order's end also gives a
// claim on a promotion back to the customer, unless the order was paid.
type Close struct {
	Orders Orders
	Now    Clock
}

// Closed is the result of Close.
type Closed struct {
	OrderID string           `json:"orderId"`
	Status  orderflow.Status `json:"status"` // REJECTED or CANCELLED
}

// Handle returns CodeInvalidState while money is captured or stock is reserved, and for a
// dispatched order.
func (c Close) Handle(ctx context.Context, in Input) (Closed, error) {
	return run(ctx, "close order", func() (Closed, error) { return c.close(ctx, in) })
}

func (c Close) close(ctx context.Context, in Input) (Closed, error) {
	o, err := updateOnce(ctx, c.Orders, in.OrderID, func(o *orderflow.Order, w *orderflow.Write) error {
		loaded := o.Sequence
		err := o.Close(c.Now.by("close", in.Reason))
		if o.Sequence != loaded {
			w.Return = o.ReturnedClaim()
		}
		return err
	})
	if err != nil {
		return Closed{}, err
	}
	return Closed{OrderID: o.ID, Status: o.Status}, nil
}
