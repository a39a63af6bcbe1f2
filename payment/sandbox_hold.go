package payment

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/payment/decline"
)

// How an authorisation ended.
const (
	captured = "captured"
	voided   = "voided"
)

// canceled is the code of an authorisation that was voided or has lapsed.
const canceled = "canceled"

// hold records an authorisation under its provider id, and returns when it ends.
func (s Sandbox) hold(ctx context.Context, c orderflow.Charge, id string) (*time.Time, error) {
	until := s.Now().UTC().Add(holdFor)
	if c.PaymentMethod == ShortHold || c.PaymentMethod == RenewalDeclined {
		first, err := s.first(ctx, c.OrderID, c.Key)
		if err != nil {
			return nil, err
		}
		if first {
			until = s.Now().UTC().Add(shortHoldFor)
		}
	}
	r, _, err := s.Memory.Remember(ctx, Record{Key: id, ProviderID: id, Amount: &c.Amount, HeldUntil: &until})
	if err != nil {
		return nil, fmt.Errorf("sandbox: remember authorisation: %w", err)
	}
	return r.HeldUntil, nil
}

// outcome returns what has become of a recorded charge by now.
func (s Sandbox) outcome(ctx context.Context, r Record) (orderflow.Receipt, error) {
	if r.Secret != "" {
		if err := s.confirmation(ctx, r); err != nil {
			return orderflow.Receipt{}, err
		}
	}
	if r.HeldUntil == nil {
		return receipt(r)
	}
	end, err := s.Memory.Recall(ctx, settledKey(r.ProviderID))
	switch {
	case err != nil && orderflow.CodeOf(err) != orderflow.CodeNotFound:
		return orderflow.Receipt{}, fmt.Errorf("sandbox: recall authorisation: %w", err)
	case end.Settled == captured:
		r.HeldUntil = nil
	case end.Settled == voided:
		return orderflow.Receipt{}, decline.Intent(canceled).Err(canceled)
	case !s.Now().Before(*r.HeldUntil):
		return orderflow.Receipt{}, decline.Lapsed.Err(canceled)
	}
	return receipt(r)
}

// Capture captures an authorised amount.
func (s Sandbox) Capture(ctx context.Context, h orderflow.Hold) (orderflow.Receipt, error) {
	made, err := s.Memory.Recall(ctx, h.ProviderID)
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("sandbox: recall authorisation: %w", err)
	}
	end := voided // a lapsed authorisation is voided by the provider
	if s.Now().Before(*made.HeldUntil) {
		end = captured
	}
	switch end, err := s.settle(ctx, h, end); {
	case err != nil:
		return orderflow.Receipt{}, err
	case end != captured:
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodeAuthorizationLapsed,
			"the sandbox's authorisation %s is %s", h.ProviderID, end)
	}
	return orderflow.Receipt{ProviderID: h.ProviderID, Amount: h.Amount}, nil
}

// Void releases an authorised amount, or cancels a charge that the customer has not confirmed.
func (s Sandbox) Void(ctx context.Context, h orderflow.Hold) error {
	if done, err := s.cancelConfirmation(ctx, h.ProviderID); done || err != nil {
		return err
	}
	end, err := s.settle(ctx, h, voided)
	if err == nil && end == captured {
		err = orderflow.Errorf(orderflow.CodeInvalidState, "the sandbox's authorisation %s is captured", h.ProviderID)
	}
	return err
}

// settle ends an authorisation unless it has ended, and returns how it ended.
func (s Sandbox) settle(ctx context.Context, h orderflow.Hold, end string) (string, error) {
	r, _, err := s.Memory.Remember(ctx, Record{Key: settledKey(h.ProviderID), Settled: end})
	if err != nil {
		return "", fmt.Errorf("sandbox: remember end of authorisation: %w", err)
	}
	return cmp.Or(r.Settled, end), nil
}

func settledKey(providerID string) string { return providerID + "#settled" }
