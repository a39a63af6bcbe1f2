package tasks

import (
	"context"
	"fmt"
	"time"

	"orderflow"
)

// settle records a capture: ledger, order and step at once.
func (c Charge) settle(ctx context.Context, id string, entry orderflow.Payment, receipt orderflow.Receipt) (Charged, error) {
	if receipt.Amount != entry.Amount {
		return Charged{}, fmt.Errorf("provider captured %s instead of %s as %s", receipt.Amount, entry.Amount, receipt.ProviderID)
	}
	return untilSettled(ctx, func() (Charged, error) {
		o, err := c.Orders.Order(ctx, id)
		if err != nil {
			return Charged{}, err
		}
		out := Charged{Receipt: receipt}
		w := orderflow.Write{Order: o, Payment: captured(entry, receipt, c.Now)}
		if err := o.Captured(c.Now.by(chargeStep, "")); orderflow.CodeOf(err) == orderflow.CodeOrderCancelled {
			out.Cancelled = true
		} else if err != nil {
			return c.overtaken(ctx, o, err)
		}
		if w.Step, err = newStep(id, chargeStep, out); err != nil {
			return Charged{}, err
		}
		if err := c.Orders.Commit(ctx, w); err != nil {
			return c.overtaken(ctx, o, err)
		}
		return out, nil
	})
}

// overtaken settles a capture that another invocation may have settled first; if none has, err stays.
func (c Charge) overtaken(ctx context.Context, o *orderflow.Order, err error) (Charged, error) {
	entry, readErr := c.Ledger.Payment(ctx, o.ID, chargeStep)
	switch {
	case readErr != nil:
		return Charged{}, readErr
	case entry.State == orderflow.PaymentSucceeded:
		return c.firstResult(ctx, o, entry)
	case entry.State == orderflow.PaymentFailed && entry.Reason == voided:
		return Charged{}, c.giveUp(ctx, *entry)
	}
	return Charged{}, err
}

// captured is the entry with the provider's word.
func captured(entry orderflow.Payment, receipt orderflow.Receipt, now Clock) *orderflow.Payment {
	entry.State, entry.ProviderID, entry.SettledAt, entry.CalledAt = orderflow.PaymentSucceeded, receipt.ProviderID, now().UTC(), time.Time{}
	return &entry
}

// decline records that the provider said no, and returns what it said.
func (c Charge) decline(ctx context.Context, id string, entry orderflow.Payment, said error) error {
	_, err := untilSettled(ctx, func() (Charged, error) {
		o, err := c.Orders.Order(ctx, id)
		if err != nil {
			return Charged{}, err
		}
		o.Payment(orderflow.PaymentDeclined, c.Now.declined(chargeStep, said))
		return Charged{}, c.Orders.Commit(ctx, orderflow.Write{Order: o, Payment: refused(entry, said, c.Now)})
	})
	if err != nil {
		return err
	}
	return said
}

// refused is the entry of a charge to which the provider said no.
func refused(entry orderflow.Payment, said error, now Clock) *orderflow.Payment {
	entry.Told = publicOf(said)
	return failed(entry, reasonOf(said), now)
}

// failed is the entry of a charge from which no money came.
func failed(entry orderflow.Payment, reason string, now Clock) *orderflow.Payment {
	entry.State, entry.Reason, entry.SettledAt, entry.CalledAt = orderflow.PaymentFailed, reason, now().UTC(), time.Time{}
	return &entry
}

// uncertain records that the outcome of a call is unknown: with the ledger's entry, so that an invocation that comes late changes nothing.
func (c Charge) uncertain(ctx context.Context, entry orderflow.Payment) error {
	o, err := c.Orders.Order(ctx, entry.OrderID)
	if err != nil {
		return err
	}
	entry.Revision++
	w := orderflow.Write{Payment: &entry}
	if o.PaymentStatus == orderflow.PaymentNone {
		o.Payment(orderflow.PaymentUncertain, c.Now.by(chargeStep, string(orderflow.CodePaymentUncertain)))
		w.Order = o
	}
	return c.Orders.Commit(ctx, w)
}
