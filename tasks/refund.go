package tasks

import (
	"cmp"
	"context"
	"errors"

	"github.com/orderflow-dev/orderflow"
)

// Refund undoes the payment of an order once: it voids what is only authorised, and refunds what is
// captured. It first resolves a charge whose outcome is unknown. No charge of this order can begin
// afterwards.
type Refund struct {
	Orders  Orders
	Steps   Steps
	Ledger  Ledger
	Gateway Gateway
	Now     Clock
}

// Refunded is the result of Refund; the Receipt is zero if nothing was captured.
type Refunded struct {
	orderflow.Receipt
}

// Handle returns CodePaymentUnavailable or CodePaymentUncertain, which may be retried;
// CodeRefundPending until the money has arrived; CodeRefundFailed if the provider refused or
// returned the refund. Calling it again then makes a new attempt.
func (r Refund) Handle(ctx context.Context, in Input) (Refunded, error) {
	return run(ctx, "refund payment", func() (Refunded, error) { return r.refund(ctx, in.OrderID) })
}

func (r Refund) refund(ctx context.Context, id string) (Refunded, error) {
	done, err := r.Steps.Step(ctx, id, orderflow.RefundStep)
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
	charge, err := r.Ledger.Payment(ctx, id, orderflow.ChargeStep)
	if err != nil {
		return Refunded{}, err
	}
	if charge == nil {
		charge = orderflow.NewCharge(o, r.Now().UTC())
		if err := charge.Void(nil, charge.StartedAt); err != nil {
			return Refunded{}, err
		}
		return Refunded{}, r.Orders.Commit(ctx, orderflow.Write{Payment: charge})
	}
	if charge.State == orderflow.PaymentStarted {
		if err := r.resolveCharge(ctx, o, charge); err != nil {
			return Refunded{}, err
		}
	}
	if charge.State == orderflow.PaymentHeld {
		if err := r.voidCharge(ctx, o, charge); err != nil {
			return Refunded{}, err
		}
	}
	if charge.State != orderflow.PaymentSucceeded {
		return Refunded{}, nil
	}
	if err := o.CanRefund(); err != nil && o.PaymentStatus != orderflow.PaymentRefunded {
		return Refunded{}, err
	}
	if err := r.payout().payOpen(ctx, o); err != nil {
		return Refunded{}, err
	}
	return r.refundCharge(ctx, id, *charge, o.CompensationDue())
}

// resolveCharge asks the provider for the outcome of a charge, and records it.
func (r Refund) resolveCharge(ctx context.Context, o *orderflow.Order, charge *orderflow.Payment) error {
	by := r.Now.by(orderflow.RefundStep, "")
	receipt, reply := r.Gateway.Lookup(ctx, *charge)
	switch code := orderflow.CodeOf(reply); {
	case reply == nil:
		if err := charge.Secure(receipt, by.At); err != nil {
			return err
		}
		if err := secure(o, *charge, by); err != nil && orderflow.CodeOf(err) != orderflow.CodeOrderCancelled {
			return err
		}
	case code == orderflow.CodePaymentDeclined:
		if err := charge.Decline(reply, by.At); err != nil {
			return err
		}
		o.SetPaymentStatus(orderflow.PaymentDeclined, r.Now.declined(orderflow.RefundStep, reply))
	case code == orderflow.CodePaymentActionRequired:
		if err := r.cancelUnconfirmed(ctx, charge, reply); err != nil {
			return err
		}
		if err := charge.Void(nil, by.At); err != nil {
			return err
		}
		o.WithdrawRequest()
		o.SetPaymentStatus(orderflow.PaymentNone, by)
	case code == orderflow.CodeNotFound || orderflow.HadNoEffect(reply):
		if err := charge.Void(reply, by.At); err != nil {
			return err
		}
		o.WithdrawRequest()
		o.SetPaymentStatus(orderflow.PaymentNone, by)
	default:
		return providerError(reply)
	}
	return r.Orders.Commit(ctx, orderflow.Write{Order: o, Payment: charge})
}

// cancelUnconfirmed cancels a charge that the customer has not confirmed.
func (r Refund) cancelUnconfirmed(ctx context.Context, charge *orderflow.Payment, reply error) error {
	action, err := actionOf(reply)
	if err != nil {
		return err
	}
	if err := charge.NoteAction(action); err != nil {
		return err
	}
	return cancelAction(ctx, r.Gateway, *charge)
}

