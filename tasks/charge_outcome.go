package tasks

import (
	"context"
	"errors"

	"github.com/orderflow-dev/orderflow"
)

// record writes the provider's outcome to ledger and order at once. If another invocation has
// settled the charge first, its outcome counts.
func (c Charge) record(ctx context.Context, entry orderflow.Payment) (Charged, error) {
	out := Charged{Receipt: receiptOf(entry)}
	_, err := updateOnce(ctx, c.Orders, entry.OrderID, func(o *orderflow.Order, w *orderflow.Write) (err error) {
		w.Payment = &entry
		if entry.State == orderflow.PaymentFailed {
			o.SetPaymentStatus(orderflow.PaymentDeclined, c.Now.declined(orderflow.ChargeStep, entry.DeclineError()))
			return nil
		}
		err = secure(o, entry, c.Now.by(orderflow.ChargeStep, ""))
		if out.Cancelled = orderflow.CodeOf(err) == orderflow.CodeOrderCancelled; out.Cancelled {
			return nil
		}
		return err
	})
	switch {
	case err == nil && entry.State == orderflow.PaymentFailed:
		return Charged{}, entry.DeclineError()
	case err == nil:
		return out, nil
	}
	saved, readErr := c.Ledger.Payment(ctx, entry.OrderID, orderflow.ChargeStep)
	switch {
	case readErr != nil:
		return Charged{}, readErr
	case saved.State == orderflow.PaymentStarted:
		return Charged{}, err
	}
	return c.recorded(ctx, *saved)
}

// recorded returns the outcome of a charge that is settled in the ledger.
func (c Charge) recorded(ctx context.Context, entry orderflow.Payment) (Charged, error) {
	switch entry.State {
	case orderflow.PaymentFailed:
		return Charged{}, entry.DeclineError()
	case orderflow.PaymentVoided:
		return Charged{}, c.refundVoided(ctx, entry)
	}
	o, err := c.Orders.Order(ctx, entry.OrderID)
	if err != nil {
		return Charged{}, err
	}
	return Charged{receiptOf(entry), o.CanProceed() != nil}, nil
}

// receiptOf returns the receipt of an entry that was authorised or captured.
func receiptOf(entry orderflow.Payment) orderflow.Receipt {
	r := orderflow.Receipt{ProviderID: entry.ProviderID, Amount: entry.Amount}
	if entry.State == orderflow.PaymentHeld {
		r.HeldUntil = entry.HeldUntil
	}
	return r
}

// secure records with the order what the ledger entry holds: an authorisation or a capture.
func secure(o *orderflow.Order, entry orderflow.Payment, by orderflow.By) error {
	if entry.State == orderflow.PaymentHeld {
		return o.Authorize(entry.HeldUntil, by)
	}
	return o.Capture(by)
}

// refundVoided undoes a charge that took effect after Refund voided the entry. This is rare.
func (c Charge) refundVoided(ctx context.Context, entry orderflow.Payment) error {
	if entry.Amount.Amount > 0 {
		receipt, err := c.Gateway.Lookup(ctx, entry)
		action, unconfirmed := errors.AsType[*orderflow.ActionRequired](err)
		switch {
		case unconfirmed:
			entry.ProviderID = action.ProviderID
			err = cancelAction(ctx, c.Gateway, entry)
		case err == nil && !receipt.HeldUntil.IsZero():
			err = c.Gateway.Void(ctx, orderflow.Hold{
				OrderID: entry.OrderID, ProviderID: receipt.ProviderID, Amount: receipt.Amount,
			})
		case err == nil:
			key := orderflow.NewRefund(&entry, entry.Amount, c.Now()).Key()
			_, err = c.Gateway.Refund(ctx, orderflow.Refund{
				Key: key, OrderID: entry.OrderID, ProviderID: receipt.ProviderID, Captured: receipt.Amount, Amount: receipt.Amount,
			})
		}
		if code := orderflow.CodeOf(err); err != nil && code != orderflow.CodeNotFound &&
			code != orderflow.CodePaymentDeclined && !orderflow.HadNoEffect(err) {
			return providerError(err)
		}
	}
	return orderflow.Errorf(orderflow.CodeOrderCancelled, "the charge of order %s was voided", entry.OrderID)
}

// saveEntry writes the entry of a charge that is not settled.
func (c Charge) saveEntry(ctx context.Context, entry *orderflow.Payment) error {
	return c.Orders.Commit(ctx, orderflow.Write{Payment: entry})
}

// recordUncertain records an unknown outcome together with the ledger entry, so that a late
// invocation changes nothing.
func (c Charge) recordUncertain(ctx context.Context, entry *orderflow.Payment) error {
	_, err := updateOnce(ctx, c.Orders, entry.OrderID, func(o *orderflow.Order, w *orderflow.Write) error {
		w.Payment = entry
		if o.PaymentStatus == orderflow.PaymentNone {
			o.SetPaymentStatus(orderflow.PaymentUncertain,
				c.Now.by(orderflow.ChargeStep, string(orderflow.CodePaymentUncertain)))
		}
		return nil
	})
	return err
}
