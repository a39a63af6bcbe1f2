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

// searchLag is the longest delay of Stripe's search during outages; normally it is less than a
// minute (https://docs.stripe.com/search).
const searchLag = time.Hour

// clockSkew is the largest expected difference between the local clock and Stripe's.
const clockSkew = time.Minute

// Lookup returns the outcome of a charge over all its attempts. Returns orderflow.CodeNotFound if
// Stripe does not know the last attempt, CodePaymentDeclined if that attempt was finally declined,
// CodePaymentUncertain while an attempt is being processed, and an orderflow.KeySpent if the last
// attempt was declined but the next may succeed. Of several authorisations it returns the latest.
//
// A charge that the customer must confirm is known by its id: an orderflow.ActionRequired until that
// is done. Search finds a charge of any age by its order, but with a delay. The list of the latest
// PaymentIntents has no delay.
func (s *Gateway) Lookup(ctx context.Context, p orderflow.Payment) (orderflow.Receipt, error) {
	if p.ActionPending() {
		return s.retrieve(ctx, p.ProviderID)
	}
	search := &stripe.PaymentIntentSearchParams{SearchParams: stripe.SearchParams{Query: fmt.Sprintf("metadata['%s']:'%s'", orderMetadata, p.OrderID)}}
	search.AddExpand("data.latest_charge")
	intent, err := decisive(p.Keys(), s.client.V1PaymentIntents.Search(ctx, search).All(ctx))
	if err == nil && intent == nil {
		list := &stripe.PaymentIntentListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: s.unsearchableSince(p).Unix()}}
		list.Limit = stripe.Int64(100)
		list.AddExpand("data.latest_charge")
		intent, err = decisive(p.Keys(), s.client.V1PaymentIntents.List(ctx, list).All(ctx))
	}
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("look up payment intent: %w", lookupError(err))
	}
	if intent == nil {
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodeNotFound, "stripe has no payment intent %s", p.Key())
	}
	return chargeReceipt(intent)
}

func (s *Gateway) retrieve(ctx context.Context, id string) (orderflow.Receipt, error) {
	params := &stripe.PaymentIntentRetrieveParams{}
	params.AddExpand("latest_charge")
	intent, err := s.client.V1PaymentIntents.Retrieve(ctx, id, params)
	if err != nil {
		return orderflow.Receipt{}, fmt.Errorf("retrieve payment intent: %w", lookupError(err))
	}
	return chargeReceipt(intent)
}

// unsearchableSince returns the time since which a PaymentIntent for p may exist that search does
// not find yet.
func (s *Gateway) unsearchableSince(p orderflow.Payment) time.Time {
	since := s.now().Add(-searchLag)
	if p.StartedAt.After(since) {
		since = p.StartedAt
	}
	return since.Add(-clockSkew)
}

// decisive returns the PaymentIntent that decides the outcome of a charge with these keys, latest
// attempt first, or nil if there is none. One that succeeded comes first, then one that may still
// succeed, then the latest that is authorised, then that of the last attempt.
func decisive(keys []string, intents stripe.Seq2[*stripe.PaymentIntent, error]) (*stripe.PaymentIntent, error) {
	var open, held, last *stripe.PaymentIntent
	latest := len(keys)
	for intent, err := range intents {
		if err != nil {
			return nil, err
		}
		attempt := slices.Index(keys, intent.Metadata[keyMetadata])
		switch {
		case attempt < 0:
		case intent.Status == stripe.PaymentIntentStatusSucceeded:
			return intent, nil
		case intent.Status == stripe.PaymentIntentStatusRequiresCapture:
			if attempt < latest {
				held, latest = intent, attempt
			}
		case isOpen(intent.Status):
			open = cmp.Or(open, intent)
		case attempt == 0:
			last = cmp.Or(last, intent)
		}
	}
	return cmp.Or(open, held, last), nil
}
