package tasks

import (
	"context"

	"orderflow"
)

// settle records a capture: ledger, order and step at once.
func (c Charge) settle(ctx context.Context, id string, entry orderflow.Payment, receipt orderflow.Receipt) (Charged, error) {
	if err := entry.Capture(receipt, c.Now().UTC()); err != nil {
		return Charged{}, err
	}
	return untilSettled(ctx, func() (Charged, error) {
		o, err := c.Orders.Order(ctx, id)
		if err != nil {
			return Charged{}, err
		}
		out := Charged{Receipt: receipt}
		w := orderflow.Write{Order: o, Payment: &entry}
		if err := o.Captured(c.Now.by(orderflow.ChargeStep, "")); orderflow.CodeOf(err) == orderflow.CodeOrderCancelled {
			out.Cancelled = true
		} else if err != nil {
			return c.overtaken(ctx, o, err)
		}
		if w.Step, err = newStep(id, orderflow.ChargeStep, out); err != nil {
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
	entry, readErr := c.Ledger.Payment(ctx, o.ID, orderflow.ChargeStep)
	switch {
	case readErr != nil:
		return Charged{}, readErr
	case entry.State == orderflow.PaymentSucceeded:
		return c.firstResult(ctx, o, entry)
	case entry.State == orderflow.PaymentVoided:
		return Charged{}, c.giveUp(ctx, *entry)
	}
	return Charged{}, err
}

// decline records that the provider said no, and returns what it said.
func (c Charge) decline(ctx context.Context, id string, entry orderflow.Payment, said error) error {
	if err := entry.Decline(said, c.Now().UTC()); err != nil {
		return err
	}
	_, err := untilSettled(ctx, func() (Charged, error) {
		o, err := c.Orders.Order(ctx, id)
		if err != nil {
			return Charged{}, err
		}
		o.Payment(orderflow.PaymentDeclined, c.Now.declined(orderflow.ChargeStep, said))
		return Charged{}, c.Orders.Commit(ctx, orderflow.Write{Order: o, Payment: &entry})
	})
	if err != nil {
		return err
	}
	return said
}

// uncertain records that the outcome of a call is unknown: with the ledger's entry, so that an invocation that comes late changes nothing.
func (c Charge) uncertain(ctx context.Context, entry *orderflow.Payment) error {
	o, err := c.Orders.Order(ctx, entry.OrderID)
	if err != nil {
		return err
	}
	w := orderflow.Write{Payment: entry}
	if o.PaymentStatus == orderflow.PaymentNone {
		o.Payment(orderflow.PaymentUncertain, c.Now.by(orderflow.ChargeStep, string(orderflow.CodePaymentUncertain)))
		w.Order = o
	}
	return c.Orders.Commit(ctx, w)
}
