// Package payment holds the payment gateways: Stripe, and a sandbox that moves no money.
package payment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"orderflow"
)

// The sandbox's payment methods. The first three behave as Stripe's test cards of the same names do.
const (
	Visa              = "pm_card_visa"
	Declined          = "pm_card_chargeDeclined"
	InsufficientFunds = "pm_card_chargeDeclinedInsufficientFunds"
	Flaky             = "pm_sandbox_flaky"      // unavailable twice, then works
	Outage            = "pm_sandbox_outage"     // unavailable until the outage is lifted
	LostReply         = "pm_sandbox_lost_reply" // captures, and the first reply is lost
)

// OutageKey is the key of the record that says whether the outage is lifted.
const OutageKey = "outage"

// Record is what the sandbox remembers under a key: what became of a charge or refund, or that the outage is lifted.
type Record struct {
	Key        string
	ProviderID string
	Amount     *orderflow.Money // nil if declined
	Declined   string           // the decline code
	Lifted     bool             // of OutageKey
}

// Memory is the sandbox's memory. It is durable and shared by all who use the sandbox.
type Memory interface {
	// Recall returns what is remembered under a key, CodeNotFound if nothing is.
	Recall(ctx context.Context, key string) (Record, error)
	// Remember keeps the record unless its key has one already, and returns the one that stands. first is true for whoever set it.
	Remember(ctx context.Context, r Record) (stands Record, first bool, err error)
	// Count counts one more attempt under a key, and returns how many there were.
	Count(ctx context.Context, key string) (int, error)
}

// Sandbox is a gateway whose answers depend on the payment method alone. Said twice with one key, everything happens once.
type Sandbox struct{ Memory Memory }

// Charge captures, or not, as the payment method says; one that it does not know is declined.
func (s Sandbox) Charge(ctx context.Context, c orderflow.Charge) (orderflow.Receipt, error) {
	switch c.PaymentMethod {
	case Visa, LostReply:
	case Flaky:
		n, err := s.Memory.Count(ctx, c.Key)
		if err != nil {
			return orderflow.Receipt{}, fmt.Errorf("sandbox: count charge: %w", err)
		}
		if n <= 2 {
			return orderflow.Receipt{}, unavailable()
		}
	case Outage:
		switch r, err := s.Memory.Recall(ctx, OutageKey); {
		case err != nil && orderflow.CodeOf(err) != orderflow.CodeNotFound:
			return orderflow.Receipt{}, fmt.Errorf("sandbox: recall outage: %w", err)
		case !r.Lifted:
			return orderflow.Receipt{}, unavailable()
		}
	case InsufficientFunds:
		return s.decline(ctx, c, "insufficient_funds")
	default:
		return s.decline(ctx, c, "generic_decline")
	}
	return s.capture(ctx, c)
}

func unavailable() error {
	return orderflow.Errorf(orderflow.CodePaymentUnavailable, "the sandbox provider is not available")
}

func (s Sandbox) capture(ctx context.Context, c orderflow.Charge) (orderflow.Receipt, error) {
	r, first, err := s.Memory.Remember(ctx, Record{Key: c.Key, ProviderID: providerID("pi", c.Key), Amount: &c.Amount})
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("sandbox: remember charge: %w", err)
	}
	if first && c.PaymentMethod == LostReply {
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentUncertain, "the sandbox provider's reply was lost")
	}
	return receipt(r)
}

func (s Sandbox) decline(ctx context.Context, c orderflow.Charge, code string) (orderflow.Receipt, error) {
	r, _, err := s.Memory.Remember(ctx, Record{Key: c.Key, Declined: code})
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("sandbox: remember decline: %w", err)
	}
	return receipt(r)
}

// Lookup tells what became of a charge or refund.
func (s Sandbox) Lookup(ctx context.Context, p orderflow.Payment) (orderflow.Receipt, error) {
	r, err := s.Memory.Recall(ctx, p.Key())
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("sandbox: recall payment: %w", err)
	}
	return receipt(r)
}

// Refund gives a charge's amount back.
func (s Sandbox) Refund(ctx context.Context, f orderflow.Refund) (orderflow.Receipt, error) {
	r, _, err := s.Memory.Remember(ctx, Record{Key: f.Key, ProviderID: providerID("re", f.Key), Amount: &f.Amount})
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("sandbox: remember refund: %w", err)
	}
	return receipt(r)
}

func receipt(r Record) (orderflow.Receipt, error) {
	switch {
	case r.Declined != "":
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentDeclined, "%s", r.Declined)
	case r.Amount == nil:
		return orderflow.Receipt{}, fmt.Errorf("sandbox: record %s holds no amount", r.Key)
	}
	return orderflow.Receipt{ProviderID: r.ProviderID, Amount: *r.Amount}, nil
}

// providerID makes the id of a charge ("pi") or refund ("re"): the same for the same key.
func providerID(kind, key string) string {
	sum := sha256.Sum256([]byte(key))
	return kind + "_sandbox_" + hex.EncodeToString(sum[:12])
}
