package tasks

import (
	"cmp"
	"context"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Charge secures an order's total once: it authorises it, for the capture at dispatch, or captures
// it at once.
//
// The ledger entry is written before the provider is called. An entry in state STARTED means that
// the outcome of an earlier call is unknown: the task asks the provider first, however late, and
// calls it again only if the provider does not know the charge. Every call uses the same key until
// the provider proves that the last call has no effect and never will.
type Charge struct {
	Orders  Orders
	Ledger  Ledger
	Gateway Gateway
	Rules   orderflow.ReviewRules // which orders wait for a review first
	Now     Clock
	// AtPlacement captures new charges at once, instead of at dispatch.
	AtPlacement bool
	// AskAgain asks the customer for another payment method after a decline. Otherwise the order is
	// given up.
	AskAgain bool
	// Patience is how long an order waits until an outage of the provider is over. Then its execution
	// fails. 0: it does not wait.
	Patience time.Duration
}

// Charged is the result of Charge.
type Charged struct {
	orderflow.Receipt
	// Cancelled reports whether a cancel won while the amount was secured. The undo follows.
	Cancelled bool `json:"cancelled,omitempty"`
}

// Handle returns CodePaymentDeclined with the provider's code and the customer's reason;
// CodeOrderCancelled, after recording what was secured; CodePaymentUnavailable or
// CodePaymentUncertain, which may be retried. An order whose total is zero is not charged. An order
// that needs a review, or did not pass it, is not charged either: the codes of review. It returns
// CodePaymentMethodRequired while the customer must confirm the payment, or may give another method
// after a decline. Once a few retries have failed, it returns CodeWaitingForProvider while the order waits for the provider.
func (c Charge) Handle(ctx context.Context, in Input) (Charged, error) {
	out, err := c.charge(ctx, in)
	if outage(err) && in.Attempt.Retry >= quickRetries {
		err = c.wait(ctx, in, err)
	}
	if err == nil && out.Cancelled {
		err = orderflow.Errorf(orderflow.CodeOrderCancelled, "order %s was cancelled while it was charged", in.OrderID)
	}
	return ended("charge payment", out, err)
}

// charge gets the provider's outcome and then records it. A conflict while recording does not call
// the provider again.
func (c Charge) charge(ctx context.Context, in Input) (Charged, error) {
	v, err := retry(ctx, func() (verdict, error) { return c.ask(ctx, in) })
	if err != nil || v.unrecorded == nil {
		return v.out, err
	}
	return retry(ctx, func() (Charged, error) { return c.record(ctx, *v.unrecorded) })
}

// verdict is the result of a charge, or an entry with an outcome that is not recorded yet.
type verdict struct {
	out        Charged
	unrecorded *orderflow.Payment
}

// ask returns the outcome from the ledger, or from the provider if the charge is not settled.
func (c Charge) ask(ctx context.Context, in Input) (verdict, error) {
	o, err := c.Orders.Order(ctx, in.OrderID)
	if err != nil {
		return verdict{}, err
	}
	entry, err := c.Ledger.Payment(ctx, o.ID, orderflow.ChargeStep)
	switch {
	case err != nil:
		return verdict{}, err
	case entry == nil:
		if err := c.review(ctx, o, in); err != nil {
			return verdict{}, err
		}
		return c.begin(ctx, o, in)
	case entry.ActionPending():
		return c.confirmed(ctx, o, entry, in)
	case entry.AttemptDeclined():
		return c.another(ctx, o, entry, in)
	case entry.State == orderflow.PaymentStarted:
		return c.resume(ctx, o, entry, in)
	}
	out, err := c.recorded(ctx, *entry)
	return verdict{out: out}, err
}

// begin creates the ledger entry and calls the provider.
func (c Charge) begin(ctx context.Context, o *orderflow.Order, in Input) (verdict, error) {
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
	entry.Manual = !c.AtPlacement
	return c.call(ctx, o, entry, in)
}

// nothingDue records in one write that nothing is due: ledger and order. The provider is not
// called.
func (c Charge) nothingDue(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment) (Charged, error) {
	if err := o.SkipPayment(c.Now.by(orderflow.ChargeStep, "")); err != nil {
		return Charged{}, err
	}
	if err := entry.MarkNotDue(entry.StartedAt); err != nil {
		return Charged{}, err
	}
	out := Charged{Receipt: orderflow.Receipt{Amount: o.Total}}
	return out, c.Orders.Commit(ctx, orderflow.Write{Order: o, Payment: entry})
}

// resume settles an entry whose outcome is unknown. It asks the provider first.
func (c Charge) resume(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment, in Input) (verdict, error) {
	receipt, err := c.Gateway.Lookup(ctx, *entry)
	switch {
	case err == nil:
		return verdict{unrecorded: entry}, entry.Secure(receipt, c.Now().UTC())
	case orderflow.CodeOf(err) == orderflow.CodePaymentDeclined:
		return c.declined(ctx, o, entry, err, in)
	case orderflow.CodeOf(err) == orderflow.CodePaymentActionRequired:
		return c.actionRequired(ctx, o, entry, err)
	case orderflow.HadNoEffect(err):
		entry.NoteKeySpent(err, c.Now().UTC())
	case orderflow.CodeOf(err) != orderflow.CodeNotFound:
		return verdict{}, providerError(err)
	}
	if err := o.CanProceed(); err != nil {
		return verdict{}, err // Refund closes the entry
	}
	entry.Renew(c.Now())
	return c.call(ctx, o, entry, in)
}

// call calls the provider. It saves the entry before the call, and the outcome as far as it is
// known after it.
func (c Charge) call(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment, in Input) (verdict, error) {
	before := *entry
	if err := entry.Call(c.Now().UTC()); err != nil {
		return verdict{}, err
	}
	if err := c.saveEntry(ctx, entry); err != nil {
		return verdict{}, err
	}
	receipt, err := c.Gateway.Charge(ctx, orderflow.Charge{
		PaymentMethod: cmp.Or(entry.Method, o.PaymentMethod), // as saved with the key
		Key:           entry.Key(), OrderID: o.ID, Amount: entry.Amount, Manual: entry.Manual, OnSession: mayAsk(in),
	})
	if err == nil {
		return verdict{unrecorded: entry}, entry.Secure(receipt, c.Now().UTC())
	}
	reply := providerError(err)
	note := c.saveEntry
	switch orderflow.CodeOf(reply) {
	case orderflow.CodePaymentDeclined:
		return c.declined(ctx, o, entry, reply, in)
	case orderflow.CodePaymentActionRequired:
		return c.actionRequired(ctx, o, entry, reply)
	case orderflow.CodePaymentUnavailable:
	case orderflow.CodePaymentUncertain:
		note = c.recordUncertain
	default:
		return verdict{}, reply
	}
	if err := entry.NoteUnsettled(before, reply, c.Now().UTC()); err != nil {
		return verdict{}, err
	}
	return verdict{}, cmp.Or(note(ctx, entry), reply)
}
