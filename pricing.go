package orderflow

import (
	"fmt"
	"time"
)

// Refusals of what an order names for its price.
const (
	CodeUnknownPromotion      Code = "UnknownPromotion"
	CodePromotionNotStarted   Code = "PromotionNotStarted"
	CodePromotionExpired      Code = "PromotionExpired"
	CodePromotionUsed         Code = "PromotionUsed"
	CodePromotionCurrency     Code = "PromotionCurrency" // it takes off an amount in another currency
	CodeUnknownShippingMethod Code = "UnknownShippingMethod"
	CodeNoShippingMethod      Code = "NoShippingMethod" // none, or not the one that was named, takes so much there
	CodeInvalidAmount         Code = "InvalidAmount"
)

// Pricing is the tables by which orders are priced. The empty Pricing prices an order at the sum of its lines: no discount, no tax, free shipping.
type Pricing struct {
	Promotions      []Promotion      `json:"promotions"`
	ShippingMethods []ShippingMethod `json:"shippingMethods"`
	Taxes           []Tax            `json:"taxes"`
}

// Rate is a part of an amount, in millionths: 190000 is 19 %.
type Rate int64

// wholeRate is 100 %.
const wholeRate = 1_000_000

func (r Rate) check(what string) error {
	if r < 0 || r > wholeRate {
		return fmt.Errorf("%s of %d millionths is not from 0 to %d", what, r, wholeRate)
	}
	return nil
}

// of is the rate's part of an amount, to the nearest minor unit, halves up.
func (r Rate) of(amount int64) (int64, error) { return portion(amount, int64(r), wholeRate) }

// within is the part of an amount that was added to it at this rate.
func (r Rate) within(amount int64) (int64, error) {
	return portion(amount, int64(r), wholeRate+int64(r))
}

// Basket is what is priced.
type Basket struct {
	Items          []BasketItem
	Country        string // where it is shipped, ISO 3166-1 alpha-2
	PromotionCode  string // "" for none
	PromotionUsed  bool   // the customer has used up the promotion
	ShippingMethod string // "" takes the cheapest
	At             time.Time
}

// BasketItem is one product of a basket.
type BasketItem struct {
	Product  Product
	Quantity int
}

// Quote is what a basket costs. Its parts agree, as CheckPrice says.
type Quote struct {
	Lines []Line
	Price Price
	Total Money
}

// Quote prices a basket. It is the one place where an order gets its price:
//
//	subtotal  the sum of the lines
//	discount  what the promotion takes off the subtotal, divided over the lines by their totals
//	shipping  what the method asks for the weight or the discounted value, divided over the lines by their discounted totals
//	tax       for the lines of one rate together, divided over them by their discounted totals; then for the shipping
//	total     subtotal - discount + shipping, + tax unless the prices include it
//
// Divided amounts sum to the whole (Allocate). Returns CodeInvalidOrder, CodeCurrencyMismatch, CodeAmountOverflow, CodeUnknownPromotion,
// CodePromotionNotStarted, CodePromotionExpired, CodePromotionUsed, CodeUnknownShippingMethod or CodeNoShippingMethod.
func (p Pricing) Quote(b Basket) (*Quote, error) {
	if len(b.Items) == 0 {
		return nil, Errorf(CodeInvalidOrder, "an order needs at least one line")
	}
	q := &Quote{}
	for _, item := range b.Items {
		q.Lines = append(q.Lines, Line{SKU: item.Product.SKU, Name: item.Product.Name, Quantity: item.Quantity, UnitPrice: item.Product.Price})
	}
	for _, step := range []func(Basket, *Quote) error{subtotal, p.discount, p.ship, p.tax} {
		if err := step(b, q); err != nil {
			return nil, err
		}
	}
	total, err := q.Price.total()
	if err != nil {
		return nil, err
	}
	q.Total = total
	return q, nil
}

func subtotal(_ Basket, q *Quote) error {
	total, err := totalLines(q.Lines)
	if err != nil {
		return err
	}
	q.Price = onlySubtotal(total)
	return nil
}

// discounted are the totals of the lines less their discounts.
func (q *Quote) discounted() []int64 {
	out := make([]int64, len(q.Lines))
	for i, l := range q.Lines {
		out[i] = l.discounted()
	}
	return out
}

// Validate reports what is wrong with the tables.
func (p Pricing) Validate() error {
	for _, promotion := range p.Promotions {
		if err := promotion.Validate(); err != nil {
			return err
		}
	}
	for _, m := range p.ShippingMethods {
		if err := m.Validate(); err != nil {
			return err
		}
	}
	for _, t := range p.Taxes {
		if err := t.Validate(); err != nil {
			return err
		}
	}
	return nil
}
