package orderflow

import "time"

// CodeHoldExpired is the reason of an order that was given up because it waited longer than its
// stock is held.
const CodeHoldExpired Code = "HoldExpired"

// holdExpiredMessage tells the customer so.
const holdExpiredMessage = "The goods could not be held any longer."

// HoldUntilOnce sets until when the order's stock is held, unless that is known already.
func (o *Order) HoldUntilOnce(until time.Time) {
	if o.HoldUntil.IsZero() {
		o.HoldUntil = until
	}
}

// HoldExpired reports whether the order has held its stock for too long: it is not paid, no payment
// is in doubt, and no cancel was accepted.
func (o *Order) HoldExpired(now time.Time) bool {
	held := !o.HoldUntil.IsZero() && o.StockStatus != StockReleased
	unpaid := o.PaymentStatus == PaymentNone || o.PaymentStatus == PaymentDeclined
	waits := o.Status != Paid && o.Status != Shipping && !o.Status.Final()
	return held && unpaid && waits && o.Cancel == nil && now.After(o.HoldUntil)
}

// ExpireHold gives the order up if its hold has expired, and reports whether it did. It is a cancel
// by the system: the next step sees it and a waiting step is woken, and the state machine undoes
// what was done, as after a customer's cancel.
func (o *Order) ExpireHold(by By) bool {
	if !o.HoldExpired(by.At) {
		return false
	}
	by.Reason = string(CodeHoldExpired)
	o.Cancel = &CancelRequest{At: by.At, By: by.Actor, Reason: by.Reason, HoldExpired: true}
	o.record(by.change(OrderCancelRequested))
	return true
}
