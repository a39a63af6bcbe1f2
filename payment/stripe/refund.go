package stripe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v85"

	"github.com/orderflow-dev/orderflow"
)

// Refund refunds a part of a captured PaymentIntent, or what is left of it. The refunds with its
// keys count; for what is left also manual ones. So repeating the call, however late, has no
// further effect, and Stripe refuses what would exceed the capture. Returns
// orderflow.CodeRefundPending while the refund is pending, and CodeRefundFailed if it was returned
// or refused.
func (s *Gateway) Refund(ctx context.Context, r orderflow.Refund) (orderflow.Receipt, error) {
	sent, err := s.refundsOf(ctx, r)
	if err != nil {
		return orderflow.Receipt{}, err
	}
	if left := sent.left(r.Amount); left > 0 && sent.failed == nil {
		made, err := s.createRefund(ctx, r, left)
		if err != nil {
			return orderflow.Receipt{}, err
		}
		sent.add(made, true)
	}
	return sent.receipt(r.Amount)
}

func (s *Gateway) createRefund(ctx context.Context, r orderflow.Refund, amount int64) (*stripe.Refund, error) {
	params := &stripe.RefundCreateParams{
		PaymentIntent: stripe.String(r.ProviderID), Amount: stripe.Int64(amount),
		Metadata: map[string]string{keyMetadata: r.Key, orderMetadata: r.OrderID},
	}
	params.SetIdempotencyKey(r.Key)
	made, err := s.client.V1Refunds.Create(ctx, params)
	if err != nil {
		return nil, fmt.Errorf("create refund: %w", refundError(err))
	}
	return made, nil
}

// refunds sums up the refunds of one PaymentIntent.
type refunds struct {
	done, open int64 // amounts that are refunded and pending
	last       *stripe.Refund
	failed     *stripe.Refund // the failed refund with the requested key
}

func (s *Gateway) refundsOf(ctx context.Context, r orderflow.Refund) (refunds, error) {
	var all refunds
	for refund, err := range s.client.V1Refunds.List(ctx,
		&stripe.RefundListParams{PaymentIntent: stripe.String(r.ProviderID)}).All(ctx) {
		if err != nil {
			return all, fmt.Errorf("list refunds: %w", lookupError(err))
		}
		key := refund.Metadata[keyMetadata]
		if own := key == r.Key || slices.Contains(r.Earlier, key); own || !r.Part && !isPart(r, key) {
			all.add(refund, key == r.Key)
		}
	}
	return all, nil
}

// isPart reports whether the key belongs to an operator's refund of the order, which the
// compensation does not count: its amount is what those refunds have left.
func isPart(r orderflow.Refund, key string) bool {
	id, found := strings.CutPrefix(key, r.OrderID+"/"+orderflow.PartialRefundStep(""))
	return found && strings.Trim(id, "0123456789") != "" // "2" is the compensation's second attempt
}

// add counts a refund by its status. asked is true for the refund with the requested key. A refund
// with an unknown status is pending: it must not be sent again.
func (f *refunds) add(r *stripe.Refund, asked bool) {
	switch r.Status {
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		if asked {
			f.failed = r
		}
		return
	case stripe.RefundStatusSucceeded:
		f.done += r.Amount
	default:
		f.open += r.Amount
	}
	f.last = r
}

// left returns the amount that must still be refunded.
func (f *refunds) left(due orderflow.Money) int64 { return due.Amount - f.done - f.open }

// receipt returns the result of the refunds for an amount that is due.
func (f *refunds) receipt(due orderflow.Money) (orderflow.Receipt, error) {
	switch {
	case f.left(due) > 0 && f.failed != nil:
		err := orderflow.Errorf(orderflow.CodeRefundFailed, "refund %s is %s (%s)", f.failed.ID, f.failed.Status,
			f.failed.FailureReason)
		return orderflow.Receipt{}, &orderflow.KeySpent{Err: err, Proven: true}
	case f.open > 0:
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodeRefundPending, "refund %s is %s", f.last.ID,
			f.last.Status)
	case f.left(due) > 0:
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentUncertain, "%d of %s is refunded", f.done, due)
	}
	return orderflow.Receipt{ProviderID: f.last.ID, Amount: money(f.done, f.last.Currency)}, nil
}
