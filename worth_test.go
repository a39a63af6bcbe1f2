package orderflow

import (
	"testing"

	"pgregory.net/rapid"
)

func (w Worth) negative() bool { return w.Net < 0 || w.Tax < 0 || w.Shipping < 0 || w.ShippingTax < 0 }

// The lines' worths sum to the total; those of a line's units to the line's, however the units are
// divided.
func TestOrder_UnitsWorth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuote(t)
		o, err := Place(Draft{ID: "ord_1", Lines: q.Lines, Price: &q.Price, At: noon})
		if err != nil {
			t.Fatal(err)
		}
		paid := int64(0)
		for i, l := range o.Lines {
			whole, sum := o.LineWorth(i), Worth{}
			paid += whole.Paid()
			for first := 0; first < l.Quantity; {
				n := rapid.IntRange(1, l.Quantity-first).Draw(t, "units")
				w, err := o.UnitsWorth(i, first, n)
				if err != nil || w.negative() {
					t.Fatalf("units %d to %d of line %+v are worth %+v, %v", first, first+n, l, w, err)
				}
				sum, first = sum.Add(w), first+n
			}
			if sum != whole || whole.negative() {
				t.Fatalf("the units of line %+v are worth %+v, the line %+v", l, sum, whole)
			}
		}
		if paid != o.Total.Amount {
			t.Fatalf("the lines are worth %d, the total is %s", paid, o.Total)
		}
	})
}

// Refunds of an amount, one after another of what is left, exceed neither the net nor the tax, and
// end at the whole.
func TestWorth_Split(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.Int64Range(0, 1<<40)
		left := Worth{
			Net: part.Draw(t, "net"), Tax: part.Draw(t, "tax"),
			Shipping: part.Draw(t, "shipping"), ShippingTax: part.Draw(t, "shippingTax"),
		}
		for left.Paid() > 0 {
			amount := rapid.Int64Range(1, left.Paid()).Draw(t, "amount")
			if rapid.Bool().Draw(t, "the rest") {
				amount = left.Paid()
			}
			w, err := left.Split(amount)
			if err != nil || w.Paid() != amount || w.negative() || left.Less(w).negative() {
				t.Fatalf("%d of %+v are %+v, %v", amount, left, w, err)
			}
			left = left.Less(w)
		}
	})
}

// A case from the field: six refunds, of which the tax parts, each rounded by itself, added up to
// more than the tax.
func TestWorth_Split_sixRefunds(t *testing.T) {
	t.Parallel()
	paid := Worth{Net: 52, Tax: 10}
	left := paid
	for _, amount := range []int64{32, 9, 8, 3, 6, 3} {
		w, err := left.Split(amount)
		if err != nil {
			t.Fatal(err)
		}
		if left = left.Less(w); left.negative() {
			t.Fatalf("%+v is left after %d", left, amount)
		}
	}
	if left.Paid() != 1 {
		t.Errorf("%+v is left of 62 after 61", left)
	}
	if _, err := left.Split(2); CodeOf(err) != CodeInvalidAmount {
		t.Errorf("2 of 1: %v", err)
	}
	if _, err := left.Split(-1); CodeOf(err) != CodeInvalidAmount {
		t.Errorf("-1 of 1: %v", err)
	}
}

func TestOrder_UnitsWorth_refuses(t *testing.T) {
	t.Parallel()
	o, err := Place(draft(line("a", 3, usd(100))))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ first, n int }{{-1, 1}, {0, -1}, {0, 4}, {3, 1}, {4, 0}} {
		if w, err := o.UnitsWorth(0, tt.first, tt.n); CodeOf(err) != CodeInvalidAmount {
			t.Errorf("%d units after %d are worth %+v, %v", tt.n, tt.first, w, err)
		}
	}
	if w, err := o.UnitsWorth(0, 1, 2); err != nil || w != (Worth{Net: 200}) || w.Goods() != w {
		t.Errorf("2 units are worth %+v, %v", w, err)
	}
}
