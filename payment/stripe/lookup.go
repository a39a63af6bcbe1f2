package stripe

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/orderflow-dev/orderflow"
)

// searchLag is how far Stripe's search may be behind during outages; less than a minute as a rule (https://docs.stripe.com/search).
const searchLag = time.Hour

// clockSkew is how far our clock and Stripe's may be apart.
const clockSkew = time.Minute

// Lookup asks what became of a charge, whichever of its attempts it was. Returns orderflow.CodeNotFound if Stripe never heard of the last one,
// CodePaymentDeclined if it was declined for good, CodePaymentUncertain while one is being processed, and an orderflow.KeySpent if the last one
// was declined, but the next one may not be.
//
// Search finds a charge by its order however old it is, but lags behind; the list of the latest PaymentIntents does not.
func (s *Gateway) Lookup(ctx context.Context, p orderflow.Payment) (orderflow.Receipt, error) {
	search := &stripe.PaymentIntentSearchParams{SearchParams: stripe.SearchParams{Query: fmt.Sprintf("metadata['%s']:'%s'", orderMetadata, p.OrderID)}}
	intent, err := decisive(p.Keys(), s.client.V1PaymentIntents.Search(ctx, search).All(ctx))
	if err == nil && intent == nil {
		list := &stripe.PaymentIntentListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: s.unsearchableSince(p).Unix()}}
		list.Limit = stripe.Int64(100)
		intent, err = decisive(p.Keys(), s.client.V1PaymentIntents.List(ctx, list).All(ctx))
	}
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("look up payment intent: %w", lookupError(err))
	}
	if intent == nil {
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodeNotFound, "stripe knows no payment intent %s", p.Key())
	}
	return chargeReceipt(intent)
}

// unsearchableSince is the time from which on a PaymentIntent for p may exist that search does not find yet.
func (s *Gateway) unsearchableSince(p orderflow.Payment) time.Time {
	since := s.now().Add(-searchLag)
	if p.StartedAt.After(since) {
		since = p.StartedAt
	}
	return since.Add(-clockSkew)
}

// decisive returns the PaymentIntent that says what became of a charge with these keys, the last attempt's first: one that succeeded, since that is
// where the money is, before one that may yet, before the last attempt's. nil if there is none.
func decisive(keys []string, intents stripe.Seq2[*stripe.PaymentIntent, error]) (*stripe.PaymentIntent, error) {
	var open, last *stripe.PaymentIntent
	for intent, err := range intents {
		if err != nil {
			return nil, err
		}
		attempt := slices.Index(keys, intent.Metadata[keyMetadata])
		switch {
		case attempt < 0:
		case intent.Status == stripe.PaymentIntentStatusSucceeded:
			return intent, nil
		case isOpen(intent.Status):
			open = cmp.Or(open, intent)
		case attempt == 0:
			last = cmp.Or(last, intent)
		}
	}
	return cmp.Or(open, last), nil
}
