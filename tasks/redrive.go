package tasks

import (
	"context"
	"strconv"

	"github.com/orderflow-dev/orderflow"
)

// Redriver describes and redrives executions.
type Redriver interface {
	// Execution returns CodeNotFound for an execution that was never started.
	Execution(ctx context.Context, name string) (orderflow.Execution, error)
	// Redrive lets a failed execution resume; repeating it with the same token has no further
	// effect.
	Redrive(ctx context.Context, name, clientToken string) error
}

// redriveCancelled redrives the failed execution of a cancelled order if that is due, and reports
// whether it did: the step that failed sees the cancel, and the state machine undoes what was done.
// The token is that of an operator's redrive, so that both together redrive once.
func redriveCancelled(ctx context.Context, orders Orders, xs Redriver, o *orderflow.Order, x orderflow.Execution,
	by orderflow.By) (bool, error) {
	if !x.Redrivable || !o.UndoDue(x, by.At) {
		return false, nil
	}
	if err := xs.Redrive(ctx, o.ExecutionName(), o.ExecutionName()+"-"+strconv.Itoa(x.RedriveCount)); err != nil {
		return false, err
	}
	by.Reason = cancelReason(o)
	_, err := update(ctx, orders, o.ID, func(o *orderflow.Order, _ *orderflow.Write) error {
		o.NoteRedrive(x.RedriveCount, by)
		return nil
	})
	return true, err
}

// redriveMarked is redriveCancelled for an order that is marked for a failed execution.
func redriveMarked(ctx context.Context, orders Orders, xs Redriver, o *orderflow.Order, now Clock) error {
	failed := o.Attention != nil && o.Attention.Kind() == orderflow.AttentionFailed
	if !failed || o.Cancel == nil || o.Status.Final() {
		return nil
	}
	x, err := xs.Execution(ctx, o.ExecutionName())
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return nil // the reconciler starts one, and restarts what cannot be redriven
	}
	if err != nil {
		return err
	}
	_, err = redriveCancelled(ctx, orders, xs, o, x, now.by("wake", ""))
	return err
}

// cancelReason returns the reason of the steps that undo a cancelled order.
func cancelReason(o *orderflow.Order) string {
	if o.Cancel.HoldExpired {
		return string(orderflow.CodeHoldExpired)
	}
	return string(orderflow.CodeOrderCancelled)
}

// restartCancelled replaces the ended execution of a cancelled order if a redrive is due but not
// possible: the execution is too old, or has succeeded although the order did not end. It reports
// whether it did. If the start fails, the next run finds the order without an execution.
func restartCancelled(ctx context.Context, orders Orders, xs Starter, loaded *orderflow.Order, x orderflow.Execution,
	by orderflow.By) (bool, error) {
	if x.Redrivable || !loaded.UndoDue(x, by.At) {
		return false, nil
	}
	by.Reason = cancelReason(loaded)
	o, err := update(ctx, orders, loaded.ID, func(o *orderflow.Order, _ *orderflow.Write) error {
		if o.Restarts != loaded.Restarts {
			return nil // an operator was faster
		}
		return o.Restart(by)
	})
	if err != nil {
		return false, err
	}
	return true, xs.Start(ctx, o.ExecutionName())
}
