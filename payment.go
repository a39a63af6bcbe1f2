package orderflow

import (
	"strconv"
	"strings"
	"time"
)

// The steps of an order that move money. They identify its ledger entries.
const (
	ChargeStep = "charge"
	RefundStep = "refund"
)

// partialRefundPrefix begins the steps of operators' refunds.
const partialRefundPrefix = RefundStep + "/"

// PartialRefundStep is the step of an operator's refund.
func PartialRefundStep(refundID string) string { return partialRefundPrefix + refundID }

func (p *Payment) isPartialRefund() bool { return strings.HasPrefix(p.Step, partialRefundPrefix) }

// Payment is one entry of the permanent ledger: the request to the payment provider for one step of
// one order, and its outcome. It is written before the provider is called, so that no capture is
// unknown. Only its methods change its exported fields.
type Payment struct {
	OrderID      string       `json:"orderId"`
	Step         string       `json:"step"` // ChargeStep, RefundStep or a PartialRefundStep
	State        PaymentState `json:"state"`
	Amount       Money        `json:"amount"`
	ProviderID   string       `json:"providerId,omitempty"`
	Reason       string       `json:"reason,omitempty"` // decline reason: the provider's code, for operators
	PublicReason string       `json:"told,omitempty"`   // decline reason as a sentence for the customer
	StartedAt    time.Time    `json:"startedAt"`
	// Attempt counts the idempotency keys in use, from 1; 0 means 1. The next one begins only after
	// proof that the last one had no effect.
	Attempt int `json:"attempt,omitempty"`
	// RenewAt is when another attempt may begin, after a reply that the provider repeats for the
	// key. Zero while the key is usable.
	RenewAt time.Time `json:"renewAt,omitzero"`
	// CalledAt is the time of the last call without a conclusive reply; zero if no call is open.
	CalledAt time.Time `json:"calledAt,omitzero"`
	// Revision counts the writes while STARTED or AUTHORIZED and guards them against lost updates.
	Revision  int       `json:"revision"`
	SettledAt time.Time `json:"settledAt,omitzero"`
	// Method is the payment method of the last attempt, if it is another than the order's first.
	Method string `json:"method,omitempty"`
	// Manual: the charge is authorised first, and captured at dispatch.
	Manual bool `json:"manual,omitempty"`
	// HeldUntil is when the authorisation ends; zero if there is none.
	HeldUntil time.Time `json:"heldUntil,omitzero"`
	// Action: the customer must confirm ProviderID, which is neither authorised nor captured yet.
	Action bool `json:"action,omitempty"`
	// Replaced is the authorisation that a renewal has replaced, until it is voided.
	Replaced string `json:"replaced,omitempty"`
}

// Key returns the idempotency key of the last attempt.
func (p Payment) Key() string { return p.key(p.Attempt) }

// Keys returns the keys of all attempts, latest first.
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

// PaymentState is the state of a ledger entry.
type PaymentState string

// The states of a ledger entry. A STARTED entry is uncertain until the provider is asked; an
// AUTHORIZED one is captured or voided later; the other states are final.
const (
	PaymentNew       PaymentState = "" // not in the ledger yet
	PaymentStarted   PaymentState = "STARTED"
	PaymentHeld      PaymentState = "AUTHORIZED"
	PaymentSucceeded PaymentState = "SUCCEEDED"
	PaymentFailed    PaymentState = "FAILED"  // declined by the provider
	PaymentVoided    PaymentState = "VOIDED"  // nothing was captured, and no call follows
	PaymentNotDue    PaymentState = "NOT_DUE" // the amount is zero: the provider is not called
)
