package orderflow

import "time"

// Payment is one entry of the permanent ledger: what was asked of the payment provider for one step of one order, and what came of it.
// It is written before the provider is called, so that no capture is ever unknown to us.
type Payment struct {
	OrderID    string       `json:"orderId"`
	Step       string       `json:"step"` // "charge" or "refund"
	State      PaymentState `json:"state"`
	Amount     Money        `json:"amount"`
	ProviderID string       `json:"providerId,omitempty"`
	Reason     string       `json:"reason,omitempty"` // why it was declined
	StartedAt  time.Time    `json:"startedAt"`
	// CalledAt is when the provider was last called without an answer that tells what came of it; zero if no call is open.
	CalledAt time.Time `json:"calledAt,omitzero"`
	// Revision counts the writes while STARTED, from 1, and guards against lost updates of CalledAt.
	Revision  int       `json:"revision"`
	SettledAt time.Time `json:"settledAt,omitzero"`
}

// Key is the idempotency key with which the provider knows this payment.
func (p Payment) Key() string { return p.OrderID + "/" + p.Step }

// PaymentState is how far a ledger entry is.
type PaymentState string

// The ledger's states. Started is uncertain until the provider was asked.
const (
	PaymentStarted   PaymentState = "STARTED"
	PaymentSucceeded PaymentState = "SUCCEEDED"
	PaymentFailed    PaymentState = "FAILED"
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
