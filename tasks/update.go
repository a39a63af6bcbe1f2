package tasks

import (
	"context"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// attempts is how often a task tries a conflicting change before it returns CodeConflict. The state
// machine's own retry, which waits longer, then takes over.
const attempts = 6

// retry calls f until it returns anything other than CodeConflict, at most attempts times. f must
// not retry itself, or the attempts would multiply.
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

// run runs a task and retries conflicts. An error is prefixed with doing.
func run[Out any](ctx context.Context, doing string, f func() (Out, error)) (Out, error) {
	out, err := retry(ctx, f)
	return ended(doing, out, err)
}

// ended returns the result of a task. An error is prefixed with doing, and the result is then zero.
func ended[Out any](doing string, out Out, err error) (Out, error) {
	if err != nil {
		var none Out
		return none, fmt.Errorf("%s: %w", doing, err)
	}
	return out, nil
}

// updateOnce loads an order, lets f change it, and commits the changes together with what f adds to
// the write. It returns the resulting order.
func updateOnce(ctx context.Context, orders Orders, id string,
	f func(*orderflow.Order, *orderflow.Write) error) (*orderflow.Order, error) {
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

// update is updateOnce with retries of conflicts.
func update(ctx context.Context, orders Orders, id string,
	f func(*orderflow.Order, *orderflow.Write) error) (*orderflow.Order, error) {
	return retry(ctx, func() (*orderflow.Order, error) { return updateOnce(ctx, orders, id, f) })
}
