package orderflow

import (
	"strconv"
	"time"
)

// The steps of an order that move money; they name its ledger entries.
const (
	ChargeStep = "charge"
	RefundStep = "refund"
)

// Payment is one entry of the permanent ledger: what was asked of the payment provider for one step of one order, and what came of it.
// It is written before the provider is called, so that no capture is ever unknown to us. Its exported fields are read freely and changed only
// by its methods.
type Payment struct {
	OrderID      string       `json:"orderId"`
	Step         string       `json:"step"` // ChargeStep or RefundStep
	State        PaymentState `json:"state"`
	Amount       Money        `json:"amount"`
	ProviderID   string       `json:"providerId,omitempty"`
	Reason       string       `json:"reason,omitempty"` // why it was declined: the provider's code, for operators
	PublicReason string       `json:"told,omitempty"`   // why it was declined, as the customer may read it
	StartedAt    time.Time    `json:"startedAt"`
	// Attempt counts the idempotency keys that were used, from 1; 0 is 1. The next one begins only after proof that nothing came of the last.
	Attempt int `json:"attempt,omitempty"`
	// RenewAt is from when on another attempt may begin: the provider has refused the last one with an answer that it may repeat for its key.
	// Zero while the key is good.
	RenewAt time.Time `json:"renewAt,omitzero"`
	// CalledAt is when the provider was last called without an answer that tells what came of it; zero if no call is open.
	CalledAt time.Time `json:"calledAt,omitzero"`
	// Revision counts the writes while STARTED, and guards against lost updates of CalledAt.
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

// PaymentState is how far a ledger entry is.
type PaymentState string

// The ledger's states. Started is uncertain until the provider was asked; those after it are final.
const (
	PaymentNew       PaymentState = "" // not in the ledger yet
	PaymentStarted   PaymentState = "STARTED"
	PaymentSucceeded PaymentState = "SUCCEEDED"
	PaymentFailed    PaymentState = "FAILED"  // the provider said no
	PaymentVoided    PaymentState = "VOIDED"  // given up: nothing was captured, and no call follows
	PaymentNotDue    PaymentState = "NOT_DUE" // there was nothing to pay: the provider was not asked
)
