package payment

import (
	"cmp"
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
// ask Lookup first. Returns orderflow.CodePaymentDeclined with the decline code and the customer's reason, CodePaymentUnavailable or
// CodePaymentUncertain; an orderflow.KeySpent if Stripe may repeat that for the key.
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
		return orderflow.Receipt{}, fmt.Errorf("create payment intent: %w", chargeError(err))
	}
	return chargeReceipt(intent)
}

// intentDecisions are what the statuses of PaymentIntents mean. One that asks for anything more than was given off session is declined: nobody is
// there to give it.
var intentDecisions = map[stripe.PaymentIntentStatus]decision{
	stripe.PaymentIntentStatusRequiresPaymentMethod: {refused, wasDeclined},
	stripe.PaymentIntentStatusRequiresAction:        {refused, wantsTheHolder},
	stripe.PaymentIntentStatusCanceled:              {refused, wasStopped},
	stripe.PaymentIntentStatusProcessing:            {outcome: unknown},
	stripe.PaymentIntentStatusRequiresCapture:       {outcome: unknown},
	stripe.PaymentIntentStatusRequiresConfirmation:  {outcome: unknown},
}

// isOpen reports whether money may move yet, or has been set aside. An unknown status is.
func isOpen(s stripe.PaymentIntentStatus) bool {
	return s != stripe.PaymentIntentStatusSucceeded && intentDecisions[s].outcome != refused
}

// chargeReceipt is what a PaymentIntent says of a charge.
func chargeReceipt(intent *stripe.PaymentIntent) (orderflow.Receipt, error) {
	if intent.Status == stripe.PaymentIntentStatusSucceeded {
		return orderflow.Receipt{ProviderID: intent.ID, Amount: money(intent.AmountReceived, intent.Currency)}, nil
	}
	if isOpen(intent.Status) {
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentUncertain, "payment intent %s is %s", intent.ID, intent.Status)
	}
	last := intent.LastPaymentError
	if last == nil || intent.Status == stripe.PaymentIntentStatusRequiresAction {
		return orderflow.Receipt{}, declinedError(string(intent.Status), intentDecisions[intent.Status].reason)
	}
	d := decideRefusal(last)
	if d.outcome == again || last.Type == stripe.ErrorTypeAPI { // the attempt is over, and another one may succeed
		return orderflow.Receipt{}, againError(declineCode(last))
	}
	return orderflow.Receipt{}, declinedError(declineCode(last), cmp.Or(d.reason, wasDeclined))
}

func money(amount int64, currency stripe.Currency) orderflow.Money {
	return orderflow.Money{Amount: amount, Currency: strings.ToUpper(string(currency))}
}
