package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

// Ledger reads the permanent record of what was asked of the payment provider. It is written by Orders.Commit, which guards it:
// an entry begins once, and a settled one never changes.
type Ledger interface {
	// Payment returns an order's entry for a step, nil if there is none.
	Payment(ctx context.Context, orderID, step string) (*orderflow.Payment, error)
}

// Gateway is the payment provider. Its errors carry CodePaymentDeclined (the provider said no), CodePaymentUnavailable (nothing happened)
// or CodePaymentUncertain; any other error leaves the outcome unknown, too. An orderflow.KeySpent among them asks for another key.
type Gateway interface {
	// Charge captures an amount. Said twice with one key it happens once.
	Charge(ctx context.Context, c orderflow.Charge) (orderflow.Receipt, error)
	// Lookup asks what became of a charge, in any of its attempts. Returns CodeNotFound if the provider never heard of the last one,
	// CodePaymentDeclined if it said no, and an orderflow.KeySpent if that attempt is over but another one may succeed.
	Lookup(ctx context.Context, p orderflow.Payment) (orderflow.Receipt, error)
	// Refund gives a captured amount back. Said twice, however late, it happens once. Returns CodeRefundPending until the money has gone back,
	// CodeRefundFailed if it never will under this key.
	Refund(ctx context.Context, r orderflow.Refund) (orderflow.Receipt, error)
}

// providerError gives an error of the gateway its code: without one of its own, the outcome is unknown.
func providerError(err error) error {
	if orderflow.CodeOf(err) != "" {
		return err
	}
	return orderflow.Errorf(orderflow.CodePaymentUncertain, "%v", err)
}

// declined makes the author of a change to DECLINED.
func (c Clock) declined(step string, said error) orderflow.By {
	by := c.by(step, string(orderflow.CodePaymentDeclined))
	by.Message = orderflow.PublicOf(said)
	return by
}
