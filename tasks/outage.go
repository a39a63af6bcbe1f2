package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

// quickRetries is how often the state machine retries a charge within seconds. An outage that lasts
// longer makes the order wait.
const quickRetries = 3

// outage reports whether an error says that the payment provider did not settle a call.
func outage(err error) bool {
	code := orderflow.CodeOf(err)
	return code == orderflow.CodePaymentUnavailable || code == orderflow.CodePaymentUncertain
}

// wait records that the order waits for the provider, and returns CodeWaitingForProvider; or reply,
// once the order has waited long enough, so that the execution fails.
func (c Charge) wait(ctx context.Context, in Input, reply error) error {
	waits := false
	_, err := update(ctx, c.Orders, in.OrderID, func(o *orderflow.Order, _ *orderflow.Write) error {
		waits = o.WaitForProvider(reply, in.Attempt.Redrive, c.Patience, c.Now.by(orderflow.ChargeStep, ""))
		return nil
	})
	switch {
	case err != nil:
		return err
	case !waits:
		return reply
	}
	return orderflow.Errorf(orderflow.CodeWaitingForProvider, "%s", orderflow.MessageOf(reply))
}

// incident alerts operators once to an outage of the payment provider, however many orders it keeps.
// It names the first ones, and lasts while one of them is kept.
func (r Reconcile) incident(ctx context.Context, i *orderflow.Incident) error {
	if i.Orders == 0 || i.Alerted {
		return nil
	}
	if err := r.Alerts.Alert(ctx, i.Alert()); err != nil {
		return err
	}
	for _, id := range i.Samples {
		if _, err := update(ctx, r.Orders, id, func(o *orderflow.Order, w *orderflow.Write) error {
			if o.NoteIncident() {
				w.Order = o
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
