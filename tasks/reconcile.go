package tasks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Stalled finds orders that have not changed for some time, and orders that need attention. Results
// may be slightly out of date.
type Stalled interface {
	// Stalled yields the orders of a status that were last changed before the given time, oldest
	// first, and those that were changed after ahead, a time in the future.
	Stalled(ctx context.Context, status orderflow.Status, before, ahead time.Time) iter.Seq2[*orderflow.Order, error]
	// NeedingAttention yields the orders that need attention, of any status.
	NeedingAttention(ctx context.Context) iter.Seq2[*orderflow.Order, error]
	// OpenRefunds yields the orders that have an open refund and need no attention.
	OpenRefunds(ctx context.Context) iter.Seq2[*orderflow.Order, error]
}

// Executions starts and reads executions by order id.
type Executions interface {
	Starter
	Redriver
	// Failed yields the executions that ended unsuccessfully since the given time.
	Failed(ctx context.Context, since time.Time) iter.Seq2[orderflow.FailedExecution, error]
}

// Reconcile repairs the effects of lost events: it finds orders that should have changed but did
// not. The table is the source of truth.
type Reconcile struct {
	Orders     Orders
	Stalled    Stalled
	Executions Executions
	History    History
	Tokens     Answerer
	Alerts     Alerter
	Notify     Notify // resends notifications
	Ledger     Ledger
	Gateway    Gateway // renews authorisations
	// Dead letters of the requests to start an execution, to answer a waiting step, to request a
	// shipment, and to carry out a refund.
	StartLetters, WakeLetters, CarrierLetters, RepayLetters Letters

	Now      Clock
	After    time.Duration // how long an order may stay unchanged
	Patience time.Duration // how long a carrier may be silent before an alert
	Log      *slog.Logger
}

// Reconciled counts the repairs of a run.
type Reconciled struct {
	Checked  int `json:"checked"`
	Started  int `json:"started"`  // missing executions
	Answered int `json:"answered"` // waiting steps whose answer was lost
	Renewed  int `json:"renewed"`  // unanswered shipment requests, which may be lost
	Refunds  int `json:"refunds"`  // refunds whose request may be lost, or whose money has not arrived
	Resent   int `json:"resent"`   // notifications that failed before
	// Reauthorized counts renewed authorisations that would have lapsed.
	Reauthorized int `json:"reauthorized"`
	Marked       int `json:"marked"`   // failures without a mark, and carriers silent for too long
	Cleared      int `json:"cleared"`  // marks of failures that were redriven since
	Removed      int `json:"removed"`  // dead letters whose order has moved on
	Letters      int `json:"letters"`  // dead letters left in the queues
	Waiting      int `json:"waiting"`  // orders that wait until the payment provider answers again
	Expired      int `json:"expired"`  // orders given up because they held their stock for too long
	Redriven     int `json:"redriven"` // failed executions of orders that were cancelled or given up
	Failed       int `json:"failed"`   // orders whose check failed
	// StuckSeconds is the longest time that an order has needed attention.
	StuckSeconds int64 `json:"stuckSeconds"`
	// Complete is false if the time ran out. The next run starts again with the oldest orders.
	Complete bool `json:"complete"`
}

// spare is the remaining invocation time at which Reconcile stops.
const spare = 10 * time.Second

// errNoTime ends a run whose time has run out.
var errNoTime = errors.New("reconcile: out of time")

// Handle checks every stalled order. A failed check does not stop the others.
func (r Reconcile) Handle(ctx context.Context, _ struct{}) (Reconciled, error) {
	var out Reconciled
	err := r.run(ctx, &out)
	out.Complete = err == nil
	if errors.Is(err, errNoTime) {
		err = nil
	}
	logReconciled(ctx, r.Log, out)
	return out, err
}

func (r Reconcile) attend() attend {
	return attend{orders: r.Orders, alerts: r.Alerts, history: r.History, now: r.Now, actor: "step:reconcile"}
}

func (r Reconcile) run(ctx context.Context, out *Reconciled) error {
	var failed []error
	for _, part := range []struct {
		name string
		run  func(context.Context, *Reconciled) error
	}{
		{"find stalled orders", r.stalled}, {"find executions that failed after the end", r.failedAfterEnd},
		{"find open refunds", r.refunds}, {"find orders that need attention", r.marks}, {"check dead letters", r.letters},
	} {
		err := part.run(ctx, out)
		if errors.Is(err, errNoTime) {
			return err
		}
		if err != nil { // the other parts do not depend on this one
			failed = append(failed, fmt.Errorf("reconcile: %s: %w", part.name, err))
		}
	}
	return errors.Join(failed...)
}

// inTime returns errNoTime if there is no time for another check.
func inTime(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < spare {
		return errNoTime
	}
	return nil
}

// each calls f for every value of seq while there is time. An error of f is logged, counted, and
// left for the next run.
func each[T any](ctx context.Context, r Reconcile, out *Reconciled, seq iter.Seq2[T, error],
	f func(context.Context, T, *Reconciled) error) error {
	for v, err := range seq {
		if err == nil {
			err = inTime(ctx)
		}
		if err != nil {
			return err
		}
		if err := f(ctx, v, out); err != nil {
			r.Log.ErrorContext(ctx, "reconcile failed", "error", err)
			out.Failed++
		}
	}
	return nil
}

// count returns a function that increments n if the work was done.
func count(n *int) func(bool, error) error {
	return func(done bool, err error) error {
		if err == nil && done {
			*n++
		}
		return err
	}
}
