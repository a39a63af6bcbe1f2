package orderflow

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Promotion reduces the subtotal of orders with its code by a rate or an amount.
type Promotion struct {
	Code   string `json:"code"`             // in upper case
	Rate   Rate   `json:"rate,omitempty"`   // either a rate of the subtotal
	Amount *Money `json:"amount,omitempty"` // or an amount, at most the subtotal
	// OncePerCustomer allows one order for each customer. Orders that ended unpaid do not count.
	OncePerCustomer bool      `json:"oncePerCustomer,omitempty"`
	From            time.Time `json:"from"`  // inclusive
	Until           time.Time `json:"until"` // exclusive
}

// PromotionCode returns the code of a promotion as customers write it: in upper case.
func PromotionCode(written string) string { return strings.ToUpper(written) }

// Validate returns the first fault of the promotion.
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

// discount applies the promotion of the basket, and divides the discount over the lines.
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
	q.Price.Discount.Amount = off
	q.Price.PromotionCode, q.Price.OncePerCustomer = promotion.Code, promotion.OncePerCustomer
	return nil
}

// promotion returns the promotion of the basket, if it is valid.
func (p Pricing) promotion(b Basket) (Promotion, error) {
	code := PromotionCode(b.PromotionCode)
	i := slices.IndexFunc(p.Promotions, func(p Promotion) bool { return p.Code == code })
	if i < 0 {
		return Promotion{}, Errorf(CodeUnknownPromotion, "there is no promotion %s", code)
	}
	found := p.Promotions[i]
	utc := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	switch {
	case b.At.Before(found.From):
		return Promotion{}, Errorf(CodePromotionNotStarted, "promotion %s begins at %s", code, utc(found.From))
	case !b.At.Before(found.Until):
		return Promotion{}, Errorf(CodePromotionExpired, "promotion %s ended at %s", code, utc(found.Until))
	case found.OncePerCustomer && b.PromotionUsed:
		return Promotion{}, Errorf(CodePromotionUsed, "promotion %s is already used: it allows one order for each customer",
			code)
	}
	return found, nil
}

// off returns the discount on a subtotal.
func (p Promotion) off(subtotal Money) (int64, error) {
	if p.Amount == nil {
		return p.Rate.of(subtotal.Amount)
	}
	if p.Amount.Currency != subtotal.Currency {
		return 0, Errorf(CodePromotionCurrency, "promotion %s is for orders in %s, the order is in %s",
			p.Code, p.Amount.Currency, subtotal.Currency)
	}
	return min(p.Amount.Amount, subtotal.Amount), nil
}

// Claim records that an order uses a promotion that allows one order for each customer.
type Claim struct {
	CustomerID    string `json:"customerId"`
	PromotionCode string `json:"promotionCode"`
	OrderID       string `json:"orderId"`
}

// Claim returns the claim that is saved with the order, or nil if its promotion needs none.
func (o *Order) Claim() *Claim {
	if o.Price == nil || !o.Price.OncePerCustomer {
		return nil
	}
	return &Claim{CustomerID: o.CustomerID, PromotionCode: o.Price.PromotionCode, OrderID: o.ID}
}

// ReturnedClaim returns the claim that a rejected or cancelled order gives back, or nil if it has
// none. An order that was paid keeps its claim, also after a refund.
func (o *Order) ReturnedClaim() *Claim {
	unpaid := o.PaymentStatus == PaymentNone || o.PaymentStatus == PaymentDeclined
	if !unpaid || o.Status != Rejected && o.Status != Cancelled {
		return nil
	}
	return o.Claim()
}
