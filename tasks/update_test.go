package tasks

import (
	"context"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// A task retries conflicts, and its attempts do not multiply.
func TestCharge_Handle_conflicts(t *testing.T) {
	t.Parallel()
	s, p, charge, refund := confirmed(t, "card")
	commits := 0
	conflict := func(context.Context) error {
		if len(p.captures) == 0 {
			return nil
		}
		commits++
		return errConflict
	}
	s.beforeCommit = conflict
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeConflict)
	if commits != attempts || p.calls != 1 {
		t.Errorf("%d commits, %d calls of the provider", commits, p.calls)
	}
	s.beforeCommit, commits = nil, 0
	_, err = charge.Handle(t.Context(), in)
	wantCode(t, err, "")
	s.mustChange(cancelled)
	s.beforeCommit = conflict
	_, err = refund.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeConflict)
	if commits != attempts {
		t.Errorf("%d commits of a refund", commits)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	s := newStore()
	place(t, s, 1, 3, "card")
	before := s.commits
	if o, err := update(t.Context(), s, "ord_1", func(*orderflow.Order,
		*orderflow.Write) error {
		return nil
	}); err != nil || o.ID != "ord_1" || s.commits != before {
		t.Errorf("got %+v, %v after %d commits", o, err, s.commits-before)
	}
	s.beforeCommit = once(errConflict)
	calls := 0
	o, err := update(t.Context(), s, "ord_1", func(o *orderflow.Order, _ *orderflow.Write) error {
		calls++
		return cancelled(o)
	})
	wantCode(t, err, "")
	if calls != 2 || s.commits != before+1 || o.Cancel == nil || o.Version != s.load(t, "ord_1").Version {
		t.Errorf("%d calls, %d commits, %+v", calls, s.commits-before, o)
	}
	_, err = update(t.Context(), s, "ord_none", func(*orderflow.Order, *orderflow.Write) error { return nil })
	wantCode(t, err, orderflow.CodeNotFound)
}
