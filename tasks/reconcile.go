package tasks

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"orderflow"
)

// Standing finds orders that stand still.
type Standing interface {
	// Standing yields the orders of a status that were last changed before the given time, oldest first. They may be slightly out of date.
	Standing(ctx context.Context, status orderflow.Status, before time.Time) iter.Seq2[*orderflow.Order, error]
}

// Executions starts and looks at executions by order id.
type Executions interface {
	Starter
	// Execution returns CodeNotFound for an order whose execution was never started.
	Execution(ctx context.Context, orderID string) (orderflow.Execution, error)
}

// Reconcile finds what a lost event left behind: orders that stand still though something should have happened. The rows are the truth.
type Reconcile struct {
	Orders     Orders
	Standing   Standing
	Executions Executions
	History    History
	Tokens     Answerer
	Alerts     Alerter
	Now        Clock
	After      time.Duration // how long an order may stand still
	Log        *slog.Logger
}

// Reconciled counts what was done.
type Reconciled struct {
	Checked  int `json:"checked"`
	Started  int `json:"started"`  // executions that were missing
	Answered int `json:"answered"` // waiting steps whose answer was lost
	Marked   int `json:"marked"`   // failures nobody had told of
	Cleared  int `json:"cleared"`  // marks of failures that were redriven since
	Failed   int `json:"failed"`   // orders that could not be looked at
	// StuckSeconds is how long the order has waited that has needed attention the longest.
	StuckSeconds int64 `json:"stuckSeconds"`
	// Complete is false if the time ran out; the next run begins with the oldest orders again.
	Complete bool `json:"complete"`
}

// spare is left of the invocation's time when Reconcile stops looking further.
const spare = 10 * time.Second

// Handle looks at every order that stands still. One that cannot be looked at does not hold up the others.
func (r Reconcile) Handle(ctx context.Context, _ struct{}) (Reconciled, error) {
	out, err := r.run(ctx)
	logReconciled(ctx, r.Log, out)
	return out, err
}

func (r Reconcile) run(ctx context.Context) (Reconciled, error) {
	var out Reconciled
	before := r.Now().Add(-r.After)
	for _, status := range orderflow.Statuses {
		if status.Final() {
			continue
		}
		for o, err := range r.Standing.Standing(ctx, status, before) {
			if err != nil {
				return out, fmt.Errorf("reconcile: find standing orders: %w", err)
			}
			if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < spare {
				return out, nil
			}
			out.Checked++
			done := out
			if err := r.check(ctx, o, &out); err != nil {
				r.Log.ErrorContext(ctx, "reconcile order failed", "orderId", o.ID, "error", err)
				out.Failed++
			}
			if o.Attention != nil && out.Marked == done.Marked && out.Cleared == done.Cleared {
				out.StuckSeconds = max(out.StuckSeconds, int64(r.Now().Sub(o.Attention.Since).Seconds()))
			}
		}
	}
	out.Complete = true
	return out, nil
}

func (r Reconcile) check(ctx context.Context, o *orderflow.Order, out *Reconciled) error {
	a := attend{r.Orders, r.Alerts, r.History, r.Now, "step:reconcile"}
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
	if x.Status == running {
		return r.wakeUp(ctx, a, o.ID, x, out)
	}
	if m := o.Attention; m != nil && m.ExecutionARN == x.ARN && m.RedriveCount >= x.RedriveCount {
		return nil
	}
	if x.Status == succeeded {
		return count(&out.Marked)(a.mark(ctx, o.ID, orderflow.Attention{
			Code: string(orderflow.CodeInvalidState), Message: "the execution succeeded, but the order did not end", ExecutionARN: x.ARN, RedriveCount: x.RedriveCount,
		}))
	}
	return count(&out.Marked)(a.failed(ctx, o.ID, attention(x.ARN, x.Status, x.Error, x.Cause, x.RedriveCount)))
}

// wakeUp looks at an order whose execution runs: a mark may be out of date, a waiting step's answer lost.
func (r Reconcile) wakeUp(ctx context.Context, a attend, id string, x orderflow.Execution, out *Reconciled) error {
	if err := count(&out.Cleared)(a.redriven(ctx, id, x.RedriveCount)); err != nil {
		return err
	}
	o, err := r.Orders.Order(ctx, id)
	if err != nil {
		return err
	}
	return count(&out.Answered)(answer(ctx, r.Tokens, o))
}

// count adds one to n if something was done.
func count(n *int) func(bool, error) error {
	return func(done bool, err error) error {
		if err == nil && done {
			*n++
		}
		return err
	}
}