// voidCharge releases an authorised charge and records it. A charge that turns out to be captured
// is recorded as captured.
func (r Refund) voidCharge(ctx context.Context, o *orderflow.Order, charge *orderflow.Payment) error {
	by := r.Now.by(orderflow.RefundStep, "")
	err := r.holds().release(ctx, charge)
	switch {
	case orderflow.CodeOf(err) == orderflow.CodeInvalidState:
		receipt, err := r.Gateway.Lookup(ctx, *charge)
		if err != nil {
			return providerError(err)
		}
		if err := charge.Capture(receipt, by.At); err != nil {
			return err
		}
		if err := o.Capture(by); err != nil && orderflow.CodeOf(err) != orderflow.CodeOrderCancelled {
			return err
		}
	case err != nil:
		return err
	default:
		if err := charge.Void(nil, by.At); err != nil {
			return err
		}
		if err := o.VoidAuthorization(by); err != nil {
			return err
		}
	}
	return r.Orders.Commit(ctx, orderflow.Write{Order: o, Payment: charge})
}

func (r Refund) holds() holds {
	return holds{orders: r.Orders, ledger: r.Ledger, gateway: r.Gateway, now: r.Now}
}

func (r Refund) payout() payout {
	return payout{orders: r.Orders, ledger: r.Ledger, gateway: r.Gateway, now: r.Now}
}

// refundCharge refunds what is left of a captured charge. That cannot change any more: an order
// that was given up accepts no other refund. It writes the ledger entry, calls the provider, then
// writes ledger, order and step at once.
func (r Refund) refundCharge(ctx context.Context, id string, charge orderflow.Payment, due orderflow.Money) (Refunded,
	error) {
	if due.Amount == 0 {
		return Refunded{}, r.nothingLeft(ctx, id)
	}
	entry, err := r.entry(ctx, charge, due)
	if err != nil {
		return Refunded{}, err
	}
	receipt, err := r.Gateway.Refund(ctx, orderflow.Refund{
		Key: entry.Key(), Earlier: entry.Keys()[1:], OrderID: id, ProviderID: charge.ProviderID, Captured: charge.Amount,
		Amount: entry.Amount,
	})
	if err != nil {
		return Refunded{}, r.recordUnsettled(ctx, id, *entry, providerError(err))
	}
	return r.settle(ctx, id, *entry, receipt)
}

// entry returns the ledger's entry of the refund, after beginning or renewing it if needed.
func (r Refund) entry(ctx context.Context, charge orderflow.Payment, due orderflow.Money) (*orderflow.Payment, error) {
	entry, err := r.Ledger.Payment(ctx, charge.OrderID, orderflow.RefundStep)
	if err != nil {
		return nil, err
	}
	if entry == nil {
		entry = orderflow.NewRefund(&charge, due, r.Now().UTC())
		if err := entry.Begin(); err != nil {
			return nil, err
		}
	} else if !entry.Renew(r.Now()) {
		return entry, nil
	}
	return entry, r.Orders.Commit(ctx, orderflow.Write{Payment: entry})
}

// recordUnsettled records the provider's error of an unfinished refund and returns that error. The
// order shows whether the refund is pending.
func (r Refund) recordUnsettled(ctx context.Context, id string, entry orderflow.Payment, reply error) error {
	_, err := updateOnce(ctx, r.Orders, id, func(o *orderflow.Order, w *orderflow.Write) error {
		if entry.NoteKeySpent(reply, r.Now().UTC()) {
			w.Payment = &entry
		}
		if o.CanRefund() != nil {
			return nil
		}
		switch orderflow.CodeOf(reply) {
		case orderflow.CodeRefundPending:
			o.SetPaymentStatus(orderflow.PaymentRefundPending, r.Now.by(orderflow.RefundStep, string(orderflow.CodeOf(reply))))
		case orderflow.CodeRefundFailed:
			o.SetPaymentStatus(o.CapturedStatus(), r.Now.by(orderflow.RefundStep, string(orderflow.CodeOf(reply))))
		}
		return nil
	})
	return cmp.Or(err, reply)
}

// nothingLeft records the end of the refund of an order whose whole amount operators have refunded.
func (r Refund) nothingLeft(ctx context.Context, id string) error {
	_, err := updateOnce(ctx, r.Orders, id, func(o *orderflow.Order, w *orderflow.Write) (err error) {
		w.Step, err = newStep(id, orderflow.RefundStep, Refunded{})
		return errors.Join(err, o.Refund(r.Now.by(orderflow.RefundStep, "")))
	})
	return err
}

func (r Refund) settle(ctx context.Context, id string, entry orderflow.Payment, receipt orderflow.Receipt) (Refunded,
	error) {
	if err := entry.Refund(receipt, r.Now().UTC()); err != nil {
		return Refunded{}, err
	}
	out := Refunded{receipt}
	_, err := updateOnce(ctx, r.Orders, id, func(o *orderflow.Order, w *orderflow.Write) (err error) {
		if err := o.Refund(r.Now.by(orderflow.RefundStep, "")); err != nil {
			return err
		}
		w.Payment = &entry
		w.Step, err = newStep(id, orderflow.RefundStep, out)
		return err
	})
	return out, err
}
