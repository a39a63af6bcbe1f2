// Package payment holds the payment gateways: the sandbox, which moves no money, here, and Stripe
// in a package of its own.
package payment

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/payment/decline"
)

// Payment methods of the sandbox. Those that begin with pm_card behave as Stripe's test cards of
// the same names.
const (
	Visa              = "pm_card_visa"
	Declined          = "pm_card_chargeDeclined"
	InsufficientFunds = "pm_card_chargeDeclinedInsufficientFunds"
	Authentication    = "pm_card_authenticationRequired" // the customer must confirm it; declined off session
	PendingRefund     = "pm_card_pendingRefund"          // captures at once; the refund is pending at first
	FailingRefund     = "pm_card_refundFail"             // captures at once; the first refund is returned
	Flaky             = "pm_sandbox_flaky"               // unavailable twice, then succeeds
	Outage            = "pm_sandbox_outage"              // unavailable until the outage is lifted
	LostReply         = "pm_sandbox_lost_reply"          // captures, and the first reply is lost
	TooSmall          = "pm_sandbox_amount_too_small"    // refuses every amount as too small
	TryAgainLater     = "pm_sandbox_try_again_later"     // declines the first attempt, accepts the next
	ShortHold         = "pm_sandbox_short_hold"          // the first authorisation ends within a day
	RenewalDeclined   = "pm_sandbox_renewal_declined"    // as ShortHold, and the second attempt is declined
)

// holdFor is how long an authorisation lasts, as Stripe's for most cards. Those of ShortHold are
// due for renewal at once.
const (
	holdFor      = 7 * 24 * time.Hour
	shortHoldFor = 23 * time.Hour
)

// declines maps payment methods to the code with which they are declined, as defined by Stripe.
var declines = map[string]string{
	Declined:                             "generic_decline",
	InsufficientFunds:                    "insufficient_funds",
	Authentication:                       "authentication_required",
	"pm_card_chargeDeclinedExpiredCard":  "expired_card",
	"pm_card_chargeDeclinedIncorrectCvc": "incorrect_cvc",
	"pm_card_chargeDeclinedFraudulent":   "fraudulent",
	TooSmall:                             "amount_too_small",
}

// OutageKey is the key of the record of the outage.
const OutageKey = "outage"

// Record is a record of the sandbox: the outcome of a charge or refund, an authorisation and its
// end, or whether the outage is lifted.
type Record struct {
	Key        string
	ProviderID string
	Amount     *orderflow.Money // nil if declined
	Declined   string           // the decline code
	HeldUntil  *time.Time       // of an authorisation: when it ends; nil for a capture
	Settled    string           // of an authorisation's or a confirmation's end
	Secret     string           // of a charge that the customer must confirm: the client secret
	OrderID    string           // of such a charge
	Lifted     bool             // of OutageKey
}

// Memory stores the sandbox's records. It is durable and shared by all processes that use the
// sandbox.
type Memory interface {
	// Recall returns the record of a key, or CodeNotFound.
	Recall(ctx context.Context, key string) (Record, error)
	// Remember saves the record unless its key has one, and returns the saved one. first reports
	// whether the call saved it.
	Remember(ctx context.Context, r Record) (saved Record, first bool, err error)
	// Count increments the number of attempts of a key and returns it.
	Count(ctx context.Context, key string) (int, error)
	// Take counts an amount towards the refunds of a charge unless their sum would exceed most. It
	// reports whether it is counted. Calling it again with the same key is a no-op.
	Take(ctx context.Context, chargeID, key string, amount, most int64) (bool, error)
}

// Sandbox is a gateway whose outcome depends only on the payment method. Repeating a call with the
// same key has no further effect.
type Sandbox struct {
	Memory Memory
	Now    func() time.Time
}

// Charge authorises, captures or declines as the payment method defines; an unknown method is
// declined. As with Stripe, a repeated key gets the first answer.
func (s Sandbox) Charge(ctx context.Context, c orderflow.Charge) (orderflow.Receipt, error) {
	switch c.PaymentMethod {
	case Visa, LostReply, PendingRefund, FailingRefund, ShortHold:
	case RenewalDeclined:
		first, err := s.first(ctx, c.OrderID, c.Key)
		if err != nil {
			return orderflow.Receipt{}, err
		}
		if !first {
			return s.decline(ctx, c, declines[InsufficientFunds])
		}
	case Flaky:
		n, err := s.Memory.Count(ctx, c.Key)
		if err != nil {
			return orderflow.Receipt{}, fmt.Errorf("sandbox: count charge: %w", err)
		}
		if n <= 2 {
			return orderflow.Receipt{}, notAvailable()
		}
	case Outage:
		switch r, err := s.Memory.Recall(ctx, OutageKey); {
		case err != nil && orderflow.CodeOf(err) != orderflow.CodeNotFound:
			return orderflow.Receipt{}, fmt.Errorf("sandbox: recall outage: %w", err)
		case !r.Lifted:
			return orderflow.Receipt{}, notAvailable()
		}
	case TryAgainLater:
		first, err := s.first(ctx, c.OrderID, c.Key)
		if err != nil {
			return orderflow.Receipt{}, err
		}
		if first {
			return s.decline(ctx, c, "try_again_later")
		}
	case Authentication:
		if c.OnSession {
			return s.askHolder(ctx, c)
		}
		return s.decline(ctx, c, declines[Authentication])
	default:
		return s.decline(ctx, c, cmp.Or(declines[c.PaymentMethod], declines[Declined]))
	}
	return s.accept(ctx, c)
}

