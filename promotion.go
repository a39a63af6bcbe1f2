package orderflow

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Promotion takes a part or an amount off the subtotal of the orders that name its code.
type Promotion struct {
	Code   string `json:"code"`             // in upper case
	Rate   Rate   `json:"rate,omitempty"`   // either this part of the subtotal
	Amount *Money `json:"amount,omitempty"` // or this amount, at most the subtotal
	// OncePerCustomer allows each customer one order with it that was not given up before its payment.
	OncePerCustomer bool      `json:"oncePerCustomer,omitempty"`
	From            time.Time `json:"from"`  // the first moment at which it is valid
	Until           time.Time `json:"until"` // the first moment at which it is not any more
}

// PromotionCode is a code as customers write it, in the form that promotions have it.
func PromotionCode(written string) string { return strings.ToUpper(written) }

// Validate reports what is wrong with the promotion.
func (p Promotion) Validate() error {
	switch {
	case p.Code == "" || p.Code != PromotionCode(p.Code):
		return fmt.Errorf("promotion %q: the code must be in upper case", p.Code)
	case (p.Rate == 0) == (p.Amount == nil):
		return fmt.Errorf("promotion %s: give either a rate or an amount", p.Code)
	case p.Amount != nil && p.Amount.Amount <= 0:
		return fmt.Errorf("promotion %s: it takes %s off", p.Code, p.Amount)
	case !p.From.Before(p.Until):
		return fmt.Errorf("promotion %s: it is never valid: from %s until %s", p.Code, p.From, p.Until)
	}
	return p.Rate.check("promotion " + p.Code + ": a rate")
}

// discount takes off what the basket's promotion gives.
func (p Pricing) discount(b Basket, q *Quote) error {
	if b.PromotionCode == "" {
		return nil
	}
	promotion, err := p.promotion(b)
	if err != nil {
		return err
	}
	off, err := promotion.off(q.Price.Subtotal)
	if err != nil {
		return err
	}
	weights := make([]int64, len(q.Lines))
	for i, l := range q.Lines {
		weights[i] = l.Total.Amount
	}
	shares, err := Allocate(off, weights)
	if err != nil {
		return err
	}
	for i, share := range shares {
		q.Lines[i].Discount = share
	}
	q.Price.Discount.Amount, q.Price.PromotionCode, q.Price.OncePerCustomer = off, promotion.Code, promotion.OncePerCustomer
	return nil
}

// promotion is the basket's, if it is valid.
func (p Pricing) promotion(b Basket) (Promotion, error) {
	code := PromotionCode(b.PromotionCode)
	i := slices.IndexFunc(p.Promotions, func(p Promotion) bool { return p.Code == code })
	if i < 0 {
		return Promotion{}, Errorf(CodeUnknownPromotion, "there is no promotion %s", code)
	}
	found := p.Promotions[i]
	switch {
	case b.At.Before(found.From):
		return Promotion{}, Errorf(CodePromotionNotStarted, "promotion %s begins at %s", code, found.From.UTC().Format(time.RFC3339))
	case !b.At.Before(found.Until):
		return Promotion{}, Errorf(CodePromotionExpired, "promotion %s ended at %s", code, found.Until.UTC().Format(time.RFC3339))
	case found.OncePerCustomer && b.PromotionUsed:
		return Promotion{}, Errorf(CodePromotionUsed, "promotion %s is for one order of each customer, and was used", code)
	}
	return found, nil
}

// off is what the promotion takes off a subtotal.
func (p Promotion) off(subtotal Money) (int64, error) {
	if p.Amount == nil {
		return p.Rate.of(subtotal.Amount)
	}
	if p.Amount.Currency != subtotal.Currency {
		return 0, Errorf(CodePromotionCurrency, "promotion %s takes %s off, and the order is in %s", p.Code, p.Amount, subtotal.Currency)
	}
	return min(p.Amount.Amount, subtotal.Amount), nil
}

// Claim is the record that a customer has used a promotion that is for one order of each customer.
type Claim struct {
	CustomerID    string `json:"customerId"`
	PromotionCode string `json:"promotionCode"`
	OrderID       string `json:"orderId"`
}

// Claim is what the order claims when it is placed; nil without a promotion that is for one order of each customer.
func (o *Order) Claim() *Claim {
	if o.Price == nil || !o.Price.OncePerCustomer {
		return nil
	}
	return &Claim{CustomerID: o.CustomerID, PromotionCode: o.Price.PromotionCode, OrderID: o.ID}
}

// ReturnedClaim is the claim that the order gives back when it ends: nil if it has none, was fulfilled, or was paid, also if the money went back.
func (o *Order) ReturnedClaim() *Claim {
	unpaid := o.PaymentStatus == PaymentNone || o.PaymentStatus == PaymentDeclined
	if !unpaid || o.Status != Rejected && o.Status != Cancelled {
		return nil
	}
	return o.Claim()
}
