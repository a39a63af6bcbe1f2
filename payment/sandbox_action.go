package payment

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/payment/decline"
)

// How a confirmation ended.
const (
	confirmed = "confirmed"
	failed    = "failed"
)

// askHolder records a charge that the customer must confirm.
func (s Sandbox) askHolder(ctx context.Context, c orderflow.Charge) (orderflow.Receipt, error) {
	id := providerID("pi", c.Key)
	sum := sha256.Sum256([]byte("secret of " + c.Key))
	made := Record{Key: c.Key, ProviderID: id, Amount: &c.Amount, Secret: id + "_secret_" + hex.EncodeToString(sum[:12]), OrderID: c.OrderID}
	if c.Manual {
		until := s.Now().UTC().Add(holdFor)
		made.HeldUntil = &until
	}
	r, _, err := s.Memory.Remember(ctx, made)
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("sandbox: remember charge: %w", err)
	}
	byID := r
	byID.Key = id // Capture, Void and Confirm know the provider's id alone
	if _, _, err := s.Memory.Remember(ctx, byID); err != nil {
		return orderflow.Receipt{}, fmt.Errorf("sandbox: remember charge: %w", err)
	}
	return s.outcome(ctx, r)
}

func confirmationKey(providerID string) string { return providerID + "#confirmation" }

// confirmation returns nil once the customer has confirmed the charge, and otherwise why it is not
// secured.
func (s Sandbox) confirmation(ctx context.Context, r Record) error {
	end, err := s.Memory.Recall(ctx, confirmationKey(r.ProviderID))
	switch {
	case orderflow.CodeOf(err) == orderflow.CodeNotFound:
		return &orderflow.ActionRequired{ProviderID: r.ProviderID, ClientSecret: r.Secret}
	case err != nil:
		return fmt.Errorf("sandbox: recall confirmation: %w", err)
	case end.Settled == failed:
		return decline.Answer{Code: "payment_intent_authentication_failure"}.Refusal().Err("payment_intent_authentication_failure")
	case end.Settled == voided:
		return decline.Intent(canceled).Err(canceled)
	}
	return nil
}

// cancelConfirmation cancels a charge that waits for its confirmation. It reports whether nothing is
// left to void. Returns CodeInvalidState for one that was captured by its confirmation.
func (s Sandbox) cancelConfirmation(ctx context.Context, id string) (done bool, err error) {
	r, err := s.Memory.Recall(ctx, id)
	if orderflow.CodeOf(err) == orderflow.CodeNotFound || err == nil && r.Secret == "" {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("sandbox: recall charge: %w", err)
	}
	end, err := s.end(ctx, id, voided)
	if err == nil && end == confirmed && r.HeldUntil == nil {
		err = orderflow.Errorf(orderflow.CodeInvalidState, "the sandbox's charge %s is captured", id)
	}
	return end != confirmed, err
}

// end ends a confirmation unless it has ended, and returns how it ended.
func (s Sandbox) end(ctx context.Context, id, how string) (string, error) {
	r, _, err := s.Memory.Remember(ctx, Record{Key: confirmationKey(id), Settled: how})
	if err != nil {
		return "", fmt.Errorf("sandbox: remember confirmation: %w", err)
	}
	return r.Settled, nil
}

// Confirm acts as the customer who confirms a charge with its client secret, or fails to. It returns
// the order's id. Returns orderflow.CodeNotFound for another secret, and CodeInvalidState if the
// confirmation has ended otherwise.
func (s Sandbox) Confirm(ctx context.Context, clientSecret string, succeeds bool) (orderID string, err error) {
	id, _, _ := strings.Cut(clientSecret, "_secret_")
	r, err := s.Memory.Recall(ctx, id)
	if err != nil && orderflow.CodeOf(err) != orderflow.CodeNotFound {
		return "", fmt.Errorf("sandbox: recall charge: %w", err)
	}
	if err != nil || subtle.ConstantTimeCompare([]byte(r.Secret), []byte(clientSecret)) != 1 {
		return "", orderflow.Errorf(orderflow.CodeNotFound, "no charge has this client secret")
	}
	want := failed
	if succeeds {
		want = confirmed
	}
	switch end, err := s.end(ctx, id, want); {
	case err != nil:
		return "", err
	case end != want:
		return "", orderflow.Errorf(orderflow.CodeInvalidState, "the charge %s is %s", id, end)
	}
	return r.OrderID, nil
}
