package payment

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"orderflow"
)

// The metadata by which Stripe's objects are found again.
const (
	keyMetadata   = "orderflow_key" // the idempotency key: order and step
	orderMetadata = "orderflow_order"
)

// StripeOptions are what the Stripe gateway is made of.
type StripeOptions struct {
	Key        string // secret key
	URL        string // "" is Stripe's own
	HTTPClient *http.Client
	Now        func() time.Time
}

// Stripe charges by PaymentIntents (https://docs.stripe.com/api/payment_intents).
type Stripe struct {
	client *stripe.Client
	now    func() time.Time
}

// NewStripe makes the gateway. It does not retry: the state machine does, after it has asked what became of the first try.
func NewStripe(o StripeOptions) *Stripe {
	config := &stripe.BackendConfig{
		HTTPClient: o.HTTPClient, MaxNetworkRetries: stripe.Int64(0), EnableTelemetry: stripe.Bool(false),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}, // its messages may hold what customers typed
	}
	if o.URL != "" {
		config.URL = stripe.String(o.URL)
	}
	return &Stripe{client: stripe.NewClient(o.Key, stripe.WithBackends(stripe.NewBackendsWithConfig(config))), now: o.Now}
}

// Charge creates and confirms a PaymentIntent, off session. Said twice with one key within Stripe's 24 hours, it happens once; later,
// ask Lookup first. Returns orderflow.CodePaymentDeclined with the decline code, CodePaymentUnavailable or CodePaymentUncertain.
func (s *Stripe) Charge(ctx context.Context, c orderflow.Charge) (orderflow.Receipt, error) {
	params := &stripe.PaymentIntentCreateParams{
		Amount: stripe.Int64(c.Amount.Amount), Currency: stripe.String(strings.ToLower(c.Amount.Currency)),
		PaymentMethod: stripe.String(c.PaymentMethod), PaymentMethodTypes: []*string{stripe.String("card")},
		Confirm: stripe.Bool(true), OffSession: stripe.Bool(true),
		Metadata: map[string]string{keyMetadata: c.Key, orderMetadata: c.OrderID},
	}
	params.SetIdempotencyKey(c.Key)
	intent, err := s.client.V1PaymentIntents.Create(ctx, params)
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("create payment intent: %w", stripeError(err))
	}
	return chargeReceipt(intent)
}

// chargeReceipt is what a PaymentIntent says of a charge. One that asks for anything more than was given off session is declined:
// nobody is there to give it.
func chargeReceipt(intent *stripe.PaymentIntent) (orderflow.Receipt, error) {
	switch intent.Status {
	case stripe.PaymentIntentStatusSucceeded:
		return orderflow.Receipt{ProviderID: intent.ID, Amount: money(intent.AmountReceived, intent.Currency)}, nil
	case stripe.PaymentIntentStatusRequiresPaymentMethod, stripe.PaymentIntentStatusRequiresAction, stripe.PaymentIntentStatusCanceled:
		reason := string(intent.Status)
		if e := intent.LastPaymentError; e != nil {
			reason = declineCode(e)
		}
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentDeclined, "%s", reason)
	}
	return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentUncertain, "payment intent %s is %s", intent.ID, intent.Status)
}

func money(amount int64, currency stripe.Currency) orderflow.Money {
	return orderflow.Money{Amount: amount, Currency: strings.ToUpper(string(currency))}
}

// Refund gives a captured PaymentIntent's amount back. A full refund that exists already, whoever made it, is the answer: it happens once,
// however late it is said again.
func (s *Stripe) Refund(ctx context.Context, r orderflow.Refund) (orderflow.Receipt, error) {
	list := &stripe.RefundListParams{PaymentIntent: stripe.String(r.ProviderID)}
	for refund, err := range s.client.V1Refunds.List(ctx, list).All(ctx) {
		if err != nil {
			return orderflow.Receipt{}, fmt.Errorf("list refunds: %w", stripeError(err))
		}
		if refund.Metadata[keyMetadata] != r.Key && refund.Amount != r.Amount.Amount {
			continue
		}
		if receipt, err := refundReceipt(refund); err == nil {
			return receipt, nil
		}
	}
	params := &stripe.RefundCreateParams{
		PaymentIntent: stripe.String(r.ProviderID), Amount: stripe.Int64(r.Amount.Amount),
		Metadata: map[string]string{keyMetadata: r.Key, orderMetadata: r.OrderID},
	}
	params.SetIdempotencyKey(r.Key)
	refund, err := s.client.V1Refunds.Create(ctx, params)
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("create refund: %w", stripeError(err))
	}
	return refundReceipt(refund)
}

// refundReceipt is what a Refund says. A pending one is on its way, and cannot be taken back.
func refundReceipt(r *stripe.Refund) (orderflow.Receipt, error) {
	switch r.Status {
	case stripe.RefundStatusSucceeded, stripe.RefundStatusPending:
		return orderflow.Receipt{ProviderID: r.ID, Amount: money(r.Amount, r.Currency)}, nil
	}
	return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentUnavailable, "refund %s is %s", r.ID, r.Status)
}
