package tasks

import (
	"context"
	"strconv"

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

// releaseHold redrives the failed execution of an order whose hold has expired: the step that failed
// sees that the order is given up, and the state machine releases what is recorded as held. The
// token is that of an operator's redrive, so that both together redrive once. An execution that
// fails again stays for the operators.
func (r Reconcile) releaseHold(ctx context.Context, a attend, id string, x orderflow.Execution, out *Reconciled) error {
	if err := r.Executions.Redrive(ctx, id, id+"-"+strconv.Itoa(x.RedriveCount)); err != nil {
		return err
	}
	by := a.by()
	by.Reason = string(orderflow.CodeHoldExpired)
	_, err := update(ctx, r.Orders, id, func(o *orderflow.Order, _ *orderflow.Write) error {
		o.NoteRedrive(x.RedriveCount, by)
		return nil
	})
	return count(&out.Redriven)(true, err)
}
