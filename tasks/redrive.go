package tasks

import (
	"context"
	"strconv"

	"github.com/orderflow-dev/orderflow"
)

// Redriver describes and redrives executions.
type Redriver interface {
	// Execution returns CodeNotFound for an order whose execution was never started.
	Execution(ctx context.Context, orderID string) (orderflow.Execution, error)
	// Redrive lets a failed execution resume; repeating it with the same token has no further
	// effect.
	Redrive(ctx context.Context, orderID, clientToken string) error
}

// redriveCancelled redrives the failed execution of a cancelled order if that is due, and reports
// whether it did: the step that failed sees the cancel, and the state machine undoes what was done.
// The token is that of an operator's redrive, so that both together redrive once.
func redriveCancelled(ctx context.Context, orders Orders, xs Redriver, o *orderflow.Order, x orderflow.Execution,
	by orderflow.By) (bool, error) {
	if !o.UndoDue(x, by.At) {
		return false, nil
	}
	if err := xs.Redrive(ctx, o.ID, o.ID+"-"+strconv.Itoa(x.RedriveCount)); err != nil {
		return false, err
	}
	by.Reason = string(orderflow.CodeOrderCancelled)
	if o.Cancel.HoldExpired {
		by.Reason = string(orderflow.CodeHoldExpired)
	}
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
	x, err := xs.Execution(ctx, o.ID)
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return nil // the reconciler starts one
	}
	if err != nil {
		return err
	}
	_, err = redriveCancelled(ctx, orders, xs, o, x, now.by("wake", ""))
	return err
}
