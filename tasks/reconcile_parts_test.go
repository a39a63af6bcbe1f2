package tasks

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// unlisted are executions whose listing fails.
type unlisted struct{ *executions }

func (unlisted) Failed(context.Context, time.Time) iter.Seq2[orderflow.FailedExecution, error] {
	return func(yield func(orderflow.FailedExecution, error) bool) { yield(orderflow.FailedExecution{}, errLost) }
}

// A failure of one part of a run does not stop the other parts.
func TestReconcile_Handle_partFails(t *testing.T) {
	t.Parallel()
	s := shipping(t)
	r, xs, _, _ := reconciler(s, execution("RUNNING", 0))
	held := &letters{}
	held.add("m1", `{"orderId":"ord_1"}`)
	r.Executions, r.StartLetters = unlisted{xs}, held
	got, err := r.Handle(t.Context(), struct{}{})
	if err == nil || got.Complete || got.Renewed != 1 || got.Removed != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

// A run stops when its time has run out, and reports that it is incomplete. It does not fail.
func TestReconcile_Handle_noTime(t *testing.T) {
	t.Parallel()
	s := shipping(t)
	r, _, _, _ := reconciler(s, nil)
	ctx, cancel := context.WithTimeout(t.Context(), spare-time.Second)
	defer cancel()
	if got, err := r.Handle(ctx, struct{}{}); err != nil || got.Complete || got.Started != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
