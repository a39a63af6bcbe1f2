package orderflow

import (
	"errors"
	"time"
)

// Charge is a request to authorise an amount and, unless it is Manual, to capture it. Repeating it
// with the same Key has no further effect.
type Charge struct {
	Key           string // idempotency key
	OrderID       string
	Amount        Money
	PaymentMethod string
	Manual        bool // the capture follows later
	// OnSession: the customer can confirm the payment. Otherwise a payment that needs it is declined.
	OnSession bool
}

// ActionRequired is the provider's answer to a charge that the customer must confirm first, for
// example with 3-D Secure. Its code is CodePaymentActionRequired.
type ActionRequired struct {
	ProviderID   string
	ClientSecret string // for the customer's browser alone
}

func (a *ActionRequired) Error() string { return a.Unwrap().Error() }

// Unwrap returns the error's code with a message for operators.
func (a *ActionRequired) Unwrap() error {
	return Errorf(CodePaymentActionRequired, "the customer must confirm %s", a.ProviderID)
}

// Hold identifies an authorised amount at the provider.
type Hold struct {
	OrderID    string
	ProviderID string
	Amount     Money
}

// Refund is a request to refund a part of a captured amount, or what is left of it. Several refunds
// of one charge together never exceed what was captured.
type Refund struct {
	Key        string   // idempotency key
	Earlier    []string // keys of earlier attempts, which had no effect as far as is known
	OrderID    string
	ProviderID string // the captured charge
	Captured   Money  // the amount of the charge
	Amount     Money
	// Part reports whether this is one of several refunds, so that those made by hand do not count
	// towards it.
	Part bool
}

// Receipt is the provider's confirmation of a charge or refund.
type Receipt struct {
	ProviderID string `json:"providerId"`
	Amount     Money  `json:"amount"`
	// HeldUntil is when the authorisation ends, if the amount is authorised and not captured.
	HeldUntil time.Time `json:"heldUntil,omitzero"`
}

// KeySpent wraps a provider error that the provider may repeat for the same idempotency key, even
// after its cause is fixed.
type KeySpent struct {
	Err error
	// Proven reports whether the call with this key has no effect and never will. Otherwise the
	// provider must be asked for the outcome later.
	Proven bool
}

func (e *KeySpent) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *KeySpent) Unwrap() error { return e.Err }

// HadNoEffect reports whether err proves that a provider call has no effect and never will.
func HadNoEffect(err error) bool {
	spent, ok := errors.AsType[*KeySpent](err)
	return ok && spent.Proven
}

// UncertainFor is the longest time until a call without a reply takes effect at the provider. It is
// far longer than every timeout in between.
const UncertainFor = time.Minute

// renewal returns when another attempt may begin after a provider error: at once with proof,
// otherwise when the call can no longer take effect (the provider is asked then). An earlier time
// that is already known is kept. Zero while the key is usable.
func renewal(err error, earlier, now time.Time) time.Time {
	spent, ok := errors.AsType[*KeySpent](err)
	if !ok {
		return time.Time{}
	}
	at := now
	if !spent.Proven {
		at = now.Add(UncertainFor)
	}
	if !earlier.IsZero() && earlier.Before(at) {
		return earlier
	}
	return at
}
