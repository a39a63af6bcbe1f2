package tasks

import (
	"cmp"
	"context"
	"errors"

	"github.com/orderflow-dev/orderflow"
)

// actionRequired records that the customer must confirm the charge, and returns
// CodePaymentMethodRequired.
func (c Charge) actionRequired(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment, reply error) (verdict, error) {
	action, err := actionOf(reply)
	if err != nil {
		return verdict{}, err
	}
	if err := entry.NoteAction(action); err != nil {
		return verdict{}, err
	}
	_, err = updateOnce(ctx, c.Orders, o.ID, func(o *orderflow.Order, w *orderflow.Write) error {
		w.Payment = entry
		return o.RequireAction(action.ClientSecret, c.Now.by(orderflow.ChargeStep, ""))
	})
	if orderflow.CodeOf(err) == orderflow.CodeOrderCancelled {
		return verdict{}, cmp.Or(c.undoVoided(ctx, o.ID), err)
	}
	return verdict{}, cmp.Or(err, methodRequired(reply))
}

// undoVoided undoes a charge of a cancelled order that took effect after Refund voided the entry. While
// the entry is open, Refund undoes it.
func (c Charge) undoVoided(ctx context.Context, orderID string) error {
	saved, err := c.Ledger.Payment(ctx, orderID, orderflow.ChargeStep)
	if err != nil || saved.State != orderflow.PaymentVoided {
		return err
	}
	return c.refundVoided(ctx, *saved)
}

func actionOf(reply error) (*orderflow.ActionRequired, error) {
	action, ok := errors.AsType[*orderflow.ActionRequired](reply)
	if !ok || action.ClientSecret == "" {
		return nil, orderflow.Errorf(orderflow.CodePaymentUncertain, "the provider does not say how the customer confirms the payment: %v", reply)
	}
	return action, nil
}

// errNotConfirmed is the decline of a charge that the customer has not confirmed.
var errNotConfirmed = &orderflow.Error{
	Code: orderflow.CodePaymentDeclined, Message: "authentication_required", Public: "The payment was not confirmed in time.",
}

// confirmed goes on with a charge that the customer had to confirm. The provider is asked, whatever
// its webhook told. A charge that is not confirmed is cancelled when the time is over, or the customer
// has given another payment method.
func (c Charge) confirmed(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment, in Input) (verdict, error) {
	receipt, err := c.Gateway.Lookup(ctx, *entry)
	given := o.MethodRequest.Given()
	switch code := orderflow.CodeOf(err); {
	case err == nil:
		return verdict{unrecorded: entry}, entry.Secure(receipt, c.Now().UTC())
	case o.CanProceed() != nil:
		return verdict{}, o.CanProceed() // Refund settles the entry
	case code == orderflow.CodePaymentDeclined && !given:
		return c.declined(ctx, o, entry, err, in)
	case orderflow.HadNoEffect(err) && !given: // declined for now
		entry.NoteKeySpent(err, c.Now().UTC())
		entry.Renew(c.Now())
		return c.call(ctx, o, entry, in)
	case code == orderflow.CodePaymentActionRequired && !given && mayAsk(in):
		return c.actionRequired(ctx, o, entry, err)
	case code == orderflow.CodePaymentActionRequired:
		if err := cancelAction(ctx, c.Gateway, *entry); err != nil {
			return verdict{}, err
		}
	case code != orderflow.CodePaymentDeclined && !orderflow.HadNoEffect(err):
		return verdict{}, providerError(err)
	}
	if !given || entry.Attempt >= maxMethods {
		return verdict{}, c.giveUp(ctx, o, entry, errNotConfirmed)
	}
	if err := entry.NoteDeclined(errNotConfirmed); err != nil {
		return verdict{}, err
	}
	return c.chargeGiven(ctx, o, entry, in)
}

// cancelAction cancels a charge that the customer has not confirmed, so that a late confirmation has
// no effect. Returns CodePaymentUncertain if it was captured meanwhile: the provider must be asked
// again.
func cancelAction(ctx context.Context, g Gateway, entry orderflow.Payment) error {
	err := g.Void(ctx, orderflow.Hold{OrderID: entry.OrderID, ProviderID: entry.ProviderID, Amount: entry.Amount})
	if orderflow.CodeOf(err) == orderflow.CodeInvalidState {
		return orderflow.Errorf(orderflow.CodePaymentUncertain, "the charge of order %s was confirmed meanwhile", entry.OrderID)
	}
	if err != nil {
		return providerError(err)
	}
	return nil
}
