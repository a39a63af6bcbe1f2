package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

// holds captures, releases and renews the authorisation of an order's charge.
type holds struct {
	orders  Orders
	ledger  Ledger
	gateway Gateway
	now     Clock
}

// capture captures the authorised charge of a dispatched order and returns its entry, which is not
// recorded yet. One that has lapsed is authorised again first.
func (h holds) capture(ctx context.Context, o *orderflow.Order) (*orderflow.Payment, error) {
	entry, err := h.entry(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	if entry.Renewing() {
		if err := h.resolve(ctx, entry); err != nil {
			return nil, err
		}
	}
	receipt, err := h.gateway.Capture(ctx, entry.Hold())
	if orderflow.CodeOf(err) == orderflow.CodeAuthorizationLapsed {
		reply, renewErr := h.authorizeAgain(ctx, o, entry)
		if renewErr != nil {
			return nil, renewErr
		}
		if reply != nil {
			return nil, orderflow.Errorf(orderflow.CodeAuthorizationLapsed,
				"the authorisation of order %s has lapsed, and its renewal was declined: %s", o.ID,
				orderflow.MessageOf(reply))
		}
		receipt, err = h.gateway.Capture(ctx, entry.Hold())
	}
	if err != nil {
		return nil, providerError(err)
	}
	if err := h.voidReplaced(ctx, entry); err != nil {
		return nil, err
	}
	return entry, entry.Capture(receipt, h.now().UTC())
}

// release voids every authorisation of an entry at the provider. Returns CodeInvalidState if the
// charge is captured.
func (h holds) release(ctx context.Context, entry *orderflow.Payment) error {
	if entry.Renewing() {
		if err := h.resolve(ctx, entry); err != nil {
			return err
		}
	}
	if err := h.voidReplaced(ctx, entry); err != nil {
		return err
	}
	if err := h.gateway.Void(ctx, entry.Hold()); err != nil {
		return providerError(err)
	}
	return nil
}

// voidReplaced releases the authorisation that a renewal has replaced.
func (h holds) voidReplaced(ctx context.Context, entry *orderflow.Payment) error {
	old, ok := entry.ReplacedHold()
	if !ok {
		return nil
	}
	if err := h.gateway.Void(ctx, old); err != nil {
		return providerError(err)
	}
	entry.Replaced = ""
	return nil
}

// entry returns the entry of an authorised charge.
func (h holds) entry(ctx context.Context, orderID string) (*orderflow.Payment, error) {
	entry, err := h.ledger.Payment(ctx, orderID, orderflow.ChargeStep)
	if err != nil {
		return nil, err
	}
	if entry == nil || entry.State != orderflow.PaymentHeld {
		return nil, orderflow.Errorf(orderflow.CodeInvalidState, "order %s has no authorised charge", orderID)
	}
	return entry, nil
}

// resolve finds out whether a renewal without a conclusive reply took effect, and saves that.
// Returns CodePaymentUncertain while it may still do so.
func (h holds) resolve(ctx context.Context, entry *orderflow.Payment) error {
	receipt, reply := h.gateway.Lookup(ctx, *entry)
	var err error
	switch code := orderflow.CodeOf(reply); {
	case reply == nil && receipt.ProviderID != entry.ProviderID: // authorised, or even captured
		err = entry.Reauthorize(receipt)
	case reply == nil || code == orderflow.CodeNotFound:
		err = entry.EndRenewal(false, h.now().UTC())
	case code == orderflow.CodePaymentDeclined || orderflow.HadNoEffect(reply):
		err = entry.EndRenewal(true, h.now().UTC())
	default:
		err = providerError(reply)
	}
	if err != nil {
		return err
	}
	return h.orders.Commit(ctx, orderflow.Write{Payment: entry})
}

// authorizeAgain makes the next attempt of an authorised charge. It returns the provider's reply if
// that was a decline. Afterwards the entry is saved, with the old authorisation as replaced.
//
// The attempt begins together with a write of the order: once a dispatch or a cancel is accepted,
// no renewal begins behind the back of the capture or the void.
func (h holds) authorizeAgain(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment) (declined, _ error) {
	if err := h.voidReplaced(ctx, entry); err != nil {
		return nil, err
	}
	if err := entry.BeginRenewal(h.now().UTC()); err != nil {
		return nil, err
	}
	if err := h.orders.Commit(ctx, orderflow.Write{Order: o, Payment: entry}); err != nil {
		return nil, err
	}
	receipt, err := h.gateway.Charge(ctx, orderflow.Charge{
		Key: entry.Key(), OrderID: o.ID, Amount: entry.Amount, PaymentMethod: o.PaymentMethod, Manual: true,
	})
	if err == nil {
		if err := entry.Reauthorize(receipt); err != nil {
			return nil, err
		}
		return nil, h.keep(ctx, entry, receipt)
	}
	reply := providerError(err)
	switch code := orderflow.CodeOf(reply); {
	case code == orderflow.CodePaymentDeclined:
		declined = reply
	case code != orderflow.CodePaymentUnavailable && !orderflow.HadNoEffect(reply):
		return nil, reply // the next call resolves it
	}
	if err := entry.EndRenewal(true, h.now().UTC()); err != nil {
		return nil, err
	}
	if err := h.orders.Commit(ctx, orderflow.Write{Payment: entry}); err != nil || declined != nil {
		return declined, err
	}
	return nil, reply
}

// keep saves a renewed authorisation. If the entry was changed or settled since, the new
// authorisation belongs to no entry: it is voided.
func (h holds) keep(ctx context.Context, entry *orderflow.Payment, made orderflow.Receipt) error {
	err := h.orders.Commit(ctx, orderflow.Write{Payment: entry})
	if orderflow.CodeOf(err) != orderflow.CodeConflict {
		return err
	}
	stands, readErr := h.ledger.Payment(ctx, entry.OrderID, orderflow.ChargeStep)
	if readErr != nil {
		return readErr
	}
	if stands == nil || stands.ProviderID != made.ProviderID {
		if voidErr := h.gateway.Void(ctx, entry.Hold()); voidErr != nil {
			return providerError(voidErr)
		}
	}
	return err
}

// renew renews the authorisation of an order if it ends soon, and reports whether it did: the new
// one is live before the old one is voided. A decline marks the order.
func (h holds) renew(ctx context.Context, id string, by orderflow.By) (bool, error) {
	o, err := h.orders.Order(ctx, id)
	if err != nil || !o.ReauthorizationDue(h.now()) {
		return false, err
	}
	entry, err := h.entry(ctx, id)
	if err != nil {
		return false, err
	}
	if entry.Renewing() {
		if err := h.resolve(ctx, entry); err != nil {
			return false, err
		}
	}
	var declined error
	if !entry.HeldUntil.After(o.Authorization.Until) { // otherwise only the order was not updated
		if declined, err = h.authorizeAgain(ctx, o, entry); err != nil {
			return false, err
		}
	}
	_, err = update(ctx, h.orders, id, func(o *orderflow.Order, _ *orderflow.Write) error {
		if declined == nil {
			o.Reauthorize(entry.HeldUntil, by)
		} else {
			o.NoteLapsing(orderflow.MessageOf(declined), by)
		}
		return nil
	})
	if err != nil || declined != nil {
		return false, err
	}
	if err := h.voidReplaced(ctx, entry); err != nil {
		return false, err
	}
	return true, h.orders.Commit(ctx, orderflow.Write{Payment: entry})
}
