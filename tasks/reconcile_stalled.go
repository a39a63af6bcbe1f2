package tasks

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// clockSkew is the largest expected difference between the clocks that time changes. A change
// further in the future was timed by a clock that has since been set back.
const clockSkew = time.Minute

func (r Reconcile) stalled(ctx context.Context, out *Reconciled) error {
	now := r.Now()
	for _, status := range orderflow.Statuses {
		if status.Final() {
			continue
		}
		if err := each(ctx, r, out, r.Stalled.Stalled(ctx, status, now.Add(-r.After), now.Add(clockSkew)),
			r.checkStalled); err != nil {
			return err
		}
	}
	return nil
}

func (r Reconcile) checkStalled(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
	// checking many such orders in every run would delay the others
	if !o.HoldExpired(r.Now()) && o.OnlyWaits(r.After, r.Patience, r.Now()) {
		return nil
	}
	out.Checked++
	// an authorisation that cannot be renewed now must not keep the rest from its check
	renewErr := r.reauthorize(ctx, o, out)
	if err := cmp.Or(r.check(ctx, o, out), renewErr); err != nil {
		return fmt.Errorf("order %s: %w", o.ID, err)
	}
	return nil
}

// reauthorize renews the authorisation of an order if it would lapse before the capture.
func (r Reconcile) reauthorize(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
	if !o.ReauthorizationDue(r.Now()) {
		return nil
	}
	h := holds{orders: r.Orders, ledger: r.Ledger, gateway: r.Gateway, now: r.Now}
	return count(&out.Reauthorized)(h.renew(ctx, o.ID, r.attend().by()))
}

func (r Reconcile) check(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
	a := r.attend()
	o, err := r.expireHold(ctx, a, o, out)
	if err != nil {
		return err
	}
	x, err := r.Executions.Execution(ctx, o.ExecutionName())
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return r.start(ctx, a, o, out)
	}
	if err != nil {
		return err
	}
	if x.Status == orderflow.ExecutionRunning {
		return r.wakeUp(ctx, a, o, x, out)
	}
	redriven, err := redriveCancelled(ctx, r.Orders, r.Executions, o, x, a.by())
	if !redriven && err == nil {
		redriven, err = restartCancelled(ctx, r.Orders, r.Executions, o, x, a.by())
	}
	if redriven || err != nil {
		return count(&out.Redriven)(redriven, err)
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

// start starts the execution of an order that has none. An order that was placed long ago may have
// had one that is forgotten: nothing is charged again by itself, and an operator decides. A
// cancelled order charges nothing.
func (r Reconcile) start(ctx context.Context, a attend, o *orderflow.Order, out *Reconciled) error {
	if o.MayBeForgotten(r.Now()) {
		if o.Attention != nil {
			return nil
		}
		return count(&out.Marked)(a.mark(ctx, o.ID, orderflow.Attention{
			Code:    string(orderflow.CodeExecutionLost),
			Message: "there is no record of the order's execution: restart or cancel the order",
		}))
	}
	if err := r.Executions.Start(ctx, o.ExecutionName()); err != nil {
		return err
	}
	out.Started++
	return nil
}

// wakeUp checks an order with a running execution: a mark may be outdated, or an answer or a
// shipment request may be lost.
func (r Reconcile) wakeUp(ctx context.Context, a attend, o *orderflow.Order, x orderflow.Execution, out *Reconciled) error {
	id := o.ID
	if err := count(&out.Cleared)(a.redriven(ctx, o.ExecutionName(), x.RedriveCount)); err != nil {
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

// markRefused marks an order whose execution waits but refuses the known answer.
func (r Reconcile) markRefused(ctx context.Context, a attend, o *orderflow.Order, x orderflow.Execution,
	out *Reconciled) error {
	mark := orderflow.Attention{
		Code: string(orderflow.CodeAnswerRefused), Message: "the execution waits but refuses the known answer",
		Step: o.Wait.Step, RedriveCount: x.RedriveCount,
	}
	marked, err := a.change(ctx, o.ID, func(o *orderflow.Order) bool { return o.MarkAttention(mark, a.by()) })
	if err != nil || !marked {
		return err
	}
	return count(&out.Marked)(true, a.alert(ctx, o.ID, mark))
}

// renewRequest requests a shipment again from a silent carrier, and alerts operators to one that
// has been silent for too long, and to a review that is due.
func (r Reconcile) renewRequest(ctx context.Context, a attend, id string, redriveCount int, out *Reconciled) error {
	var renewed, overdue bool
	o, err := update(ctx, r.Orders, id, func(o *orderflow.Order, _ *orderflow.Write) error {
		renewed = o.RenewShipment(r.After, a.by())
		overdue = o.MarkOverdue(r.Patience, redriveCount, a.by()) || o.MarkReviewDue(redriveCount, a.by())
		return nil
	})
	if err := count(&out.Renewed)(renewed, err); err != nil || !overdue {
		return err
	}
	return count(&out.Marked)(true, a.alert(ctx, id, *o.Attention))
}
