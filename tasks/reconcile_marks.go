package tasks

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// lookBack is how far back failed executions without a mark are searched.
const lookBack = 24 * time.Hour

// failedAfterEnd marks orders that ended before their execution failed (the last notification was
// not sent), and those that wait for an answer that no step will take. Such orders are not stalled,
// so they are found through their executions.
func (r Reconcile) failedAfterEnd(ctx context.Context, out *Reconciled) error {
	return each(ctx, r, out, r.Executions.Failed(ctx, r.Now().Add(-lookBack)), r.markEnded)
}

func (r Reconcile) markEnded(ctx context.Context, e orderflow.FailedExecution, out *Reconciled) error {
	o, err := r.Orders.Order(ctx, e.OrderID)
	if orderflow.CodeOf(err) == orderflow.CodeNotFound || err == nil && !o.Status.Final() && o.Wait == nil {
		return nil // not an order, or found by the check of stalled orders
	}
	mark := orderflow.Attention{ExecutionARN: e.ARN, RedriveCount: e.RedriveCount}
	if err != nil || o.ExecutionName() != e.Name || o.Marked(mark) {
		return err
	}
	x, err := r.Executions.Execution(ctx, e.Name)
	if err != nil || !x.Status.Failed() {
		return err
	}
	return count(&out.Marked)(r.attend().failed(ctx, e.OrderID, attention(x)))
}

// marks checks the orders that need attention: a notification may now be sent, an alert may be
// missing, a mark may be outdated.
func (r Reconcile) marks(ctx context.Context, out *Reconciled) error {
	var outage orderflow.Incident
	check := func(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
		outage.Add(o)
		return r.checkMark(ctx, o, out)
	}
	err := each(ctx, r, out, r.Stalled.NeedingAttention(ctx), check)
	out.Waiting = outage.Orders - outage.Failed
	return cmp.Or(r.incident(ctx, &outage), err)
}

func (r Reconcile) checkMark(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
	if o.Attention == nil || o.WaitsForProvider(r.Now()) {
		return nil
	}
	cleared, resent := out.Cleared, out.Resent
	for _, f := range []func(context.Context, *orderflow.Order, *Reconciled) error{r.renewRefunds, r.resend, r.alertDue, r.clearEnded} {
		if err := f(ctx, o, out); err != nil {
			return fmt.Errorf("order %s: %w", o.ID, err)
		}
	}
	if cleared == out.Cleared && resent == out.Resent && !o.RefundOnlyPends(r.Now()) {
		out.StuckSeconds = max(out.StuckSeconds, int64(r.Now().Sub(o.Attention.Since).Seconds()))
	}
	return nil
}

// resend sends the unsent notification. If it fails again, the next run retries.
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

// alertDue sends alerts for marks that were set without one. An alert may be sent twice, with the
// same id.
func (r Reconcile) alertDue(ctx context.Context, o *orderflow.Order, _ *Reconciled) error {
	a := r.attend()
	_, err := update(ctx, r.Orders, o.ID, func(o *orderflow.Order, w *orderflow.Write) error {
		due := o.TakeAlerts(r.Now())
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

// clearEnded removes the mark of an ended order whose execution was redriven since. check does this
// for the others.
func (r Reconcile) clearEnded(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
	if !o.Status.Final() || o.Attention.Kind() != orderflow.AttentionFailed {
		return nil
	}
	x, err := r.Executions.Execution(ctx, o.ExecutionName())
	if err != nil || x.Status.Failed() {
		return err
	}
	return count(&out.Cleared)(r.attend().redriven(ctx, o.ExecutionName(), x.RedriveCount))
}
