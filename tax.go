package orderflow

import (
	"fmt"
	"slices"
)

// Tax holds the tax rates of a country.
type Tax struct {
	Country    string          `json:"country"` // ISO 3166-1 alpha-2
	Included   bool            `json:"included,omitempty"`
	Rate       Rate            `json:"rate"`                 // of products whose category has none
	Categories map[string]Rate `json:"categories,omitempty"` // by product category
	Shipping   Rate            `json:"shipping,omitempty"`
}

// Validate returns the first fault of the tax.
func (t Tax) Validate() error {
	if len(t.Country) != 2 {
		return fmt.Errorf("tax of %q: the country must have two letters", t.Country)
	}
	for _, r := range []Rate{t.Rate, t.Shipping} {
		if err := r.check("tax of " + t.Country + ": a rate"); err != nil {
			return err
		}
	}
	for category, r := range t.Categories {
		if err := r.check("tax of " + t.Country + " on " + category + ": a rate"); err != nil {
			return err
		}
	}
	return nil
}

// on returns the rate of a product category.
func (t Tax) on(category string) Rate {
	if r, ok := t.Categories[category]; ok {
		return r
	}
	return t.Rate
}

// part returns the tax that is added to an amount, or included in it.
func (t Tax) part(r Rate, amount int64) (int64, error) {
	if t.Included {
		return r.within(amount)
	}
	return r.of(amount)
}

// tax adds the taxes of the basket's country, if it has any.
func (p Pricing) tax(b Basket, q *Quote) error {
	i := slices.IndexFunc(p.Taxes, func(t Tax) bool { return t.Country == b.Country })
	if i < 0 {
		return nil
	}
	t := p.Taxes[i]
	q.Price.TaxIncluded = t.Included
	if err := t.shipping(q); err != nil {
		return err
	}
	for i := range q.Lines {
		q.Lines[i].TaxRate = t.on(b.Items[i].Product.Category)
	}
	var done []Rate
	for _, l := range q.Lines {
		if slices.Contains(done, l.TaxRate) {
			continue
		}
		done = append(done, l.TaxRate)
		if err := t.lines(l.TaxRate, q); err != nil {
			return err
		}
	}
	return nil
}

// lines adds the tax of all lines with one rate. It is rounded once, as on an invoice, not per
// line.
func (t Tax) lines(r Rate, q *Quote) error {
	taxed := q.discounted()
	for i, l := range q.Lines {
		if l.TaxRate != r {
			taxed[i] = 0
		}
	}
	sum, err := sumOf(taxed)
	if err != nil {
		return err
	}
	tax, err := t.part(r, sum)
	if err != nil || tax == 0 {
		return err
	}
	shares, err := Allocate(tax, taxed)
	if err != nil {
		return err
	}
	for i, share := range shares {
		q.Lines[i].Tax += share
	}
	q.Price.Tax.Amount, err = add(q.Price.Tax.Amount, tax)
	return err
}

// shipping adds the tax on the shipping.
func (t Tax) shipping(q *Quote) error {
	tax, err := t.part(t.Shipping, q.Price.Shipping.Amount)
	if err != nil {
		return err
	}
	shipped := make([]int64, len(q.Lines))
	for i, l := range q.Lines {
		shipped[i] = l.Shipping
	}
	shares, err := Allocate(tax, shipped)
	if err != nil {
		return err
	}
	for i, share := range shares {
		q.Lines[i].ShippingTax = share
	}
	q.Price.Tax.Amount, err = add(q.Price.Tax.Amount, tax)
	return err
}
