package tasks

import (
	"context"
	"fmt"

	"github.com/orderflow-dev/orderflow"
)

// refunds checks the orders with an open refund and no mark: the event of the request may be lost.
func (r Reconcile) refunds(ctx context.Context, out *Reconciled) error {
	return each(ctx, r, out, r.Stalled.OpenRefunds(ctx), func(ctx context.Context, o *orderflow.Order,
		out *Reconciled) error {
		if err := r.renewRefunds(ctx, o, out); err != nil {
			return fmt.Errorf("order %s: %w", o.ID, err)
		}
		return nil
	})
}

// renewRefunds requests refunds again whose events may be lost or whose money has not arrived, and
// marks the order if that takes too long.
func (r Reconcile) renewRefunds(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
	if !o.HasOpenRefund() {
		return nil
	}
	a := r.attend()
	var renewed, marked bool
	_, err := update(ctx, r.Orders, o.ID, func(o *orderflow.Order, _ *orderflow.Write) error {
		renewed = o.RenewRefunds(r.After, a.by())
		marked = o.MarkOverdueRefunds(a.by())
		return nil
	})
	if err := count(&out.Refunds)(renewed, err); err != nil {
		return err
	}
	return count(&out.Marked)(marked, nil)
}

// repaid reports whether the refund of this request is no longer open.
func (r Reconcile) repaid(ctx context.Context, e orderflow.EventDetail) (bool, error) {
	o, err := r.Orders.Order(ctx, e.OrderID)
	if err != nil {
		return false, err
	}
	refund := o.FindRefund(e.RefundID)
	return refund != nil && !refund.IsOpen(), nil
}