// first reports whether the key belongs to the first attempt of an order.
func (s Sandbox) first(ctx context.Context, orderID, key string) (bool, error) {
	r, _, err := s.Memory.Remember(ctx, Record{Key: orderID + "#first", ProviderID: key})
	if err != nil {
		return false, fmt.Errorf("sandbox: remember attempt: %w", err)
	}
	return r.ProviderID == key, nil
}

func notAvailable() error {
	return orderflow.Errorf(orderflow.CodePaymentUnavailable, "the sandbox provider is unavailable")
}

// accept records an authorisation or capture.
func (s Sandbox) accept(ctx context.Context, c orderflow.Charge) (orderflow.Receipt, error) {
	id := providerID("pi", c.Key)
	immediate := c.PaymentMethod == PendingRefund || c.PaymentMethod == FailingRefund
	if immediate {
		id += "_" + c.PaymentMethod // Refund does not receive the payment method
	}
	made := Record{Key: c.Key, ProviderID: id, Amount: &c.Amount}
	if c.Manual && !immediate {
		var err error
		if made.HeldUntil, err = s.hold(ctx, c, id); err != nil {
			return orderflow.Receipt{}, err
		}
	}
	r, first, err := s.Memory.Remember(ctx, made)
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("sandbox: remember charge: %w", err)
	}
	if first && c.PaymentMethod == LostReply {
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentUncertain,
			"the sandbox provider's reply was lost")
	}
	return receipt(r)
}

func (s Sandbox) decline(ctx context.Context, c orderflow.Charge, code string) (orderflow.Receipt, error) {
	r, _, err := s.Memory.Remember(ctx, Record{Key: c.Key, Declined: code})
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("sandbox: remember decline: %w", err)
	}
	return s.outcome(ctx, r)
}

// Lookup returns the outcome of a charge. An earlier attempt that authorised or captured takes
// precedence over a declined last one.
func (s Sandbox) Lookup(ctx context.Context, p orderflow.Payment) (orderflow.Receipt, error) {
	var last error
	for i, key := range p.Keys() {
		r, err := s.Memory.Recall(ctx, key)
		if err != nil && orderflow.CodeOf(err) != orderflow.CodeNotFound {
			return orderflow.Receipt{}, fmt.Errorf("sandbox: recall payment: %w", err)
		}
		if err == nil {
			var got orderflow.Receipt
			if got, err = s.outcome(ctx, r); err == nil {
				return got, nil
			}
			if orderflow.CodeOf(err) == "" {
				return orderflow.Receipt{}, err
			}
		}
		if i == 0 {
			last = err
		}
	}
	return orderflow.Receipt{}, last
}

// Refund refunds a part of a charge. As with Stripe, there may be several, which together never
// exceed the charge.
func (s Sandbox) Refund(ctx context.Context, f orderflow.Refund) (orderflow.Receipt, error) {
	if err := s.refuseRefund(ctx, f); err != nil {
		return orderflow.Receipt{}, err
	}
	taken, err := s.Memory.Take(ctx, f.ProviderID, f.Key, f.Amount.Amount, f.Captured.Amount)
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("sandbox: count refund: %w", err)
	}
	if !taken {
		return orderflow.Receipt{}, &orderflow.KeySpent{Proven: true, Err: orderflow.Errorf(orderflow.CodeRefundFailed,
			"the refunds would exceed the charge of %s", f.Captured)}
	}
	r, _, err := s.Memory.Remember(ctx, Record{Key: f.Key, ProviderID: providerID("re", f.Key), Amount: &f.Amount})
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("sandbox: remember refund: %w", err)
	}
	return receipt(r)
}

// refuseRefund returns the error with which the charge's payment method prevents a refund now.
func (s Sandbox) refuseRefund(ctx context.Context, f orderflow.Refund) error {
	switch {
	case strings.HasSuffix(f.ProviderID, PendingRefund):
		_, first, err := s.Memory.Remember(ctx, Record{Key: f.Key + "#asked"})
		if err != nil {
			return fmt.Errorf("sandbox: remember request: %w", err)
		}
		if first {
			return orderflow.Errorf(orderflow.CodeRefundPending, "the refund is pending")
		}
	case strings.HasSuffix(f.ProviderID, FailingRefund):
		first, err := s.first(ctx, f.OrderID, f.Key)
		if err != nil {
			return err
		}
		if first {
			return &orderflow.KeySpent{
				Err: orderflow.Errorf(orderflow.CodeRefundFailed, "the refund was returned"), Proven: true,
			}
		}
	}
	return nil
}

func receipt(r Record) (orderflow.Receipt, error) {
	switch {
	case r.Declined != "":
		return orderflow.Receipt{}, decline.Answer{Code: r.Declined, DeclineCode: r.Declined}.Refusal().Err(r.Declined)
	case r.Amount == nil:
		return orderflow.Receipt{}, fmt.Errorf("sandbox: record %s holds no amount", r.Key)
	}
	out := orderflow.Receipt{ProviderID: r.ProviderID, Amount: *r.Amount}
	if r.HeldUntil != nil {
		out.HeldUntil = *r.HeldUntil
	}
	return out, nil
}

// providerID returns the id of a charge ("pi") or refund ("re"). It depends only on the key.
func providerID(kind, key string) string {
	sum := sha256.Sum256([]byte(key))
	return kind + "_sandbox_" + hex.EncodeToString(sum[:12])
}
