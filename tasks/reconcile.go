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
	Patience   time.Duration // how long a carrier may be silent before operators are told
	Log        *slog.Logger
}

// Reconciled counts what was done.
type Reconciled struct {
	Checked  int `json:"checked"`
	Started  int `json:"started"`  // executions that were missing
	Answered int `json:"answered"` // waiting steps whose answer was lost
	Renewed  int `json:"renewed"`  // shipment requests that were not answered, and may be lost
	Marked   int `json:"marked"`   // failures nobody had told of, and carriers that have been silent for too long
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
			done := out
			if !r.patient(o) {
				out.Checked++
				if err := r.check(ctx, o, &out); err != nil {
					r.Log.ErrorContext(ctx, "reconcile order failed", "orderId", o.ID, "error", err)
					out.Failed++
				}
			}
			if o.Attention != nil && out.Marked == done.Marked && out.Cleared == done.Cleared {
				out.StuckSeconds = max(out.StuckSeconds, int64(r.Now().Sub(o.Attention.Since).Seconds()))
			}
		}
	}
	out.Complete = true
	return out, nil
}

// patient tells whether the order only waits for a carrier that was asked not long ago. Such orders stand still for days, and may be many: looking
// at each in every run would hold up the others.
func (r Reconcile) patient(o *orderflow.Order) bool {
	marked := o.Attention != nil && o.Attention.Code != string(orderflow.CodeShipmentUnanswered)
	return o.Unanswered() && !marked && !o.RenewalDue(r.After, r.Now()) && !o.Overdue(r.Patience, r.Now())
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
	if answered || err != nil {
		return count(&out.Answered)(answered, err)
	}
	return r.remind(ctx, a, id, x.RedriveCount, out)
}

// remind asks a silent carrier again, and tells operators of one that has been silent for too long.
func (r Reconcile) remind(ctx context.Context, a attend, id string, redriveCount int, out *Reconciled) error {
	var renewed, overdue bool
	o, err := untilSettled(ctx, func() (*orderflow.Order, error) {
		o, err := r.Orders.Order(ctx, id)
		if err != nil {
			return nil, err
		}
		loaded := o.Sequence
		renewed = o.RenewShipment(r.After, a.by())
		overdue = o.MarkOverdue(r.Patience, redriveCount, a.by())
		return o, commitChanged(ctx, r.Orders, o, loaded)
	})
	if err := count(&out.Renewed)(renewed, err); err != nil || !overdue {
		return err
	}
	return count(&out.Marked)(true, a.alert(ctx, o))
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
