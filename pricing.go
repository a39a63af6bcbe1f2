package orderflow

import (
	"fmt"
	"time"
)

// Refusals of prices.
const (
	CodeUnknownPromotion      Code = "UnknownPromotion"
	CodePromotionNotStarted   Code = "PromotionNotStarted"
	CodePromotionExpired      Code = "PromotionExpired"
	CodePromotionUsed         Code = "PromotionUsed"
	CodePromotionCurrency     Code = "PromotionCurrency" // its amount is in another currency
	CodeUnknownShippingMethod Code = "UnknownShippingMethod"
	CodeNoShippingMethod      Code = "NoShippingMethod" // no method, or not the requested one, ships this there
	CodeInvalidAmount         Code = "InvalidAmount"
)

// Pricing is the data that orders are priced with. With an empty Pricing an order costs the sum of
// its lines: no discount, no tax, free shipping.
type Pricing struct {
	Promotions      []Promotion      `json:"promotions"`
	ShippingMethods []ShippingMethod `json:"shippingMethods"`
	Taxes           []Tax            `json:"taxes"`
}

// Rate is a fraction of an amount in millionths: 190000 is 19 %.
type Rate int64

// wholeRate is 100 %.
const wholeRate = 1_000_000

func (r Rate) check(what string) error {
	if r < 0 || r > wholeRate {
		return fmt.Errorf("%s of %d millionths is not from 0 to %d", what, r, wholeRate)
	}
	return nil
}

// of returns the fraction of an amount, rounded to the nearest minor unit, halves up.
func (r Rate) of(amount int64) (int64, error) { return portion(amount, int64(r), wholeRate) }

// within returns the part of an amount that a tax of this rate has added to it.
func (r Rate) within(amount int64) (int64, error) {
	return portion(amount, int64(r), wholeRate+int64(r))
}

// Basket is the input of Quote.
type Basket struct {
	Items          []BasketItem
	Country        string // destination, ISO 3166-1 alpha-2
	PromotionCode  string // "" for none
	PromotionUsed  bool   // the customer has a claim on the promotion
	ShippingMethod string // "" for the cheapest
	At             time.Time
}

// BasketItem is a product and its quantity.
type BasketItem struct {
	Product  Product
	Quantity int
}

// Quote is the price of a basket. Its amounts agree (see CheckPrice).
type Quote struct {
	Lines []Line
	Price Price
	Total Money
}

// Quote prices a basket:
//
//	subtotal  sum of the lines
//	discount  of the promotion, divided over the lines by their totals
//	shipping  price of the method, divided over the lines by their discounted totals
//	tax       on the lines, divided by rate and discounted total; and on the shipping
//	total     subtotal - discount + shipping, + tax unless the prices include it
//
// The parts of a divided amount sum to the whole (see Allocate). Returns CodeInvalidOrder,
// CodeCurrencyMismatch, CodeAmountOverflow, CodeUnknownPromotion, CodePromotionNotStarted,
// CodePromotionExpired, CodePromotionUsed, CodeUnknownShippingMethod or CodeNoShippingMethod.
func (p Pricing) Quote(b Basket) (*Quote, error) {
	if len(b.Items) == 0 {
		return nil, Errorf(CodeInvalidOrder, "an order needs at least one line")
	}
	q := &Quote{}
	for _, item := range b.Items {
		p := item.Product
		q.Lines = append(q.Lines, Line{SKU: p.SKU, Name: p.Name, Quantity: item.Quantity, UnitPrice: p.Price})
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

// discounted returns the totals of the lines minus their discounts.
func (q *Quote) discounted() []int64 {
	out := make([]int64, len(q.Lines))
	for i, l := range q.Lines {
		out[i] = l.discounted()
	}
	return out
}

// Validate returns the first fault in the data.
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
