package tasks

import (
	"context"
	"fmt"

	"orderflow"
)

// Close ends an order that is not fulfilled, after everything was undone.
type Close struct {
	Orders Orders
	Now    Clock
}

// Closed is the result of Close.
type Closed struct {
	OrderID string           `json:"orderId"`
	Status  orderflow.Status `json:"status"` // REJECTED or CANCELLED
}

// Handle returns CodeInvalidState while money is captured or stock held, and for an order that was dispatched.
func (c Close) Handle(ctx context.Context, in Input) (Closed, error) {
	return untilSettled(ctx, func() (Closed, error) {
		out, err := c.close(ctx, in)
		if err != nil {
			return out, fmt.Errorf("close order: %w", err)
		}
		return out, nil
	})
}

func (c Close) close(ctx context.Context, in Input) (Closed, error) {
	o, err := c.Orders.Order(ctx, in.OrderID)
	if err != nil {
		return Closed{}, err
	}
	loaded := o.Sequence
	if err := o.Close(c.Now.by("close", in.Reason)); err != nil {
		return Closed{}, err
	}
	if err := commitChanged(ctx, c.Orders, o, loaded); err != nil {
		return Closed{}, err
	}
	return Closed{OrderID: o.ID, Status: o.Status}, nil
}
