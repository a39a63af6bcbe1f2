package tasks

import (
	"context"
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

// Handle returns CodePaymentUnavailable or CodePaymentUncertain, worth a retry; CodeRefundPending until the money has gone back; CodeRefundFailed if
// the provider refused, or the money came back to us: called again, it makes a new attempt.
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
	case charge.State == orderflow.PaymentFailed || charge.State == orderflow.PaymentNotDue:
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
		settled = refused(charge, err, r.Now)
		o.Payment(orderflow.PaymentDeclined, r.Now.declined(refundStep, err))
	case code == orderflow.CodeNotFound || isOver(err):
		if left := r.mayStillHappen(charge); left > 0 && !isOver(err) {
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
	entry, err := r.entry(ctx, id, charge)
	if err != nil {
		return Refunded{}, err
	}
	receipt, err := r.Gateway.Refund(ctx, orderflow.Refund{Key: entry.Key(), OrderID: id, ProviderID: charge.ProviderID, Amount: charge.Amount})
	if err != nil {
		return Refunded{}, r.unsettled(ctx, id, *entry, providerError(err))
	}
	if receipt.Amount != charge.Amount {
		return Refunded{}, fmt.Errorf("provider gave back %s instead of %s as %s", receipt.Amount, charge.Amount, receipt.ProviderID)
	}
	return r.settle(ctx, id, *entry, receipt)
}

// entry is the ledger's, begun or renewed.
func (r Refund) entry(ctx context.Context, id string, charge orderflow.Payment) (*orderflow.Payment, error) {
	entry, err := r.Ledger.Payment(ctx, id, refundStep)
	if err != nil {
		return nil, err
	}
	if entry == nil {
		entry = &orderflow.Payment{OrderID: id, Step: refundStep, State: orderflow.PaymentStarted, Amount: charge.Amount, StartedAt: r.Now().UTC(), Revision: 1}
		return entry, r.Orders.Commit(ctx, orderflow.Write{Payment: entry})
	}
	attempt := entry.Attempt
	if entry.Renew(r.Now()); entry.Attempt == attempt {
		return entry, nil
	}
	entry.Revision++
	return entry, r.Orders.Commit(ctx, orderflow.Write{Payment: entry})
}

// unsettled records what the provider said of a refund that is not done, and returns it: the order shows whether the money is on its way.
func (r Refund) unsettled(ctx context.Context, id string, entry orderflow.Payment, said error) error {
	write := orderflow.Write{}
	if at := renewal(said, entry.RenewAt, r.Now().UTC()); !at.Equal(entry.RenewAt) && !at.IsZero() {
		entry.RenewAt = at
		entry.Revision++
		write.Payment = &entry
	}
	status, known := map[orderflow.Code]orderflow.PaymentStatus{
		orderflow.CodeRefundPending: orderflow.PaymentRefundPending, orderflow.CodeRefundFailed: orderflow.PaymentCaptured,
	}[orderflow.CodeOf(said)]
	if known {
		o, err := r.Orders.Order(ctx, id)
		if err != nil {
			return err
		}
		if o.PaymentStatus != status && o.Refundable() == nil {
			o.Payment(status, r.Now.by(refundStep, string(orderflow.CodeOf(said))))
			write.Order = o
		}
	}
	if err := r.Orders.Commit(ctx, write); err != nil {
		return err
	}
	return said
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
