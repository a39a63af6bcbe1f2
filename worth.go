package orderflow

// Worth is what a customer pays for a part of an order, in minor units of the order's currency. Net
// and Shipping are without tax, also if the prices include it: the paid amount is the sum of all
// four.
type Worth struct {
	Net         int64 `json:"net"` // goods minus discount
	Tax         int64 `json:"tax"`
	Shipping    int64 `json:"shipping"`
	ShippingTax int64 `json:"shippingTax"`
}

// Paid returns the sum of the parts.
func (w Worth) Paid() int64 { return w.Net + w.Tax + w.Shipping + w.ShippingTax }

// Goods returns the worth without shipping.
func (w Worth) Goods() Worth { return Worth{Net: w.Net, Tax: w.Tax} }

// Add returns w + v. It does not overflow if both are parts of the same order.
func (w Worth) Add(v Worth) Worth {
	return Worth{
		Net: w.Net + v.Net, Tax: w.Tax + v.Tax,
		Shipping: w.Shipping + v.Shipping, ShippingTax: w.ShippingTax + v.ShippingTax,
	}
}

// Less returns w - v.
func (w Worth) Less(v Worth) Worth {
	return Worth{
		Net: w.Net - v.Net, Tax: w.Tax - v.Tax,
		Shipping: w.Shipping - v.Shipping, ShippingTax: w.ShippingTax - v.ShippingTax,
	}
}

// Split divides an amount, for example of a partial refund, in proportion to the parts of w. No
// part of the result is larger than that of w. So several amounts, each split from what is left,
// exceed neither net nor tax. Returns CodeInvalidAmount for a negative amount or one above
// w.Paid().
func (w Worth) Split(amount int64) (Worth, error) {
	if amount > w.Paid() {
		return Worth{}, Errorf(CodeInvalidAmount, "cannot take %d out of %d", amount, w.Paid())
	}
	parts, err := Allocate(amount, []int64{w.Net, w.Tax, w.Shipping, w.ShippingTax})
	if err != nil {
		return Worth{}, err
	}
	return Worth{Net: parts[0], Tax: parts[1], Shipping: parts[2], ShippingTax: parts[3]}, nil
}

// LineWorth returns what the customer pays for a line. All lines sum to the order's total.
func (o *Order) LineWorth(line int) Worth {
	l, included := o.Lines[line], o.Breakdown().TaxIncluded
	w := Worth{Net: l.discounted(), Tax: l.Tax, Shipping: l.Shipping, ShippingTax: l.ShippingTax}
	if included {
		w.Net, w.Shipping = w.Net-w.Tax, w.Shipping-w.ShippingTax
	}
	return w
}

// UnitsWorth returns what the customer pays for n units of a line after the first ones, which were
// for example refunded before. However a line is divided into such runs of units, they sum to the
// line, and no part is negative. Returns CodeInvalidAmount unless 0 <= first, 0 <= n and first + n
// is at most the quantity.
func (o *Order) UnitsWorth(line, first, n int) (Worth, error) {
	l, whole := o.Lines[line], o.LineWorth(line)
	if first < 0 || n < 0 || first > l.Quantity-n {
		return Worth{}, Errorf(CodeInvalidAmount, "line %d has %d units, not %d after %d", line, l.Quantity, n, first)
	}
	to, err := firstUnits(l, whole, first+n)
	if err != nil {
		return Worth{}, err
	}
	from, err := firstUnits(l, whole, first)
	return to.Less(from), err
}

// firstUnits returns the worth of the first n units: each part is n / quantity of the whole,
// rounded. It grows with n, and reaches the whole with the last unit.
func firstUnits(l Line, whole Worth, n int) (w Worth, err error) {
	for _, p := range []struct {
		part  *int64
		whole int64
	}{{&w.Net, whole.Net}, {&w.Tax, whole.Tax}, {&w.Shipping, whole.Shipping}, {&w.ShippingTax, whole.ShippingTax}} {
		if *p.part, err = portion(p.whole, int64(n), int64(l.Quantity)); err != nil {
			return Worth{}, err
		}
	}
	return w, nil
}

// atMost is w with each part capped at that of v.
func (w Worth) atMost(v Worth) Worth {
	return Worth{
		Net: min(w.Net, v.Net), Tax: min(w.Tax, v.Tax), Shipping: min(w.Shipping, v.Shipping),
		ShippingTax: min(w.ShippingTax, v.ShippingTax),
	}
}
