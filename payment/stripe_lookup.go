package payment

import (
	"context"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v85"

	"orderflow"
)

// searchLag is how far Stripe's search may be behind during outages; less than a minute as a rule (https://docs.stripe.com/search).
const searchLag = time.Hour

// clockSkew is how far our clock and Stripe's may be apart.
const clockSkew = time.Minute

// Lookup asks what became of a charge. Returns orderflow.CodeNotFound if Stripe never heard of it, CodePaymentDeclined if it was declined,
// CodePaymentUncertain while it is being processed.
//
// Search finds a charge by its key however old it is, but lags behind; the list of the latest PaymentIntents does not.
func (s *Stripe) Lookup(ctx context.Context, p orderflow.Payment) (orderflow.Receipt, error) {
	search := &stripe.PaymentIntentSearchParams{SearchParams: stripe.SearchParams{Query: fmt.Sprintf("metadata['%s']:'%s'", keyMetadata, p.Key())}}
	intent, err := newestWith(p.Key(), s.client.V1PaymentIntents.Search(ctx, search).All(ctx))
	if err == nil && intent == nil {
		list := &stripe.PaymentIntentListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: s.unsearchableSince(p).Unix()}}
		list.Limit = stripe.Int64(100)
		intent, err = newestWith(p.Key(), s.client.V1PaymentIntents.List(ctx, list).All(ctx))
	}
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("look up payment intent: %w", stripeError(err))
	}
	if intent == nil {
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodeNotFound, "stripe knows no payment intent %s", p.Key())
	}
	return chargeReceipt(intent)
}

// unsearchableSince is the time from which on a PaymentIntent for p may exist that search does not find yet.
func (s *Stripe) unsearchableSince(p orderflow.Payment) time.Time {
	since := s.now().Add(-searchLag)
	if p.StartedAt.After(since) {
		since = p.StartedAt
	}
	return since.Add(-clockSkew)
}

// newestWith returns the PaymentIntent of a key: a succeeded one before any other, since that is where the money is; nil if there is none.
func newestWith(key string, intents stripe.Seq2[*stripe.PaymentIntent, error]) (*stripe.PaymentIntent, error) {
	var found *stripe.PaymentIntent
	for intent, err := range intents {
		switch {
		case err != nil:
			return nil, err
		case intent.Metadata[keyMetadata] != key:
		case intent.Status == stripe.PaymentIntentStatusSucceeded:
			return intent, nil
		case found == nil:
			found = intent
		}
	}
	return found, nil
}
