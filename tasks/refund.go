package tasks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderflow"
)

// voided is the reason of a charge that was given up before any money moved.
const voided = string(orderflow.CodeOrderCancelled)

// uncertainFor is how long a call without an answer may still take effect at the provider, at most: far beyond every timeout on the way.
const uncertainFor = time.Minute

// Refund gives back all that was captured for an order, once. If the outcome of a charge is unknown, it finds out first.
// From then on no charge of this order begins.
type Refund struct {
	Orders  Orders
	Steps   Steps
	Ledger  Ledger
	Gateway Gateway
	Now     Clock
}

// Refunded is the result of Refund: the zero Receipt if nothing was captured.
type Refunded struct {
	orderflow.Receipt
}

// Handle returns CodePaymentUnavailable or CodePaymentUncertain, worth a retry, or the provider's refusal.
func (r Refund) Handle(ctx context.Context, in Input) (Refunded, error) {
	return untilSettled(ctx, func() (Refunded, error) {
		out, err := r.refund(ctx, in.OrderID)
		if err != nil {
			return out, fmt.Errorf("refund payment: %w", err)
		}
		return out, nil
	})
}

func (r Refund) refund(ctx context.Context, id string) (Refunded, error) {
	done, err := r.Steps.Step(ctx, id, refundStep)
	if err != nil {
		return Refunded{}, err
	}
	if done != nil {
		return readResult[Refunded](done)
	}
	o, err := r.Orders.Order(ctx, id)
	if err != nil {
		return Refunded{}, err
	}
	charge, err := r.Ledger.Payment(ctx, id, chargeStep)
	if err != nil {
		return Refunded{}, err
	}
	switch {
	case charge == nil:
		none := orderflow.Payment{OrderID: id, Step: chargeStep, Amount: o.Total, StartedAt: r.Now().UTC()}
		return Refunded{}, r.Orders.Commit(ctx, orderflow.Write{Payment: failed(none, voided, r.Now)})
	case charge.State == orderflow.PaymentFailed:
		return Refunded{}, nil
	case charge.State == orderflow.PaymentStarted:
		if charge, err = r.findOut(ctx, o, *charge); err != nil || charge.State != orderflow.PaymentSucceeded {
			return Refunded{}, err
		}
	}
	if err := o.Refundable(); err != nil && o.PaymentStatus != orderflow.PaymentRefunded {
		return Refunded{}, err
	}
	return r.giveBack(ctx, id, *charge)
}

// findOut asks the provider what became of a charge whose outcome is unknown, and records it.
func (r Refund) findOut(ctx context.Context, o *orderflow.Order, charge orderflow.Payment) (*orderflow.Payment, error) {
	by := r.Now.by(refundStep, "")
	receipt, err := r.Gateway.Lookup(ctx, charge)
	var settled *orderflow.Payment
	switch code := orderflow.CodeOf(err); {
	case err == nil:
		settled = captured(charge, receipt, r.Now)
		if err := o.Captured(by); err != nil && orderflow.CodeOf(err) != orderflow.CodeOrderCancelled {
			return nil, err
		}
	case code == orderflow.CodePaymentDeclined:
		settled = failed(charge, reasonOf(err), r.Now)
		o.Payment(orderflow.PaymentDeclined, by)
	case code == orderflow.CodeNotFound:
		if left := r.mayStillHappen(charge); left > 0 {
			return nil, orderflow.Errorf(orderflow.CodePaymentUncertain, "the charge of order %s may still take effect: ask again in %s", o.ID, left)
		}
		settled = failed(charge, voided, r.Now)
		o.Payment(orderflow.PaymentNone, by)
	default:
		return nil, providerError(err)
	}
	return settled, r.Orders.Commit(ctx, orderflow.Write{Order: o, Payment: settled})
}

// mayStillHappen is for how long the last call of a charge may yet take effect.
func (r Refund) mayStillHappen(charge orderflow.Payment) time.Duration {
	if charge.CalledAt.IsZero() {
		return 0
	}
	return charge.CalledAt.Add(uncertainFor).Sub(r.Now())
}

// giveBack refunds a captured charge: ledger entry, provider, then ledger, order and step at once.
func (r Refund) giveBack(ctx context.Context, id string, charge orderflow.Payment) (Refunded, error) {
	entry, err := r.Ledger.Payment(ctx, id, refundStep)
	if err != nil {
		return Refunded{}, err
	}
	if entry == nil {
		entry = &orderflow.Payment{OrderID: id, Step: refundStep, State: orderflow.PaymentStarted, Amount: charge.Amount, StartedAt: r.Now().UTC(), Revision: 1}
		if err := r.Orders.Commit(ctx, orderflow.Write{Payment: entry}); err != nil {
			return Refunded{}, err
		}
	}
	receipt, err := r.Gateway.Refund(ctx, orderflow.Refund{Key: entry.Key(), OrderID: id, ProviderID: charge.ProviderID, Amount: charge.Amount})
	if err != nil {
		return Refunded{}, providerError(err)
	}
	if receipt.Amount != charge.Amount {
		return Refunded{}, fmt.Errorf("provider gave back %s instead of %s as %s", receipt.Amount, charge.Amount, receipt.ProviderID)
	}
	return r.settle(ctx, id, *entry, receipt)
}

func (r Refund) settle(ctx context.Context, id string, entry orderflow.Payment, receipt orderflow.Receipt) (Refunded, error) {
	out := Refunded{receipt}
	o, err := r.Orders.Order(ctx, id)
	if err != nil {
		return Refunded{}, err
	}
	if err := o.Refunded(r.Now.by(refundStep, "")); err != nil {
		return Refunded{}, err
	}
	step, err := newStep(id, refundStep, out)
	if err != nil {
		return Refunded{}, err
	}
	return out, r.Orders.Commit(ctx, orderflow.Write{Order: o, Step: step, Payment: captured(entry, receipt, r.Now)})
}

// reasonOf is what an error says without its code.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*orderflow.Error](err); ok {
		return e.Message
	}
	return err.Error()
}
