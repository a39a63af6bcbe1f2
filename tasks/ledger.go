package tasks

import (
	"context"

	"github.com/orderflow-dev/orderflow"
)

// Ledger reads the permanent record of requests to the payment provider. Orders.Commit writes and
// guards it: an entry begins once, and a settled entry never changes.
type Ledger interface {
	// Payment returns an order's entry for a step, or nil if there is none.
	Payment(ctx context.Context, orderID, step string) (*orderflow.Payment, error)
}

// Gateway is the payment provider. Its errors carry CodePaymentDeclined, CodePaymentUnavailable
// (the call had no effect) or CodePaymentUncertain; any other error also leaves the outcome
// unknown. An orderflow.KeySpent in the chain requires another key.
type Gateway interface {
	Holds
	// Charge authorises or captures an amount. Repeating it with the same key has no further
	// effect.
	Charge(ctx context.Context, c orderflow.Charge) (orderflow.Receipt, error)
	// Lookup returns the outcome of a charge over all its attempts: a capture, otherwise the latest
	// authorisation. Returns CodeNotFound if the provider does not know the last attempt,
	// CodePaymentDeclined if it declined it, and an orderflow.KeySpent if that attempt is over but
	// another may succeed.
	Lookup(ctx context.Context, p orderflow.Payment) (orderflow.Receipt, error)
	// Refund refunds a captured amount. Repeating it with the same key, however late, has no
	// further effect. Returns CodeRefundPending until the money has arrived, and CodeRefundFailed
	// if it never will under this key.
	Refund(ctx context.Context, r orderflow.Refund) (orderflow.Receipt, error)
}

// Holds captures and releases authorised amounts. Repeating a call, however late, has no further
// effect. Errors are as those of Gateway.
type Holds interface {
	// Capture captures the whole amount; one that is captured already is success. Returns
	// CodeAuthorizationLapsed if the authorisation has ended.
	Capture(ctx context.Context, h orderflow.Hold) (orderflow.Receipt, error)
	// Void releases the amount; one that was released already, or has lapsed, is success. Returns
	// CodeInvalidState if it is captured.
	Void(ctx context.Context, h orderflow.Hold) error
}

// providerError ensures that a gateway error has a code. Without one, the outcome is unknown.
func providerError(err error) error {
	if orderflow.CodeOf(err) != "" {
		return err
	}
	return orderflow.Errorf(orderflow.CodePaymentUncertain, "%v", err)
}

// declined returns the author of a change to DECLINED.
func (c Clock) declined(step string, reply error) orderflow.By {
	by := c.by(step, string(orderflow.CodePaymentDeclined))
	by.Message = orderflow.PublicOf(reply)
	return by
}
