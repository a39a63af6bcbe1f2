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

// Standing finds orders that stand still, and orders that need attention. They may be slightly out of date.
type Stalled interface {
	// Standing yields the orders of a status that were last changed before the given time, oldest first, and those that were changed after
	// ahead, a time in the future.
	Stalled(ctx context.Context, status orderflow.Status, before, ahead time.Time) iter.Seq2[*orderflow.Order, error]
	// NeedingAttention yields the orders that need attention, whatever their status.
	NeedingAttention(ctx context.Context) iter.Seq2[*orderflow.Order, error]
}

// Executions starts and looks at executions by order id.
type Executions interface {
	Starter
	// Execution returns CodeNotFound for an order whose execution was never started.
	Execution(ctx context.Context, orderID string) (orderflow.Execution, error)
	// Failed yields the executions that ended unsuccessfully since the given time.
	Failed(ctx context.Context, since time.Time) iter.Seq2[orderflow.FailedExecution, error]
}

// Reconcile finds what a lost event left behind: orders that stand still though something should have happened. The rows are the truth.
type Reconcile struct {
	Orders     Orders
	Stalled    Stalled
	Executions Executions
	History    History
	Tokens     Answerer
	Alerts     Alerter
	Notify     Notify // sends what could not be sent
	// The dead letters of the requests to start an execution, to answer one, and to ask the carrier.
	StartLetters, WakeLetters, CarrierLetters Letters

	Now      Clock
	After    time.Duration // how long an order may stand still
	Patience time.Duration // how long a carrier may be silent before operators are told
	Log      *slog.Logger
}

// Reconciled counts what was done.
type Reconciled struct {
	Checked  int `json:"checked"`
	Started  int `json:"started"`  // executions that were missing
	Answered int `json:"answered"` // waiting steps whose answer was lost
	Renewed  int `json:"renewed"`  // shipment requests that were not answered, and may be lost
	Resent   int `json:"resent"`   // notifications that could not be sent before
	Marked   int `json:"marked"`   // failures nobody had told of, and carriers that have been silent for too long
	Cleared  int `json:"cleared"`  // marks of failures that were redriven since
	Removed  int `json:"removed"`  // dead letters whose order has moved on
	Letters  int `json:"letters"`  // dead letters that are left
	Failed   int `json:"failed"`   // orders that could not be looked at
	// StuckSeconds is how long the order has waited that has needed attention the longest.
	StuckSeconds int64 `json:"stuckSeconds"`
	// Complete is false if the time ran out; the next run begins with the oldest orders again.
	Complete bool `json:"complete"`
}

// spare is left of the invocation's time when Reconcile stops looking further.
const spare = 10 * time.Second

// errNoTime ends a run whose time is up.
var errNoTime = errors.New("the time is up")

// Handle looks at every order that stands still. One that cannot be looked at does not hold up the others.
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
	return attend{r.Orders, r.Alerts, r.History, r.Now, "step:reconcile"}
}

func (r Reconcile) run(ctx context.Context, out *Reconciled) error {
	var failed []error
	for _, part := range []struct {
		name string
		run  func(context.Context, *Reconciled) error
	}{
		{"find standing orders", r.stalled}, {"find executions that failed after the end", r.failedAfterEnd},
		{"find orders that need attention", r.marks}, {"sort dead letters", r.letters},
	} {
		err := part.run(ctx, out)
		if errors.Is(err, errNoTime) {
			return err
		}
		if err != nil { // the other parts need not wait for this one
			failed = append(failed, fmt.Errorf("reconcile: %s: %w", part.name, err))
		}
	}
	return errors.Join(failed...)
}

// inTime returns errNoTime if there is no time to look at one more.
func inTime(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < spare {
		return errNoTime
	}
	return nil
}

// each calls f for all that seq yields, while there is time. What f cannot do is logged, counted, and left for the next run.
func each[T any](ctx context.Context, r Reconcile, out *Reconciled, seq iter.Seq2[T, error], f func(context.Context, T, *Reconciled) error) error {
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

// count adds one to n if something was done.
func count(n *int) func(bool, error) error {
	return func(done bool, err error) error {
		if err == nil && done {
			*n++
		}
		return err
	}
}
