package tasks

import (
	"cmp"
	"context"

	"github.com/orderflow-dev/orderflow"
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
	out, err := c.charge(ctx, in.OrderID)
	if err == nil && out.Cancelled {
		err = orderflow.Errorf(orderflow.CodeOrderCancelled, "order %s was cancelled while it was charged", in.OrderID)
	}
	return ended("charge payment", out, err)
}

// charge gets the provider's word, and then records it: what a conflict repeats does not ask the provider again.
func (c Charge) charge(ctx context.Context, id string) (Charged, error) {
	v, err := retry(ctx, func() (verdict, error) { return c.ask(ctx, id) })
	if err != nil || v.unrecorded == nil {
		return v.out, err
	}
	return retry(ctx, func() (Charged, error) { return c.record(ctx, *v.unrecorded) })
}

// verdict is the result of a charge, or the entry that the provider's word has settled and that is to be recorded.
type verdict struct {
	out        Charged
	unrecorded *orderflow.Payment
}

// ask returns what the ledger knows, and what the provider says of a charge that is not settled there.
func (c Charge) ask(ctx context.Context, id string) (verdict, error) {
	o, err := c.Orders.Order(ctx, id)
	if err != nil {
		return verdict{}, err
	}
	entry, err := c.Ledger.Payment(ctx, id, orderflow.ChargeStep)
	switch {
	case err != nil:
		return verdict{}, err
	case entry == nil:
		return c.begin(ctx, o)
	case entry.State == orderflow.PaymentStarted:
		return c.resume(ctx, o, entry)
	}
	out, err := c.recorded(ctx, *entry)
	return verdict{out: out}, err
}

// begin makes the ledger entry, and calls the provider.
func (c Charge) begin(ctx context.Context, o *orderflow.Order) (verdict, error) {
	if err := o.CanProceed(); err != nil {
		return verdict{}, err
	}
	if o.Status != orderflow.Confirmed {
		return verdict{}, orderflow.Errorf(orderflow.CodeInvalidState, "order %s is %s", o.ID, o.Status)
	}
	entry := orderflow.NewCharge(o, c.Now().UTC())
	if o.Total.Amount == 0 {
		out, err := c.nothingDue(ctx, o, entry)
		return verdict{out: out}, err
	}
	return c.call(ctx, o, entry)
}

// nothingDue records that there is nothing to pay: ledger, order and step at once. The provider never hears of the order.
func (c Charge) nothingDue(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment) (Charged, error) {
	if err := o.SkipPayment(c.Now.by(orderflow.ChargeStep, "")); err != nil {
		return Charged{}, err
	}
	if err := entry.MarkNotDue(entry.StartedAt); err != nil {
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
func (c Charge) resume(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment) (verdict, error) {
	receipt, err := c.Gateway.Lookup(ctx, *entry)
	switch {
	case err == nil:
		return verdict{unrecorded: entry}, entry.Capture(receipt, c.Now().UTC())
	case orderflow.CodeOf(err) == orderflow.CodePaymentDeclined:
		return verdict{unrecorded: entry}, entry.Decline(err, c.Now().UTC())
	case orderflow.HadNoEffect(err):
		entry.NoteKeySpent(err, c.Now().UTC())
	case orderflow.CodeOf(err) != orderflow.CodeNotFound:
		return verdict{}, providerError(err)
	}
	if err := o.CanProceed(); err != nil {
		return verdict{}, err // Refund closes the entry
	}
	entry.Renew(c.Now())
	return c.call(ctx, o, entry)
}

// call calls the provider. The ledger says so before, and afterwards what is certain of it.
func (c Charge) call(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment) (verdict, error) {
	before := *entry
	if err := entry.Call(c.Now().UTC()); err != nil {
		return verdict{}, err
	}
	if err := c.saveEntry(ctx, entry); err != nil {
		return verdict{}, err
	}
	receipt, err := c.Gateway.Charge(ctx, orderflow.Charge{Key: entry.Key(), OrderID: o.ID, Amount: entry.Amount, PaymentMethod: o.PaymentMethod})
	if err == nil {
		return verdict{unrecorded: entry}, entry.Capture(receipt, c.Now().UTC())
	}
	said := providerError(err)
	note := c.saveEntry
	switch orderflow.CodeOf(said) {
	case orderflow.CodePaymentDeclined:
		return verdict{unrecorded: entry}, entry.Decline(said, c.Now().UTC())
	case orderflow.CodePaymentUnavailable:
	case orderflow.CodePaymentUncertain:
		note = c.recordUncertain
	default:
		return verdict{}, said
	}
	if err := entry.NoteUnsettled(before, said, c.Now().UTC()); err != nil {
		return verdict{}, err
	}
	return verdict{}, cmp.Or(note(ctx, entry), said)
}
