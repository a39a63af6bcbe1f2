package orderflow

import "slices"

// Price lists the amounts of an order's total. It is fixed when the order is accepted.
type Price struct {
	Subtotal        Money  `json:"subtotal"` // of the lines
	Discount        Money  `json:"discount"` // taken off the subtotal
	Shipping        Money  `json:"shipping"`
	Tax             Money  `json:"tax"` // on lines and shipping
	TaxIncluded     bool   `json:"taxIncluded,omitempty"`
	PromotionCode   string `json:"promotionCode,omitempty"`
	OncePerCustomer bool   `json:"oncePerCustomer,omitempty"` // of the promotion
	ShippingMethod  string `json:"shippingMethod,omitempty"`
}

// total returns the amount to pay.
func (p Price) total() (Money, error) {
	sum, err := add(p.Subtotal.Amount-p.Discount.Amount, p.Shipping.Amount)
	if err == nil && !p.TaxIncluded {
		sum, err = add(sum, p.Tax.Amount)
	}
	return Money{sum, p.Subtotal.Currency}, err
}

// plain reports whether the price has no more than a subtotal.
func (p Price) plain() bool { return p == onlySubtotal(p.Subtotal) }

// onlySubtotal returns a price without discount, shipping and tax.
func onlySubtotal(subtotal Money) Price {
	none := Money{Currency: subtotal.Currency}
	return Price{Subtotal: subtotal, Discount: none, Shipping: none, Tax: none}
}

// discounted returns the line's total minus its discount.
func (l Line) discounted() int64 { return l.Total.Amount - l.Discount }

// Breakdown returns the amounts of the order's total.
func (o *Order) Breakdown() Price {
	if o.Price != nil {
		return *o.Price
	}
	return onlySubtotal(o.Total)
}

// CheckPrice checks that the order's amounts agree: the total of each line is its quantity times
// its unit price, no share is negative or too large, the shares sum to the amounts of the Price,
// and these sum to the Total. Returns CodeInvalidOrder, CodeCurrencyMismatch or CodeAmountOverflow.
func (o *Order) CheckPrice() error {
	price := o.Breakdown()
	sums, err := sumLines(o.Lines, price.TaxIncluded)
	if err != nil {
		return err
	}
	for _, a := range []struct {
		name      string
		said, sum Money
	}{
		{"subtotal", price.Subtotal, sums.Subtotal}, {"discount", price.Discount, sums.Discount},
		{"shipping", price.Shipping, sums.Shipping}, {"tax", price.Tax, sums.Tax},
	} {
		if a.said != a.sum {
			return Errorf(CodeInvalidOrder, "the %s is %s, the lines sum to %s", a.name, a.said, a.sum)
		}
	}
	if total, err := price.total(); err != nil || total != o.Total {
		return Errorf(CodeInvalidOrder, "the total is %s, its parts sum to %s", o.Total, total)
	}
	return nil
}

// sumLines checks the lines and returns the sums of their amounts.
func sumLines(lines []Line, taxIncluded bool) (Price, error) {
	if len(lines) == 0 {
		return Price{}, Errorf(CodeInvalidOrder, "the order has no lines")
	}
	priced := slices.Clone(lines)
	subtotal, err := totalLines(priced)
	if err != nil {
		return Price{}, err
	}
	sums := onlySubtotal(subtotal)
	for i, l := range lines {
		if l.Total != priced[i].Total {
			return Price{}, Errorf(CodeInvalidOrder, "line %d: %s is not %d times %s", i, l.Total, l.Quantity, l.UnitPrice)
		}
		if err := l.checkShares(taxIncluded); err != nil {
			return Price{}, Errorf(CodeInvalidOrder, "line %d: %s", i, MessageOf(err))
		}
		if err := sums.addShares(l); err != nil {
			return Price{}, err
		}
	}
	return sums, nil
}

func (l Line) checkShares(taxIncluded bool) error {
	switch {
	case l.Discount < 0 || l.Discount > l.Total.Amount:
		return Errorf(CodeInvalidOrder, "a discount of %d on %s", l.Discount, l.Total)
	case l.Tax < 0 || l.Shipping < 0 || l.ShippingTax < 0:
		return Errorf(CodeInvalidOrder, "a tax of %d, shipping of %d with a tax of %d", l.Tax, l.Shipping, l.ShippingTax)
	case taxIncluded && (l.Tax > l.discounted() || l.ShippingTax > l.Shipping):
		return Errorf(CodeInvalidOrder, "the tax is larger than what includes it")
	}
	return nil
}

// addShares adds a line's shares.
func (p *Price) addShares(l Line) (err error) {
	for _, a := range []struct {
		sum   *Money
		share int64
	}{{&p.Discount, l.Discount}, {&p.Shipping, l.Shipping}, {&p.Tax, l.Tax}, {&p.Tax, l.ShippingTax}} {
		if a.sum.Amount, err = add(a.sum.Amount, a.share); err != nil {
			return err
		}
	}
	return nil
}

// totalLines sets the total of each line and returns their sum.
func totalLines(lines []Line) (Money, error) {
	sum := Money{Currency: lines[0].UnitPrice.Currency}
	for i := range lines {
		l := &lines[i]
		if l.Quantity < 1 || l.UnitPrice.Amount < 0 {
			return Money{}, Errorf(CodeInvalidOrder, "line %d is invalid: quantity %d at %s", i, l.Quantity, l.UnitPrice)
		}
		var err error
		if l.Total, err = l.UnitPrice.Times(l.Quantity); err != nil {
			return Money{}, err
		}
		if sum, err = sum.Add(l.Total); err != nil {
			return Money{}, err
		}
	}
	return sum, nil
}
