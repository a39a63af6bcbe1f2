package tasks

import (
	"cmp"
	"context"
	"fmt"

	"orderflow"
)

// Charge captures an order's total, once.
//
// The ledger entry is written before the provider is called. An entry that stands STARTED means that the outcome of an earlier call is
// unknown: the provider is asked first, whatever time has passed, and called again only if it never heard of the charge. It is called under
// the same key until it has shown that nothing came of that one and never will.
type Charge struct {
	Orders  Orders
	Steps   Steps
	Ledger  Ledger
	Gateway Gateway
	Now     Clock
}

// Charged is the result of Charge.
type Charged struct {
	orderflow.Receipt
	// Cancelled says that a cancel won while the money was captured: the refund follows.
	Cancelled bool `json:"cancelled,omitempty"`
}

// Handle returns CodePaymentDeclined with the provider's code and the customer's reason, CodeOrderCancelled (if money was captured, that is
// recorded), CodePaymentUnavailable or CodePaymentUncertain: the latter two are worth a retry. An order whose total is zero is not charged.
func (c Charge) Handle(ctx context.Context, in Input) (Charged, error) {
	out, err := untilSettled(ctx, func() (Charged, error) { return c.charge(ctx, in.OrderID) })
	if err == nil && out.Cancelled {
		err = orderflow.Errorf(orderflow.CodeOrderCancelled, "order %s was cancelled while it was charged", in.OrderID)
	}
	if err != nil {
		return Charged{}, fmt.Errorf("charge payment: %w", err)
	}
	return out, nil
}

func (c Charge) charge(ctx context.Context, id string) (Charged, error) {
	o, err := c.Orders.Order(ctx, id)
	if err != nil {
		return Charged{}, err
	}
	entry, err := c.Ledger.Payment(ctx, id, orderflow.ChargeStep)
	if err != nil {
		return Charged{}, err
	}
	if entry == nil {
		return c.begin(ctx, o)
	}
	switch entry.State {
	case orderflow.PaymentSucceeded, orderflow.PaymentNotDue:
		return c.firstResult(ctx, o, entry)
	case orderflow.PaymentVoided:
		return Charged{}, c.giveUp(ctx, *entry)
	case orderflow.PaymentFailed:
		return Charged{}, entry.Refusal()
	}
	return c.resume(ctx, o, *entry)
}

// firstResult is that of the invocation which captured the money.
func (c Charge) firstResult(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment) (Charged, error) {
	step, err := c.Steps.Step(ctx, o.ID, orderflow.ChargeStep)
	if err != nil {
		return Charged{}, err
	}
	if step == nil { // captured and recorded by Refund, which found the outcome of a lost call
		return Charged{orderflow.Receipt{ProviderID: entry.ProviderID, Amount: entry.Amount}, true}, nil
	}
	return readResult[Charged](step)
}

// begin makes the ledger entry, and calls the provider.
func (c Charge) begin(ctx context.Context, o *orderflow.Order) (Charged, error) {
	if err := o.Proceed(); err != nil {
		return Charged{}, err
	}
	if o.Status != orderflow.Confirmed {
		return Charged{}, orderflow.Errorf(orderflow.CodeInvalidState, "order %s is %s", o.ID, o.Status)
	}
	entry := orderflow.NewCharge(o, c.Now().UTC())
	if o.Total.Amount == 0 {
		return c.nothingDue(ctx, o, entry)
	}
	return c.call(ctx, o, *entry)
}

// nothingDue records that there is nothing to pay: ledger, order and step at once. The provider never hears of the order.
func (c Charge) nothingDue(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment) (Charged, error) {
	if err := o.NothingDue(c.Now.by(orderflow.ChargeStep, "")); err != nil {
		return Charged{}, err
	}
	if err := entry.NothingDue(entry.StartedAt); err != nil {
		return Charged{}, err
	}
	out := Charged{Receipt: orderflow.Receipt{Amount: o.Total}}
	step, err := newStep(o.ID, orderflow.ChargeStep, out)
	if err != nil {
		return Charged{}, err
	}
	return out, c.Orders.Commit(ctx, orderflow.Write{Order: o, Step: step, Payment: entry})
}

// resume settles an entry whose outcome is unknown: the provider's word first.
func (c Charge) resume(ctx context.Context, o *orderflow.Order, entry orderflow.Payment) (Charged, error) {
	receipt, err := c.Gateway.Lookup(ctx, entry)
	switch {
	case err == nil:
		return c.settle(ctx, o.ID, entry, receipt)
	case orderflow.CodeOf(err) == orderflow.CodePaymentDeclined:
		return Charged{}, c.decline(ctx, o.ID, entry, err)
	case orderflow.NothingCame(err):
		entry.Spend(err, c.Now().UTC())
	case orderflow.CodeOf(err) != orderflow.CodeNotFound:
		return Charged{}, providerError(err)
	}
	if err := o.Proceed(); err != nil {
		return Charged{}, err // Refund closes the entry
	}
	entry.Renew(c.Now())
	return c.call(ctx, o, entry)
}

// giveUp sends back what a call captured that took effect after Refund had closed the entry. There is no such money as a rule.
func (c Charge) giveUp(ctx context.Context, entry orderflow.Payment) error {
	if entry.Amount.Amount > 0 {
		receipt, err := c.Gateway.Lookup(ctx, entry)
		if err == nil {
			key := orderflow.NewRefund(&entry, c.Now()).Key()
			_, err = c.Gateway.Refund(ctx, orderflow.Refund{Key: key, OrderID: entry.OrderID, ProviderID: receipt.ProviderID, Amount: receipt.Amount})
		}
		if code := orderflow.CodeOf(err); err != nil && code != orderflow.CodeNotFound && code != orderflow.CodePaymentDeclined && !orderflow.NothingCame(err) {
			return providerError(err)
		}
	}
	return orderflow.Errorf(orderflow.CodeOrderCancelled, "the charge of order %s was given up", entry.OrderID)
}

// call calls the provider. The ledger says so before, and afterwards what is certain of it.
func (c Charge) call(ctx context.Context, o *orderflow.Order, entry orderflow.Payment) (Charged, error) {
	before := entry
	if err := entry.Call(c.Now().UTC()); err != nil {
		return Charged{}, err
	}
	if err := c.note(ctx, &entry); err != nil {
		return Charged{}, err
	}
	receipt, err := c.Gateway.Charge(ctx, orderflow.Charge{Key: entry.Key(), OrderID: o.ID, Amount: entry.Amount, PaymentMethod: o.PaymentMethod})
	if err == nil {
		return c.settle(ctx, o.ID, entry, receipt)
	}
	said := providerError(err)
	record := c.note
	switch orderflow.CodeOf(said) {
	case orderflow.CodePaymentDeclined:
		return Charged{}, c.decline(ctx, o.ID, entry, said)
	case orderflow.CodePaymentUnavailable:
	case orderflow.CodePaymentUncertain:
		record = c.uncertain
	default:
		return Charged{}, said
	}
	if err := entry.Unsettled(before, said, c.Now().UTC()); err != nil {
		return Charged{}, err
	}
	return Charged{}, cmp.Or(record(ctx, &entry), said)
}

// note writes the entry of a charge that is not settled.
func (c Charge) note(ctx context.Context, entry *orderflow.Payment) error {
	return c.Orders.Commit(ctx, orderflow.Write{Payment: entry})
}
