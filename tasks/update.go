package tasks

import (
	"context"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// attempts is how often a task tries again on its own when somebody else changed the order at the same time. After that the state machine's
// own retry, which waits longer, takes over.
const attempts = 6

// retry calls f until it returns anything else than CodeConflict, attempts times at most. f must not retry itself: the attempts would multiply.
func retry[Out any](ctx context.Context, f func() (Out, error)) (Out, error) {
	pause := 4 * time.Millisecond
	for range attempts - 1 {
		out, err := f()
		if orderflow.CodeOf(err) != orderflow.CodeConflict {
			return out, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return out, err
		}
		pause *= 2
	}
	return f()
}

// run does a task, again while it meets conflicts. Its error says what was done.
func run[Out any](ctx context.Context, doing string, f func() (Out, error)) (Out, error) {
	out, err := retry(ctx, f)
	return ended(doing, out, err)
}

// ended is the result of a task: an error says what was done, and leaves no other result.
func ended[Out any](doing string, out Out, err error) (Out, error) {
	if err != nil {
		var none Out
		return none, fmt.Errorf("%s: %w", doing, err)
	}
	return out, nil
}

// updateOnce loads an order, lets f change it, and commits what has changed with whatever f adds to the write. It returns the order as it
// stands then.
func updateOnce(ctx context.Context, orders Orders, id string, f func(*orderflow.Order, *orderflow.Write) error) (*orderflow.Order, error) {
	o, err := orders.Order(ctx, id)
	if err != nil {
		return nil, err
	}
	var w orderflow.Write
	loaded := o.Sequence
	if err := f(o, &w); err != nil {
		return nil, err
	}
	if o.Sequence != loaded {
		w.Order = o
	}
	if w.Order == nil && w.Step == nil && w.Payment == nil {
		return o, nil
	}
	return o, orders.Commit(ctx, w)
}

// update is updateOnce, again while it meets conflicts.
func update(ctx context.Context, orders Orders, id string, f func(*orderflow.Order, *orderflow.Write) error) (*orderflow.Order, error) {
	return retry(ctx, func() (*orderflow.Order, error) { return updateOnce(ctx, orders, id, f) })
}
