package orderflow

import (
	"strconv"
	"time"
)

// Payment is one entry of the permanent ledger: what was asked of the payment provider for one step of one order, and what came of it.
// It is written before the provider is called, so that no capture is ever unknown to us.
type Payment struct {
	OrderID    string       `json:"orderId"`
	Step       string       `json:"step"` // "charge" or "refund"
	State      PaymentState `json:"state"`
	Amount     Money        `json:"amount"`
	ProviderID string       `json:"providerId,omitempty"`
	Reason     string       `json:"reason,omitempty"` // why it was declined: the provider's code, for operators
	Told       string       `json:"told,omitempty"`   // why it was declined, as the customer may read it
	StartedAt  time.Time    `json:"startedAt"`
	// Attempt counts the idempotency keys that were used, from 1; 0 is 1. The next one begins only after proof that nothing came of the last.
	Attempt int `json:"attempt,omitempty"`
	// RenewAt is from when on another attempt may begin: the provider has refused the last one with an answer that it may repeat for its key.
	// Zero while the key is good.
	RenewAt time.Time `json:"renewAt,omitzero"`
	// CalledAt is when the provider was last called without an answer that tells what came of it; zero if no call is open.
	CalledAt time.Time `json:"calledAt,omitzero"`
	// Revision counts the writes while STARTED, from 1, and guards against lost updates of CalledAt.
	Revision  int       `json:"revision"`
	SettledAt time.Time `json:"settledAt,omitzero"`
}

// Key is the idempotency key with which the provider knows the last attempt of this payment.
func (p Payment) Key() string { return p.key(p.Attempt) }

// Keys are those of all attempts, the last one first.
func (p Payment) Keys() []string {
	var keys []string
	for n := max(p.Attempt, 1); n > 0; n-- {
		keys = append(keys, p.key(n))
	}
	return keys
}

func (p Payment) key(attempt int) string {
	key := p.OrderID + "/" + p.Step
	if attempt > 1 {
		key += "/" + strconv.Itoa(attempt)
	}
	return key
}

// Renew begins the next attempt if the last one was refused and its time is over.
func (p *Payment) Renew(now time.Time) {
	if p.RenewAt.IsZero() || now.Before(p.RenewAt) {
		return
	}
	p.Attempt, p.RenewAt = max(p.Attempt, 1)+1, time.Time{}
}

// PaymentState is how far a ledger entry is.
type PaymentState string

// The ledger's states. Started is uncertain until the provider was asked.
const (
	PaymentStarted   PaymentState = "STARTED"
	PaymentSucceeded PaymentState = "SUCCEEDED"
	PaymentFailed    PaymentState = "FAILED"
	PaymentNotDue    PaymentState = "NOT_DUE" // there was nothing to pay: the provider was not asked
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
