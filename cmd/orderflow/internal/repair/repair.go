// Package repair performs an operator's action on many orders: on a few first, then on the others
// at a rate, and reports what became of each.
package repair

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
)

// Outcome is what became of an order.
type Outcome string

// The outcomes. That an order was redriven does not mean that it recovered.
const (
	Pending     Outcome = "PENDING"      // the action was accepted; the execution has not gone far enough
	Recovered   Outcome = "RECOVERED"    // the order has ended, or its execution has come past the failure
	FailedAgain Outcome = "FAILED_AGAIN" // it still needs an operator
	Refused     Outcome = "REFUSED"      // the action was refused
)

// Outcomes lists the outcomes in the order of a report.
var Outcomes = []Outcome{Recovered, FailedAgain, Refused, Pending}

// Item is an order of a repair. Outcome is "" until the action was tried.
type Item struct {
	OrderID string  `json:"orderId"`
	Outcome Outcome `json:"outcome"`
	Why     string  `json:"why,omitempty"` // why it was refused
}

// Orders acts on orders and reads them.
type Orders interface {
	// Act performs an action. A refusal is a *client.Problem.
	Act(ctx context.Context, orderID, action, reason string) error
	// Look reads an order.
	Look(ctx context.Context, orderID string) (client.OpsOrder, error)
}

// Plan is what to do with each order.
type Plan struct {
	Action, Reason string        // the action is redrive, cancel or acknowledge
	First          int           // how many orders are tried and watched before the others
	Rate           float64       // orders a second after that
	Patience       time.Duration // how long to wait for the first orders, and for all at the end
}

// ErrFirstFailed is returned by Run if most of the first orders did not recover. The action was not
// tried on the others.
var ErrFirstFailed = errors.New("most of the first orders did not recover: the others are left alone")

// Run performs the plan on the items and sets their outcomes. progress is called after each change.
// Items that are pending at the end may still recover. Returns ErrFirstFailed, or the error of the
// context.
func (p Plan) Run(ctx context.Context, orders Orders, items []*Item, progress func()) error {
	r := run{Plan: p, orders: orders, progress: progress}
	first := items[:min(p.First, len(items))]
	for _, item := range first {
		if err := r.act(ctx, item); err != nil {
			return err
		}
	}
	if err := r.settle(ctx, first); err != nil {
		return err
	}
	rest := items[len(first):]
	if len(rest) > 0 && 2*(Count(first, FailedAgain)+Count(first, Refused)) > len(first) {
		return ErrFirstFailed
	}
	tick := time.NewTicker(time.Duration(float64(time.Second) / p.Rate))
	defer tick.Stop()
	for _, item := range rest {
		if err := r.act(ctx, item); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return r.settle(ctx, items)
}

// Count returns how many items have the outcome.
func Count(items []*Item, o Outcome) (n int) {
	for _, item := range items {
		if item.Outcome == o {
			n++
		}
	}
	return n
}

type run struct {
	Plan
	orders   Orders
	progress func()
}

// The pauses before a throttled action is repeated, and before pending orders are read again.
const (
	throttledPause = 2 * time.Second
	lookPause      = 500 * time.Millisecond
)

// act performs the action on one order. Throttled or unavailable, the API is asked again later.
func (r run) act(ctx context.Context, item *Item) error {
	for {
		err := r.orders.Act(ctx, item.OrderID, r.Action, r.Reason)
		problem, refused := errors.AsType[*client.Problem](err)
		switch {
		case err == nil:
			item.Outcome = Pending
		case refused && (problem.Status == http.StatusTooManyRequests || problem.Status == http.StatusServiceUnavailable):
			if err := sleep(ctx, throttledPause); err != nil {
				return err
			}
			continue
		case refused && problem.Status != http.StatusUnauthorized:
			item.Outcome, item.Why = Refused, problem.Error()
		default:
			return fmt.Errorf("%s %s: %w", r.Action, item.OrderID, err)
		}
		r.progress()
		return nil
	}
}

// settle reads the pending items until none is left or the patience ends.
func (r run) settle(ctx context.Context, items []*Item) error {
	for end := time.Now().Add(r.Patience); ; {
		for _, item := range items {
			if item.Outcome != Pending {
				continue
			}
			o, err := r.orders.Look(ctx, item.OrderID)
			if err != nil {
				return fmt.Errorf("read %s: %w", item.OrderID, err)
			}
			item.Outcome = outcomeOf(r.Action, o)
			r.progress()
		}
		if Count(items, Pending) == 0 || !time.Now().Before(end) {
			return nil
		}
		if err := sleep(ctx, lookPause); err != nil {
			return err
		}
	}
}

// outcomeOf returns the outcome of an order after the action. A redriven execution that waits for
// an answer, such as the carrier's, has come past the step that failed. A cancelled one is redriven
// in the background, so that its failure may be the old one.
func outcomeOf(action string, o client.OpsOrder) Outcome {
	switch x := o.Execution; {
	case action == "cancel" && !o.Status.Final():
		return Pending
	case action == "redrive" && x != nil && x.Status.Failed() && !o.NeedsAttention():
		return Pending // it is marked in a moment
	case action == "redrive" && x != nil && x.Status.Failed(), action == "acknowledge" && o.NeedsAttention():
		return FailedAgain
	case action == "redrive" && x != nil && x.Status != orderflow.ExecutionSucceeded && o.WaitingAt == "":
		return Pending
	}
	return Recovered
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
