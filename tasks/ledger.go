package tasks

import (
	"context"

	"orderflow"
)

// The steps of an order that move money; they name its ledger entries.
const (
	chargeStep = "charge"
	refundStep = "refund"
)

// Ledger reads the permanent record of what was asked of the payment provider. It is written by Orders.Commit, which guards it:
// an entry begins once, and a settled one never changes.
type Ledger interface {
	// Payment returns an order's entry for a step, nil if there is none.
	Payment(ctx context.Context, orderID, step string) (*orderflow.Payment, error)
}

// Gateway is the payment provider. Its errors carry CodePaymentDeclined (the provider said no), CodePaymentUnavailable (nothing happened)
// or CodePaymentUncertain; any other error leaves the outcome unknown, too.
type Gateway interface {
	// Charge captures an amount. Said twice with one key it happens once.
	Charge(ctx context.Context, c orderflow.Charge) (orderflow.Receipt, error)
	// Lookup asks what became of a charge. Returns CodeNotFound if the provider never heard of it, CodePaymentDeclined if it said no.
	Lookup(ctx context.Context, p orderflow.Payment) (orderflow.Receipt, error)
	// Refund gives a captured amount back. Said twice, however late, it happens once.
	Refund(ctx context.Context, r orderflow.Refund) (orderflow.Receipt, error)
}

// providerError gives an error of the gateway its code: without one of its own, the outcome is unknown.
func providerError(err error) error {
	if orderflow.CodeOf(err) != "" {
		return err
	}
	return orderflow.Errorf(orderflow.CodePaymentUncertain, "%v", err)
}
