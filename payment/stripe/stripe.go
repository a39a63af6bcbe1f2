// Package stripe is the gateway to Stripe. It is the only package that imports Stripe's client, and
// only the deployed program links it.
package stripe

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/payment/decline"
)

// Metadata keys by which Stripe's objects are found.
const (
	keyMetadata   = "orderflow_key" // the idempotency key: order and step
	orderMetadata = "orderflow_order"
)

// Options configures the gateway.
type Options struct {
	Key        string // secret key
	URL        string // "" means Stripe's own
	HTTPClient *http.Client
	Now        func() time.Time
}

// Gateway charges with PaymentIntents (https://docs.stripe.com/api/payment_intents).
type Gateway struct {
	client *stripe.Client
	now    func() time.Time
}

// New returns a gateway. It does not retry: the state machine retries after a lookup of the first
// attempt.
func New(o Options) *Gateway {
	config := &stripe.BackendConfig{
		HTTPClient: o.HTTPClient, MaxNetworkRetries: stripe.Int64(0), EnableTelemetry: stripe.Bool(false),
		// its messages may contain customer input
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	}
	if o.URL != "" {
		config.URL = stripe.String(o.URL)
	}
	return &Gateway{
		client: stripe.NewClient(o.Key, stripe.WithBackends(stripe.NewBackendsWithConfig(config))), now: o.Now,
	}
}

// Charge creates and confirms a PaymentIntent. A manual one is only authorised. One that is on session
// may need the customer's confirmation: an orderflow.ActionRequired. Repeating it with the same key within Stripe's 24 hours has no further effect; later, call Lookup
// first. Returns orderflow.CodePaymentDeclined with the decline code and the customer's reason,
// CodePaymentUnavailable or CodePaymentUncertain; an orderflow.KeySpent if Stripe may repeat the
// reply for the key.
func (s *Gateway) Charge(ctx context.Context, c orderflow.Charge) (orderflow.Receipt, error) {
	params := &stripe.PaymentIntentCreateParams{
		Amount: stripe.Int64(c.Amount.Amount), Currency: stripe.String(strings.ToLower(c.Amount.Currency)),
		PaymentMethod: stripe.String(c.PaymentMethod), PaymentMethodTypes: []*string{stripe.String("card")},
		Confirm: stripe.Bool(true), OffSession: stripe.Bool(!c.OnSession),
		Metadata: map[string]string{keyMetadata: c.Key, orderMetadata: c.OrderID},
	}
	if c.Manual {
		params.CaptureMethod = stripe.String(string(stripe.PaymentIntentCaptureMethodManual))
		params.AddExpand("latest_charge") // it says how long the amount is held
	}
	params.SetIdempotencyKey(c.Key)
	intent, err := s.client.V1PaymentIntents.Create(ctx, params)
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("create payment intent: %w", chargeError(err))
	}
	return chargeReceipt(intent)
}

// isOpen reports whether money may still move or is held. An unknown status counts as open.
func isOpen(s stripe.PaymentIntentStatus) bool {
	return s != stripe.PaymentIntentStatusSucceeded && decline.Intent(string(s)).Outcome != decline.Refused
}

// chargeReceipt returns the result of a PaymentIntent for a charge.
func chargeReceipt(intent *stripe.PaymentIntent) (orderflow.Receipt, error) {
	if intent.Status == stripe.PaymentIntentStatusSucceeded {
		return orderflow.Receipt{ProviderID: intent.ID, Amount: money(intent.AmountReceived, intent.Currency)}, nil
	}
	if intent.Status == stripe.PaymentIntentStatusRequiresCapture {
		return orderflow.Receipt{
			ProviderID: intent.ID, Amount: money(intent.AmountCapturable, intent.Currency), HeldUntil: heldUntil(intent),
		}, nil
	}
	if intent.Status == stripe.PaymentIntentStatusRequiresAction {
		return orderflow.Receipt{}, &orderflow.ActionRequired{ProviderID: intent.ID, ClientSecret: intent.ClientSecret}
	}
	if isOpen(intent.Status) {
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentUncertain, "payment intent %s is %s", intent.ID,
			intent.Status)
	}
	if intent.Status == stripe.PaymentIntentStatusCanceled && lapsed(intent.CancellationReason) {
		return orderflow.Receipt{}, decline.Lapsed.Err(string(intent.CancellationReason))
	}
	ended := decline.Intent(string(intent.Status))
	last := intent.LastPaymentError
	if last == nil {
		return orderflow.Receipt{}, ended.Err(string(intent.Status))
	}
	why := answerOf(last)
	d := why.Refusal()
	if last.Type == stripe.ErrorTypeAPI { // the attempt is over, and another may succeed
		d.Outcome = decline.Again
	}
	d.Reason = cmp.Or(d.Reason, decline.WasDeclined)
	return orderflow.Receipt{}, d.Err(why.Name())
}

func money(amount int64, currency stripe.Currency) orderflow.Money {
	return orderflow.Money{Amount: amount, Currency: strings.ToUpper(string(currency))}
}
