package tasks

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// executions holds the executions of some orders.
type executions struct {
	starter
	of       map[string]orderflow.Execution
	redriven []string // the tokens
}

func (x *executions) Redrive(_ context.Context, _, token string) error {
	x.redriven = append(x.redriven, token)
	return nil
}

func (x *executions) Failed(_ context.Context, since time.Time) iter.Seq2[orderflow.FailedExecution, error] {
	return func(yield func(orderflow.FailedExecution, error) bool) {
		for id, e := range x.of {
			if !e.Status.Failed() || e.StoppedAt.Before(since) {
				continue
			}
			if !yield(orderflow.FailedExecution{OrderID: id, Name: id, ARN: e.ARN, RedriveCount: e.RedriveCount}, nil) {
				return
			}
		}
	}
}

func (x *executions) Execution(_ context.Context, id string) (orderflow.Execution, error) {
	e, ok := x.of[id]
	if !ok {
		return e, orderflow.Errorf(orderflow.CodeNotFound, "none")
	}
	return e, nil
}

// stalledOrders is a store in which every order counts as stalled.
type stalledOrders struct{ *store }

func (s stalledOrders) Stalled(ctx context.Context, status orderflow.Status, before,
	ahead time.Time) iter.Seq2[*orderflow.Order, error] {
	return s.matching(ctx, func(o *orderflow.Order) bool {
		return o.Status == status && (o.UpdatedAt.Before(before) || o.UpdatedAt.After(ahead))
	})
}

func (s stalledOrders) NeedingAttention(ctx context.Context) iter.Seq2[*orderflow.Order, error] {
	return s.matching(ctx, func(o *orderflow.Order) bool { return o.Attention != nil })
}

func (s stalledOrders) OpenRefunds(ctx context.Context) iter.Seq2[*orderflow.Order, error] {
	return s.matching(ctx, func(o *orderflow.Order) bool { return o.Attention == nil && o.HasOpenRefund() })
}

func (s stalledOrders) matching(ctx context.Context, match func(*orderflow.Order) bool) iter.Seq2[*orderflow.Order,
	error] {
	return func(yield func(*orderflow.Order, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(s.orders)) {
			o, err := s.Order(ctx, id)
			if (err != nil || match(o)) && !yield(o, err) {
				return
			}
		}
	}
}

// letters is a dead-letter queue.
type letters struct{ held []Letter }

func (l *letters) add(id, detail string) {
	l.held = append(l.held, Letter{Message: Message{ID: id, Body: `{"detail":` + detail + `}`}, Receipt: id})
}

func (l *letters) Letters(context.Context) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		for _, m := range slices.Clone(l.held) {
			if !yield(m, nil) {
				return
			}
		}
	}
}

func (l *letters) Remove(_ context.Context, m Letter) error {
	l.held = slices.DeleteFunc(l.held, func(h Letter) bool { return h.Receipt == m.Receipt })
	return nil
}
