package tasks

import (
	"cmp"
	"context"

	"github.com/orderflow-dev/orderflow"
)

// maxMethods is how many payment methods of an order are charged. More would be a test of stolen
// cards.
const maxMethods = 5

// declined records that the provider declined the charge. If the customer may give another payment
// method, it returns CodePaymentMethodRequired, and the next attempt of the ledger entry is for that
// one; otherwise the charge is settled.
func (c Charge) declined(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment, reply error,
	in Input) (verdict, error) {
	if !c.AskAgain || !mayAsk(in) || entry.Attempt >= maxMethods || o.CanProceed() != nil {
		return verdict{unrecorded: entry}, entry.Decline(reply, c.Now().UTC())
	}
	if err := entry.NoteDeclined(reply); err != nil {
		return verdict{}, err
	}
	_, err := updateOnce(ctx, c.Orders, o.ID, func(o *orderflow.Order, w *orderflow.Write) error {
		w.Payment = entry
		return o.RequireMethod(c.Now.declined(orderflow.ChargeStep, reply))
	})
	return verdict{}, cmp.Or(err, methodRequired(reply))
}

// mayAsk reports whether the execution can wait for the customer.
func mayAsk(in Input) bool { return in.PaymentMethod.Seconds > 0 && !in.PaymentMethod.timedOut() }

func methodRequired(reply error) error {
	return orderflow.Errorf(orderflow.CodePaymentMethodRequired, "%s", orderflow.MessageOf(reply))
}

// another goes on with a charge that the provider declined before: it makes the next attempt if the
// customer has given another payment method, even if that was just before the end of the wait. After
// the wait it settles the charge as declined.
func (c Charge) another(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment,
	in Input) (verdict, error) {
	if err := o.CanProceed(); err != nil {
		return verdict{}, err // Refund settles the entry
	}
	if o.MethodRequest == nil {
		return verdict{}, orderflow.Errorf(orderflow.CodeInvalidState, "the charge of order %s was declined", o.ID)
	}
	if o.MethodRequest.Given() {
		return c.chargeGiven(ctx, o, entry, in)
	}
	reply := entry.DeclineError()
	if !in.PaymentMethod.timedOut() {
		return verdict{}, methodRequired(reply)
	}
	return verdict{}, c.giveUp(ctx, o, entry, reply)
}

// chargeGiven makes the next attempt of a declined charge, with the method that the customer gave.
func (c Charge) chargeGiven(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment, in Input) (verdict, error) {
	if err := entry.RenewWith(o.PaymentMethod); err != nil {
		return verdict{}, err
	}
	return c.call(ctx, o, entry, in)
}

// giveUp settles a charge as declined, unless the customer gives another method meanwhile. It returns
// the reply.
func (c Charge) giveUp(ctx context.Context, o *orderflow.Order, entry *orderflow.Payment, reply error) error {
	if err := entry.Decline(reply, c.Now().UTC()); err != nil {
		return err
	}
	o.SetPaymentStatus(orderflow.PaymentDeclined, c.Now.declined(orderflow.ChargeStep, reply))
	return cmp.Or(c.Orders.Commit(ctx, orderflow.Write{Order: o, Payment: entry}), reply)
}

// PaymentMethod records with the order the token of the step that waits for another payment method.
// It notifies the customer.
type PaymentMethod struct {
	Orders Orders
	Notify Notify
	Now    Clock
}

// Handle returns CodeOrderCancelled if a cancel won; CodeInvalidState for an order that is dispatched
// or has ended, and for an attempt that is no longer the latest.
func (p PaymentMethod) Handle(ctx context.Context, in Input) (Waiting, error) {
	w := wait{
		input: in.PaymentMethod, step: orderflow.StepAwaitPaymentMethod, kind: orderflow.NotifyPayment,
		record: (*orderflow.Order).AwaitMethod,
	}
	out, err := await(ctx, p.Orders, in, w, p.Notify, p.Now.by("payment-method", ""))
	return ended("await payment method", out, err)
}
