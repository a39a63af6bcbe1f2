package orderflow

import (
	"errors"
	"time"
)

// Charge asks the provider to authorise and capture an amount. Said twice with one Key it happens once.
type Charge struct {
	Key           string // idempotency key
	OrderID       string
	Amount        Money
	PaymentMethod string
}

// Refund asks the provider to give back the whole captured amount.
type Refund struct {
	Key        string // idempotency key
	OrderID    string
	ProviderID string // of the captured charge
	Amount     Money
}

// Receipt is the provider's word.
type Receipt struct {
	ProviderID string `json:"providerId"`
	Amount     Money  `json:"amount"`
}

// KeySpent wraps an error of the payment provider that it may repeat for the same idempotency key, whatever was mended meanwhile.
type KeySpent struct {
	Err error
	// Proven: nothing happened under this key, and nothing ever will. Otherwise the provider has to be asked, later, what became of it.
	Proven bool
}

func (e *KeySpent) Error() string { return e.Err.Error() }

// Unwrap returns the error.
func (e *KeySpent) Unwrap() error { return e.Err }

// NothingCame reports whether err proves that nothing came of a call of the provider, and nothing ever will.
func HadNoEffect(err error) bool {
	spent, ok := errors.AsType[*KeySpent](err)
	return ok && spent.Proven
}

// UncertainFor is how long a call without an answer may still take effect at the provider, at most: far beyond every timeout on the way.
const UncertainFor = time.Minute

// renewal is from when on another attempt may begin after an error of the provider: at once after proof, otherwise when the call can take
// effect no more, and the provider is asked then. An earlier time that was found before stands. Zero while the key is good.
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
