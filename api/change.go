package api

import (
	"context"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// changeAttempts is how often a change is tried while concurrent changes conflict with it.
const changeAttempts = 8

// change loads a value, changes it with do, and saves it if do reports a change. If the value was
// saved since it was loaded, change starts again. It returns the errors of the three functions;
// after changeAttempts that is save's CodeConflict.
func change[T any](
	ctx context.Context, load func() (T, error), do func(T) (changed bool, err error), save func(T) error,
) (T, error) {
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

// changeOrder changes an order with do, which may leave it unchanged. Returns the error of do,
// CodeNotFound, or CodeConflict.
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

// byOperator returns the author of an operator's action whose body is only a reason.
func (s *server) byOperator(r *request) (orderflow.By, error) {
	var body struct {
		Reason string `json:"reason"`
	}
	err := r.decode(&body)
	return orderflow.By{At: s.now(), Actor: "operator:" + r.caller.Subject, Reason: body.Reason}, err
}
