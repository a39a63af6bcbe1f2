package tasks

import (
	"context"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// clockSkew is how far the clocks may differ that tell when orders change. What was changed later than that has a clock that was set back since.
const clockSkew = time.Minute

func (r Reconcile) stalled(ctx context.Context, out *Reconciled) error {
	now := r.Now()
	for _, status := range orderflow.Statuses {
		if status.Final() {
			continue
		}
		if err := each(ctx, r, out, r.Stalled.Stalled(ctx, status, now.Add(-r.After), now.Add(clockSkew)), r.checkStalled); err != nil {
			return err
		}
	}
	return nil
}

func (r Reconcile) checkStalled(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
	if o.OnlyWaits(r.After, r.Patience, r.Now()) { // they may be many: looking at each in every run would hold up the others
		return nil
	}
	out.Checked++
	if err := r.check(ctx, o, out); err != nil {
		return fmt.Errorf("order %s: %w", o.ID, err)
	}
	return nil
}

func (r Reconcile) check(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
	a := r.attend()
	x, err := r.Executions.Execution(ctx, o.ID)
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		if err := r.Executions.Start(ctx, o.ID); err != nil {
			return err
		}
		out.Started++
		return nil
	}
	if err != nil {
		return err
	}
	if x.Status == orderflow.ExecutionRunning {
		return r.wakeUp(ctx, a, o.ID, x, out)
	}
	mark := attention(x)
	if o.Marked(mark) {
		return nil
	}
	if x.Status == orderflow.ExecutionSucceeded {
		return count(&out.Marked)(a.mark(ctx, o.ID, mark))
	}
	return count(&out.Marked)(a.failed(ctx, o.ID, mark))
}

// wakeUp looks at an order whose execution runs: a mark may be out of date, a waiting step's answer lost, or what it asked the carrier.
func (r Reconcile) wakeUp(ctx context.Context, a attend, id string, x orderflow.Execution, out *Reconciled) error {
	if err := count(&out.Cleared)(a.redriven(ctx, id, x.RedriveCount)); err != nil {
		return err
	}
	o, err := r.Orders.Order(ctx, id)
	if err != nil {
		return err
	}
	answered, err := answer(ctx, r.Tokens, o)
	if orderflow.CodeOf(err) == orderflow.CodeTokenGone {
		return r.markRefused(ctx, a, o, x, out)
	}
	if answered || err != nil {
		return count(&out.Answered)(answered, err)
	}
	return r.renewRequest(ctx, a, id, x.RedriveCount, out)
}

// refused marks an order whose execution waits for an answer that is known, and does not take it.
func (r Reconcile) markRefused(ctx context.Context, a attend, o *orderflow.Order, x orderflow.Execution, out *Reconciled) error {
	mark := orderflow.Attention{
		Code: string(orderflow.CodeAnswerRefused), Message: "the execution waits, but does not take the answer that is known", Step: o.Wait.Step, RedriveCount: x.RedriveCount,
	}
	marked, err := a.change(ctx, o.ID, func(o *orderflow.Order) bool { return o.MarkAttention(mark, a.by()) })
	if err != nil || !marked {
		return err
	}
	return count(&out.Marked)(true, a.alert(ctx, o.ID, mark))
}

// remind asks a silent carrier again, and tells operators of one that has been silent for too long.
func (r Reconcile) renewRequest(ctx context.Context, a attend, id string, redriveCount int, out *Reconciled) error {
	var renewed, overdue bool
	o, err := update(ctx, r.Orders, id, func(o *orderflow.Order, _ *orderflow.Write) error {
		renewed = o.RenewShipment(r.After, a.by())
		overdue = o.MarkOverdue(r.Patience, redriveCount, a.by())
		return nil
	})
	if err := count(&out.Renewed)(renewed, err); err != nil || !overdue {
		return err
	}
	return count(&out.Marked)(true, a.alert(ctx, id, *o.Attention))
}
