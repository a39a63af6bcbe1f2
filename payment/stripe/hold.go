package stripe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/orderflow-dev/orderflow"
)

// shortestHold is how long an amount is held at least: Visa's authorisations without the customer
// (https://docs.stripe.com/payments/place-a-hold-on-a-payment-method). It applies if Stripe does
// not say how long.
const shortestHold = 4*24*time.Hour + 18*time.Hour

// heldUntil returns when the authorisation of a PaymentIntent ends.
func heldUntil(intent *stripe.PaymentIntent) time.Time {
	if c := intent.LatestCharge; c != nil && c.PaymentMethodDetails != nil && c.PaymentMethodDetails.Card != nil &&
		c.PaymentMethodDetails.Card.CaptureBefore > 0 {
		return time.Unix(c.PaymentMethodDetails.Card.CaptureBefore, 0).UTC()
	}
	return time.Unix(intent.Created, 0).UTC().Add(shortestHold)
}

// lapsed reports whether Stripe itself has cancelled a PaymentIntent, because its authorisation had
// ended.
func lapsed(reason stripe.PaymentIntentCancellationReason) bool {
	return reason == stripe.PaymentIntentCancellationReasonAutomatic ||
		reason == stripe.PaymentIntentCancellationReasonExpired
}

// Capture captures the whole authorised amount. A PaymentIntent is captured once at most, so that
// the call needs no key of its own: after a refusal, the PaymentIntent tells what has happened.
// Returns orderflow.CodeAuthorizationLapsed if it was cancelled, by Stripe or by hand.
func (s *Gateway) Capture(ctx context.Context, h orderflow.Hold) (orderflow.Receipt, error) {
	intent, err := s.client.V1PaymentIntents.Capture(ctx, h.ProviderID,
		&stripe.PaymentIntentCaptureParams{AmountToCapture: stripe.Int64(h.Amount.Amount)})
	if err != nil {
		if intent, err = s.standing(ctx, h, err); err != nil {
			return orderflow.Receipt{}, fmt.Errorf("capture payment intent: %w", err)
		}
	}
	switch intent.Status {
	case stripe.PaymentIntentStatusSucceeded:
		return chargeReceipt(intent)
	case stripe.PaymentIntentStatusCanceled:
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodeAuthorizationLapsed, "payment intent %s is %s (%s)",
			intent.ID, intent.Status, intent.CancellationReason)
	}
	return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentUncertain, "payment intent %s is %s", intent.ID,
		intent.Status)
}

// Void cancels the PaymentIntent. One that is cancelled already is success. Returns
// orderflow.CodeInvalidState if it is captured.
func (s *Gateway) Void(ctx context.Context, h orderflow.Hold) error {
	intent, err := s.client.V1PaymentIntents.Cancel(ctx, h.ProviderID, &stripe.PaymentIntentCancelParams{})
	if err != nil {
		if intent, err = s.standing(ctx, h, err); err != nil {
			return fmt.Errorf("cancel payment intent: %w", err)
		}
	}
	switch intent.Status {
	case stripe.PaymentIntentStatusCanceled:
		return nil
	case stripe.PaymentIntentStatusSucceeded:
		return orderflow.Errorf(orderflow.CodeInvalidState, "payment intent %s is captured", intent.ID)
	}
	return orderflow.Errorf(orderflow.CodePaymentUncertain, "payment intent %s is %s", intent.ID, intent.Status)
}

// standing returns the PaymentIntent after a refused capture or cancel. If the reply was no
// refusal, or the PaymentIntent is still authorised, it returns the error.
func (s *Gateway) standing(ctx context.Context, h orderflow.Hold, refused error) (*stripe.PaymentIntent, error) {
	e, ok := errors.AsType[*stripe.Error](refused)
	if !ok || e.HTTPStatusCode/100 != 4 {
		return nil, lookupError(refused)
	}
	intent, err := s.client.V1PaymentIntents.Retrieve(ctx, h.ProviderID, nil)
	if err != nil {
		return nil, lookupError(err)
	}
	if intent.Status == stripe.PaymentIntentStatusRequiresCapture {
		return nil, lookupError(refused)
	}
	return intent, nil
}
