package orderflow

// Worth is what a customer pays for a part of an order, in minor units of the order's currency. Taxes stand apart, whether the prices include
// them or not, so that the amount paid is the sum of all four.
type Worth struct {
	Net         int64 `json:"net"` // goods, less the discount, without tax
	Tax         int64 `json:"tax"`
	Shipping    int64 `json:"shipping"` // without tax
	ShippingTax int64 `json:"shippingTax"`
}

// Paid is the sum of the parts.
func (w Worth) Paid() int64 { return w.Net + w.Tax + w.Shipping + w.ShippingTax }

// Goods is the worth without the shipping.
func (w Worth) Goods() Worth { return Worth{Net: w.Net, Tax: w.Tax} }

// Add is the worth of both. It cannot overflow where both are parts of one order.
func (w Worth) Add(v Worth) Worth {
	return Worth{w.Net + v.Net, w.Tax + v.Tax, w.Shipping + v.Shipping, w.ShippingTax + v.ShippingTax}
}

// Less is what is left of w after v.
func (w Worth) Less(v Worth) Worth {
	return Worth{w.Net - v.Net, w.Tax - v.Tax, w.Shipping - v.Shipping, w.ShippingTax - v.ShippingTax}
}

// Split divides an amount that is a part of w, such as a refund of so much, over w's parts in proportion. None gets more than it has: parts
// taken one after another of what is left never exceed the whole, net and tax each. Returns CodeInvalidAmount for a negative amount and for
// more than w.Paid().
func (w Worth) Split(amount int64) (Worth, error) {
	if amount > w.Paid() {
		return Worth{}, Errorf(CodeInvalidAmount, "cannot take %d out of %d", amount, w.Paid())
	}
	parts, err := Allocate(amount, []int64{w.Net, w.Tax, w.Shipping, w.ShippingTax})
	if err != nil {
		return Worth{}, err
	}
	return Worth{parts[0], parts[1], parts[2], parts[3]}, nil
}

// LineWorth is what the customer pays for a line. The lines' worths sum to the order's total.
func (o *Order) LineWorth(line int) Worth {
	l, included := o.Lines[line], o.Breakdown().TaxIncluded
	w := Worth{Net: l.discounted(), Tax: l.Tax, Shipping: l.Shipping, ShippingTax: l.ShippingTax}
	if included {
		w.Net, w.Shipping = w.Net-w.Tax, w.Shipping-w.ShippingTax
	}
	return w
}

// UnitsWorth is what the customer pays for n of a line's units, after the first ones: those that were refunded, cancelled or captured before.
// Whatever way a line is divided into consecutive runs of units, their worths sum to the line's, and none has a negative part. Returns
// CodeInvalidAmount unless 0 <= first, 0 <= n, and first + n is at most the line's quantity.
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

// firstUnits is the worth of the first n units. Each part grows with n and reaches the whole with the last unit: a share of n out of quantity,
// rounded.
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
