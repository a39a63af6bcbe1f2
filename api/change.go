package api

import (
	"context"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// changeAttempts bounds how often a change is tried on what others change at the same time.
const changeAttempts = 8

// change loads a value, lets do change it, and saves it if do reports a change; again if others saved it since it was loaded.
// Returns what the three return; after changeAttempts that is save's CodeConflict.
func change[T any](ctx context.Context, load func() (T, error), do func(T) (changed bool, err error), save func(T) error) (T, error) {
	var none T
	for attempt := 1; ; attempt++ {
		v, err := load()
		if err != nil {
			return none, err
		}
		changed, err := do(v)
		if err != nil {
			return none, err
		}
		if !changed {
			return v, nil
		}
		err = save(v)
		if err == nil {
			return v, nil
		}
		if orderflow.CodeOf(err) != orderflow.CodeConflict || attempt == changeAttempts {
			return none, err
		}
		select {
		case <-ctx.Done():
			return none, ctx.Err()
		case <-time.After(time.Duration(attempt) * 5 * time.Millisecond):
		}
	}
}

// changeOrder changes an order by do, which may leave it as it is. Returns what do returns, CodeNotFound, or CodeConflict.
func (s *server) changeOrder(ctx context.Context, id string, do func(*orderflow.Order) error) (*orderflow.Order, error) {
	load := func() (*orderflow.Order, error) { return s.Orders.Order(ctx, id) }
	changed := func(o *orderflow.Order) (bool, error) {
		before := o.Sequence
		err := do(o)
		return o.Sequence != before, err
	}
	save := func(o *orderflow.Order) error { return s.Orders.Commit(ctx, orderflow.Write{Order: o}) }
	o, err := change(ctx, load, changed, save)
	if err != nil {
		return nil, fmt.Errorf("change order %s: %w", id, err)
	}
	return o, nil
}
