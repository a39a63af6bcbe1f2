package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

// Close ends an order that is not fulfilled, after all compensations.
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
	o, err := updateOnce(ctx, c.Orders, in.OrderID, func(o *orderflow.Order, _ *orderflow.Write) error {
		return o.Close(c.Now.by("close", in.Reason))
	})
	if err != nil {
		return Closed{}, err
	}
	return Closed{OrderID: o.ID, Status: o.Status}, nil
}
