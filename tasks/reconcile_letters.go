package tasks

import (
	"context"
	"iter"

	"github.com/orderflow-dev/orderflow"
)

// Letters reads a dead-letter queue.
type Letters interface {
	// Letters yields each message once. It hides them from other readers for a short time.
	Letters(ctx context.Context) iter.Seq2[Letter, error]
	Remove(ctx context.Context, l Letter) error
}

// Letter is a message of a dead-letter queue.
type Letter struct {
	Message
	Receipt string // the handle to remove it with
}

// letters removes the dead letters of orders that have moved on, and counts the rest: their orders
// still need the requested work, or the message is unreadable.
func (r Reconcile) letters(ctx context.Context, out *Reconciled) error {
	for _, q := range []struct {
		name    string
		letters Letters
		settled func(context.Context, orderflow.EventDetail) (bool, error)
	}{
		{"start", r.StartLetters, r.started}, {"wake", r.WakeLetters, r.woken},
		{"carrier", r.CarrierLetters, r.requestedSince}, {"repay", r.RepayLetters, r.repaid},
	} {
		strangers := 0
		sort := func(ctx context.Context, l Letter, out *Reconciled) error {
			e, err := readEvent(l.Message)
			if err != nil {
				out.Letters++ // left in the queue for an operator
				return nil
			}
			settled, err := q.settled(ctx, e)
			if orderflow.CodeOf(err) == orderflow.CodeNotFound {
				strangers++
				settled, err = false, nil
			}
			if err != nil || !settled {
				out.Letters++
				return err
			}
			return count(&out.Removed)(true, q.letters.Remove(ctx, l))
		}
		if err := each(ctx, r, out, q.letters.Letters(ctx), sort); err != nil {
			return err
		}
		if strangers > 0 {
			r.Log.WarnContext(ctx, "dead letters of orders that do not exist", "queue", q.name+"-dead-letters", "letters",
				strangers)
		}
	}
	return nil
}

// started reports whether the order's first execution was started.
func (r Reconcile) started(ctx context.Context, e orderflow.EventDetail) (bool, error) {
	_, err := r.Executions.Execution(ctx, e.OrderID)
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return false, nil
	}
	return err == nil, err
}

// woken reports whether the order's execution no longer waits for a known answer.
func (r Reconcile) woken(ctx context.Context, e orderflow.EventDetail) (bool, error) {
	o, err := r.Orders.Order(ctx, e.OrderID)
	if err != nil || o.Answer() == nil {
		return err == nil, err
	}
	open, err := r.Tokens.OpenToken(ctx, o.ExecutionName(), o.Wait.Step)
	return err == nil && open == "", err
}

// requestedSince reports whether this request is obsolete: the carrier has answered, needs no
// request any more, or received a later one.
func (r Reconcile) requestedSince(ctx context.Context, e orderflow.EventDetail) (bool, error) {
	o, err := r.Orders.Order(ctx, e.OrderID)
	if err != nil || !o.Unanswered() {
		return err == nil, err
	}
	for _, c := range o.Timeline {
		if c.Sequence > e.Sequence && c.Type == orderflow.ShipmentRenewed {
			return true, nil
		}
	}
	return false, nil
}
