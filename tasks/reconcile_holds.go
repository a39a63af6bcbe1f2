package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

// expireHold gives an order up that has held its stock for too long without being paid, and returns
// the order as it is saved. The running execution sees it at its next step, and a waiting step is
// woken, as after a cancel.
func (r Reconcile) expireHold(ctx context.Context, a attend, o *orderflow.Order, out *Reconciled) (*orderflow.Order, error) {
	if !o.HoldExpired(r.Now()) {
		return o, nil
	}
	expired := false
	o, err := update(ctx, r.Orders, o.ID, func(o *orderflow.Order, _ *orderflow.Write) error {
		expired = o.ExpireHold(a.by())
		return nil
	})
	return o, count(&out.Expired)(expired, err)
}
