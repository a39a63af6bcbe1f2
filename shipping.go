package orderflow

import (
	"fmt"
	"slices"
)

// ShippingMethod is a way to ship orders, with its prices by zone.
type ShippingMethod struct {
	ID    string         `json:"id"`
	Name  string         `json:"name"`
	Zones []ShippingZone `json:"zones"`
}

// ShippingZone holds the prices of a method in some countries, for orders in one currency.
type ShippingZone struct {
	// Countries are ISO 3166-1 alpha-2 codes. Empty: all countries that no zone before this one
	// has.
	Countries []string       `json:"countries,omitempty"`
	Currency  string         `json:"currency"`
	By        ShippingBasis  `json:"by"`
	Bands     []ShippingBand `json:"bands"` // ascending; what is above the last one is not shipped
}

// ShippingBasis is the unit of the bands of a zone.
type ShippingBasis string

// The bases: grams, or minor units of subtotal minus discount.
const (
	ByWeight ShippingBasis = "weight"
	ByValue  ShippingBasis = "value"
)

// ShippingBand is the price up to a weight or value, inclusive.
type ShippingBand struct {
	UpTo  int64 `json:"upTo,omitempty"` // 0: no limit
	Price int64 `json:"price"`          // minor units of the zone's currency
}

// Validate returns the first fault of the method.
func (m ShippingMethod) Validate() error {
	if m.ID == "" || m.Name == "" || len(m.Zones) == 0 {
		return fmt.Errorf("shipping method %q: it needs an id, a name and a zone", m.ID)
	}
	for i, z := range m.Zones {
		if err := z.validate(); err != nil {
			return fmt.Errorf("shipping method %s: zone %d: %w", m.ID, i, err)
		}
	}
	return nil
}

func (z ShippingZone) validate() error {
	switch {
	case z.Currency == "" || len(z.Bands) == 0:
		return fmt.Errorf("it needs a currency and a band")
	case z.By != ByWeight && z.By != ByValue:
		return fmt.Errorf("it is by %q, neither by %q nor by %q", z.By, ByWeight, ByValue)
	}
	for i, b := range z.Bands {
		if b.Price < 0 || b.UpTo < 0 {
			return fmt.Errorf("band %d is negative", i)
		}
		if i > 0 && (z.Bands[i-1].UpTo == 0 || b.UpTo != 0 && b.UpTo <= z.Bands[i-1].UpTo) {
			return fmt.Errorf("band %d does not come after the one before", i)
		}
	}
	return nil
}

// price returns the price of the first band that fits; ok is false if none does.
func (z ShippingZone) price(weight, value int64) (price int64, ok bool) {
	measure := weight
	if z.By == ByValue {
		measure = value
	}
	i := slices.IndexFunc(z.Bands, func(b ShippingBand) bool { return b.UpTo == 0 || measure <= b.UpTo })
	if i < 0 {
		return 0, false
	}
	return z.Bands[i].Price, true
}

// zone returns the first zone of the method for a country and a currency.
func (m ShippingMethod) zone(country, currency string) (ShippingZone, bool) {
	i := slices.IndexFunc(m.Zones, func(z ShippingZone) bool {
		return z.Currency == currency && (len(z.Countries) == 0 || slices.Contains(z.Countries, country))
	})
	if i < 0 {
		return ShippingZone{}, false
	}
	return m.Zones[i], true
}

// ship adds the price of the requested shipping method, or of the cheapest one (the first of
// equals). Without any methods, shipping is free.
func (p Pricing) ship(b Basket, q *Quote) error {
	weight, err := b.weight()
	if err != nil {
		return err
	}
	value := q.Price.Subtotal.Amount - q.Price.Discount.Amount
	known, found := b.ShippingMethod == "", false
	for _, m := range p.ShippingMethods {
		if b.ShippingMethod != "" && m.ID != b.ShippingMethod {
			continue
		}
		known = true
		z, ok := m.zone(b.Country, q.Price.Subtotal.Currency)
		if !ok {
			continue
		}
		price, ok := z.price(weight, value)
		if ok && (!found || price < q.Price.Shipping.Amount) {
			found, q.Price.ShippingMethod, q.Price.Shipping.Amount = true, m.ID, price
		}
	}
	switch {
	case !known:
		return Errorf(CodeUnknownShippingMethod, "there is no shipping method %s", b.ShippingMethod)
	case !found && len(p.ShippingMethods) > 0:
		return Errorf(CodeNoShippingMethod, "no shipping method takes %d g to %s for an order in %s",
			weight, b.Country, q.Price.Subtotal.Currency)
	}
	shares, err := Allocate(q.Price.Shipping.Amount, q.discounted())
	if err != nil {
		return err
	}
	for i, share := range shares {
		q.Lines[i].Shipping = share
	}
	return nil
}

// weight returns the weight of all items in grams.
func (b Basket) weight() (int64, error) {
	sum := int64(0)
	for _, item := range b.Items {
		if item.Product.Weight < 0 {
			return 0, Errorf(CodeInvalidOrder, "product %s weighs %d g", item.Product.SKU, item.Product.Weight)
		}
		grams, err := portion(int64(item.Product.Weight), int64(item.Quantity), 1)
		if err != nil {
			return 0, err
		}
		if sum, err = add(sum, grams); err != nil {
			return 0, err
		}
	}
	return sum, nil
}
