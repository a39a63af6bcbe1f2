package tasks

import (
	"context"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// lookBack is how long ago an execution may have failed of which nobody was told.
const lookBack = 24 * time.Hour

// failedAfterEnd marks orders that have ended, and whose execution failed after that: the customer was not told. They do not stand still, so
// their executions tell of them.
func (r Reconcile) failedAfterEnd(ctx context.Context, out *Reconciled) error {
	return each(ctx, r, out, r.Executions.Failed(ctx, r.Now().Add(-lookBack)), r.markEnded)
}

func (r Reconcile) markEnded(ctx context.Context, e orderflow.FailedExecution, out *Reconciled) error {
	o, err := r.Orders.Order(ctx, e.OrderID)
	if orderflow.CodeOf(err) == orderflow.CodeNotFound || err == nil && !o.Status.Final() {
		return nil // none of ours; or it is among those that stand still
	}
	if err != nil || o.Marked(orderflow.Attention{ExecutionARN: e.ARN, RedriveCount: e.RedriveCount}) {
		return err
	}
	x, err := r.Executions.Execution(ctx, e.OrderID)
	if err != nil || !x.Status.Failed() {
		return err
	}
	return count(&out.Marked)(r.attend().failed(ctx, e.OrderID, attention(x)))
}

// marks looks at the orders that need attention: a notification may be sent by now, operators may not know yet, a mark may be out of date.
func (r Reconcile) marks(ctx context.Context, out *Reconciled) error {
	return each(ctx, r, out, r.Stalled.NeedingAttention(ctx), r.checkMark)
}

func (r Reconcile) checkMark(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
	if o.Attention == nil {
		return nil
	}
	cleared, resent := out.Cleared, out.Resent
	for _, f := range []func(context.Context, *orderflow.Order, *Reconciled) error{r.resend, r.alertDue, r.clearEnded} {
		if err := f(ctx, o, out); err != nil {
			return fmt.Errorf("order %s: %w", o.ID, err)
		}
	}
	if cleared == out.Cleared && resent == out.Resent {
		out.StuckSeconds = max(out.StuckSeconds, int64(r.Now().Sub(o.Attention.Since).Seconds()))
	}
	return nil
}

// resend sends the notification that could not be sent while the order went on. If it cannot be sent now either, the next run tries again.
func (r Reconcile) resend(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
	if o.Unsent == nil {
		return nil
	}
	if _, err := r.Notify.Handle(ctx, Input{OrderID: o.ID, Kind: o.Unsent.Kind}); err != nil {
		r.Log.WarnContext(ctx, "notification is still unsent", "orderId", o.ID, "kind", o.Unsent.Kind, "error", err)
		return nil
	}
	a := r.attend()
	return count(&out.Resent)(a.change(ctx, o.ID, func(o *orderflow.Order) bool { return o.ClearUnsent(a.by()) }))
}

// alertDue tells operators of marks that were set where no alert could be sent. They may be told twice, under one id.
func (r Reconcile) alertDue(ctx context.Context, o *orderflow.Order, _ *Reconciled) error {
	a := r.attend()
	_, err := update(ctx, r.Orders, o.ID, func(o *orderflow.Order, w *orderflow.Write) error {
		due := o.TakeAlerts()
		for _, mark := range due {
			if err := a.alert(ctx, o.ID, mark); err != nil {
				return err
			}
		}
		if len(due) > 0 {
			w.Order = o
		}
		return nil
	})
	return err
}

// clearEnded takes a mark from an order that has ended if its execution was redriven since. Of the others, check does.
func (r Reconcile) clearEnded(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
	if !o.Status.Final() || o.Attention.Kind() != orderflow.AttentionFailed {
		return nil
	}
	x, err := r.Executions.Execution(ctx, o.ID)
	if err != nil || x.Status.Failed() {
		return err
	}
	return count(&out.Cleared)(r.attend().redriven(ctx, o.ID, x.RedriveCount))
}
