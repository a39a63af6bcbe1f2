package orderflow

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// shop are the tables of the examples below.
func shop() Pricing {
	from, until := noon.Add(-time.Hour), noon.Add(time.Hour)
	return Pricing{
		Promotions: []Promotion{
			{Code: "TEN", Rate: 100_000, From: from, Until: until},
			{Code: "FIVE", Amount: &Money{500, "USD"}, OncePerCustomer: true, From: from, Until: until},
			{Code: "SOON", Rate: 100_000, From: noon.Add(1), Until: until},
			{Code: "OVER", Rate: 100_000, From: from, Until: noon},
			{Code: "NOW", Rate: 100_000, From: noon, Until: noon.Add(1)},
		},
		ShippingMethods: []ShippingMethod{
			{ID: "express", Name: "Express", Zones: []ShippingZone{
				{Countries: []string{"US"}, Currency: "USD", By: ByWeight, Bands: []ShippingBand{{1000, 1500}, {5000, 2500}}},
			}},
			{ID: "standard", Name: "Standard", Zones: []ShippingZone{
				{Countries: []string{"US", "DE"}, Currency: "USD", By: ByValue, Bands: []ShippingBand{{4999, 490}, {0, 0}}},
				{Currency: "JPY", By: ByWeight, Bands: []ShippingBand{{0, 800}}},
			}},
		},
		Taxes: []Tax{
			{Country: "DE", Included: true, Rate: 190_000, Categories: map[string]Rate{"food": 70_000}, Shipping: 190_000},
			{Country: "US", Rate: 80_000, Categories: map[string]Rate{"food": 0}},
			{Country: "JP", Rate: 100_000, Shipping: 100_000},
		},
	}
}

func goods(category string, price Money, quantity, grams int) BasketItem {
	sku := fmt.Sprintf("%s-%d", category, price.Amount)
	return BasketItem{Product{SKU: sku, Name: sku, Category: category, Price: price, Weight: grams}, quantity}
}

func food(cents int64) BasketItem { return goods("food", usd(cents), 1, 10) }

// basket is a Basket of noon.
type basket Basket

func to(country string, items ...BasketItem) basket {
	return basket{Items: items, Country: country, At: noon}
}

func us(items ...BasketItem) basket { return to("US", items...) }

func (b basket) code(promotion string) basket {
	b.PromotionCode = promotion
	return b
}

func (b basket) by(method string) basket {
	b.ShippingMethod = method
	return b
}

func TestPricing_Quote(t *testing.T) {
	t.Parallel()
	pan, tea := goods("kitchen", usd(3000), 1, 900), goods("food", usd(999), 2, 100)
	for _, tt := range []struct {
		name   string
		basket basket
		price  string // subtotal - discount + shipping, tax = total
		lines  string // of each: discount tax shipping shippingTax
	}{
		{
			name: "taxes beside the prices", basket: us(pan, tea),
			price: "4998 - 0 + 490, 240 = 5728", lines: "0 240 294 0; 0 0 196 0",
		},
		{
			name: "taxes in the prices", basket: to("DE", pan, tea),
			price: "4998 - 0 + 490, 688 = 5488", lines: "0 479 294 47; 0 131 196 31",
		},
		{
			name: "a rate off", basket: us(pan, tea).code("TEN"),
			price: "4998 - 500 + 490, 216 = 5204", lines: "300 216 294 0; 200 0 196 0",
		},
		{
			name: "an amount off, code in lower case", basket: us(pan).code("five"),
			price: "3000 - 500 + 490, 200 = 3190", lines: "500 200 490 0",
		},
		{
			name: "no more off than the subtotal", basket: us(food(300)).code("FIVE"),
			price: "300 - 300 + 490, 0 = 490", lines: "300 0 490 0",
		},
		{
			name: "first moment of a promotion", basket: us(pan).code("NOW"),
			price: "3000 - 300 + 490, 216 = 3406", lines: "300 216 490 0",
		},
		{
			name: "free shipping from a value on", basket: us(food(5000)),
			price: "5000 - 0 + 0, 0 = 5000", lines: "0 0 0 0",
		},
		{
			name: "the discounted value counts", basket: us(food(5000)).code("TEN"),
			price: "5000 - 500 + 490, 0 = 4990", lines: "500 0 490 0",
		},
		{
			name: "by weight", basket: us(goods("food", usd(5000), 2, 500)).by("express"),
			price: "10000 - 0 + 1500, 0 = 11500", lines: "0 0 1500 0",
		},
		{
			name: "heavier", basket: us(goods("food", usd(5000), 2, 501)).by("express"),
			price: "10000 - 0 + 2500, 0 = 12500", lines: "0 0 2500 0",
		},
		{
			name: "yen have no decimals", basket: to("JP", goods("kitchen", Money{500, "JPY"}, 1, 10)),
			price: "500 - 0 + 800, 130 = 1430", lines: "0 50 800 80",
		},
		{
			name: "free goods share the shipping", basket: us(food(0), goods("kitchen", usd(0), 1, 10)),
			price: "0 - 0 + 490, 0 = 490", lines: "0 0 245 0; 0 0 245 0",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, err := shop().Quote(Basket(tt.basket))
			if err != nil {
				t.Fatal(err)
			}
			p := q.Price
			got := fmt.Sprintf("%d - %d + %d, %d = %d",
				p.Subtotal.Amount, p.Discount.Amount, p.Shipping.Amount, p.Tax.Amount, q.Total.Amount)
			if got != tt.price {
				t.Errorf("got %s, want %s", got, tt.price)
			}
			var lines []string
			for _, l := range q.Lines {
				lines = append(lines, fmt.Sprint(l.Discount, l.Tax, l.Shipping, l.ShippingTax))
			}
			if got := strings.Join(lines, "; "); got != tt.lines {
				t.Errorf("got lines %s, want %s", got, tt.lines)
			}
		})
	}
}

func TestPricing_Quote_refuses(t *testing.T) {
	t.Parallel()
	pan, yen := goods("kitchen", usd(3000), 1, 900), to("JP", goods("food", Money{500, "JPY"}, 1, 1))
	used := us(pan).code("FIVE")
	used.PromotionUsed = true
	for _, tt := range []struct {
		name   string
		basket basket
		want   Code
	}{
		{"no items", basket{}, CodeInvalidOrder},
		{"no quantity", us(goods("food", usd(1), 0, 0)), CodeInvalidOrder},
		{"two currencies", us(pan, goods("food", Money{1, "EUR"}, 1, 1)), CodeCurrencyMismatch},
		{"too much", us(goods("food", usd(math.MaxInt64), 2, 1)), CodeAmountOverflow},
		{"too much with the shipping", us(food(math.MaxInt64)).by("express"), CodeAmountOverflow},
		{"too much with the tax", us(goods("kitchen", usd(math.MaxInt64), 1, 1)), CodeAmountOverflow},
		{"weight too large", us(goods("food", usd(1), 2, math.MaxInt64)), CodeAmountOverflow},
		{"unknown promotion", us(pan).code("NONE"), CodeUnknownPromotion},
		{"promotion of tomorrow", us(pan).code("SOON"), CodePromotionNotStarted},
		{"promotion of yesterday", us(pan).code("OVER"), CodePromotionExpired},
		{"used promotion", used, CodePromotionUsed},
		{"promotion in another currency", yen.code("FIVE"), CodePromotionCurrency},
		{"unknown method", us(pan).by("none"), CodeUnknownShippingMethod},
		{"method that does not go there", to("DE", pan).by("express"), CodeNoShippingMethod},
		{"no method goes there", to("FR", pan), CodeNoShippingMethod},
		{"too heavy for the method", us(goods("food", usd(1), 1, 5001)).by("express"), CodeNoShippingMethod},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if q, err := shop().Quote(Basket(tt.basket)); CodeOf(err) != tt.want {
				t.Errorf("got %+v, %v; want %s", q, err, tt.want)
			}
		})
	}
	t.Run("a method where none are kept", func(t *testing.T) {
		t.Parallel()
		_, err := Pricing{}.Quote(Basket(us(pan).by("express")))
		if CodeOf(err) != CodeUnknownShippingMethod {
			t.Errorf("got %v", err)
		}
	})
}

// Without tables an order costs the sum of its lines, and keeps nothing else.
func TestPricing_Quote_withoutTables(t *testing.T) {
	t.Parallel()
	q, err := Pricing{}.Quote(Basket(us(goods("food", usd(130), 2, 5), food(7))))
	if err != nil {
		t.Fatal(err)
	}
	o, err := Place(Draft{ID: "ord_1", Lines: q.Lines, Price: &q.Price, At: noon})
	if err != nil || o.Total != usd(267) || q.Total != usd(267) || o.Price != nil {
		t.Errorf("placed %+v, %v", o, err)
	}
}

func TestPricing_Validate(t *testing.T) {
	t.Parallel()
	if err := shop().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Pricing){
		"promotion in lower case":     func(p *Pricing) { p.Promotions[0].Code = "ten" },
		"rate and amount":             func(p *Pricing) { p.Promotions[0].Amount = &Money{1, "USD"} },
		"neither rate nor amount":     func(p *Pricing) { p.Promotions[0].Rate = 0 },
		"nothing off":                 func(p *Pricing) { p.Promotions[1].Amount = &Money{0, "USD"} },
		"more than all off":           func(p *Pricing) { p.Promotions[0].Rate = 1_000_001 },
		"never valid":                 func(p *Pricing) { p.Promotions[0].Until = p.Promotions[0].From },
		"method without a name":       func(p *Pricing) { p.ShippingMethods[0].Name = "" },
		"zone without bands":          func(p *Pricing) { p.ShippingMethods[0].Zones[0].Bands = nil },
		"zone by size":                func(p *Pricing) { p.ShippingMethods[0].Zones[0].By = "size" },
		"bands that do not ascend":    func(p *Pricing) { p.ShippingMethods[0].Zones[0].Bands[1].UpTo = 1000 },
		"a band after one of no end":  func(p *Pricing) { p.ShippingMethods[0].Zones[0].Bands[0].UpTo = 0 },
		"a band of a negative price":  func(p *Pricing) { p.ShippingMethods[0].Zones[0].Bands[0].Price = -1 },
		"tax of no country":           func(p *Pricing) { p.Taxes[0].Country = "" },
		"a negative tax":              func(p *Pricing) { p.Taxes[0].Rate = -1 },
		"a negative tax on shipping":  func(p *Pricing) { p.Taxes[0].Shipping = -1 },
		"a negative tax on food":      func(p *Pricing) { p.Taxes[0].Categories["food"] = -1 },
		"a zone without its currency": func(p *Pricing) { p.ShippingMethods[0].Zones[0].Currency = "" },
	} {
		p := shop()
		if spoil(&p); p.Validate() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// drawQuote draws an order of any size, with any taxes, shipping and promotion, and its price.
func drawQuote(t *rapid.T) *Quote {
	currency := rapid.SampledFrom([]string{"JPY", "USD", "BHD"}).Draw(t, "currency")
	rate := rapid.Map(rapid.Int64Range(0, wholeRate), func(n int64) Rate { return Rate(n) })
	price := rapid.OneOf(rapid.Int64Range(0, 5000), rapid.Int64Range(0, 1<<40))
	p := Pricing{
		ShippingMethods: []ShippingMethod{{ID: "m", Name: "m", Zones: []ShippingZone{
			{Currency: currency, By: ByWeight, Bands: []ShippingBand{{0, price.Draw(t, "shipping")}}},
		}}},
		Taxes: []Tax{{
			Country: "XX", Included: rapid.Bool().Draw(t, "included"), Rate: rate.Draw(t, "rate"),
			Categories: map[string]Rate{"food": rate.Draw(t, "rate on food")}, Shipping: rate.Draw(t, "rate on shipping"),
		}},
	}
	b := Basket{Country: "XX", At: noon}
	switch promotion := (Promotion{Code: "P", From: noon, Until: noon.Add(1)}); rapid.IntRange(0, 2).Draw(t, "promotion") {
	case 1:
		promotion.Rate, b.PromotionCode = 1+Rate(rapid.Int64Range(0, wholeRate-1).Draw(t, "rate off")), "P"
		p.Promotions = []Promotion{promotion}
	case 2:
		promotion.Amount, b.PromotionCode = &Money{1 + price.Draw(t, "amount off"), currency}, "P"
		p.Promotions = []Promotion{promotion}
	}
	for range rapid.IntRange(1, 8).Draw(t, "lines") {
		category := rapid.SampledFrom([]string{"food", "kitchen"}).Draw(t, "category")
		m := Money{price.Draw(t, "price"), currency}
		b.Items = append(b.Items, goods(category, m, rapid.IntRange(1, 30).Draw(t, "quantity"), 10))
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	q, err := p.Quote(b)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// The parts of every price agree, and an order that is placed at it has it.
func TestPricing_Quote_agrees(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuote(t)
		o, err := Place(Draft{ID: "ord_1", CustomerID: "ada", Lines: q.Lines, Price: &q.Price, At: noon})
		if err != nil {
			t.Fatalf("%v: %+v", err, q)
		}
		if o.Total != q.Total || o.Breakdown() != q.Price {
			t.Fatalf("placed at %s, %+v; the quote says %s, %+v", o.Total, o.Breakdown(), q.Total, q.Price)
		}
	})
}

// A price of which any amount is changed is refused.
func TestOrder_CheckPrice_refuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Order){
		"quantity":                func(o *Order) { o.Lines[0].Quantity++ },
		"unit price":              func(o *Order) { o.Lines[0].UnitPrice.Amount-- },
		"line total":              func(o *Order) { o.Lines[0].Total.Amount++ },
		"line discount":           func(o *Order) { o.Lines[0].Discount++ },
		"larger discount":         func(o *Order) { o.Lines[0].Discount, o.Price.Discount.Amount = 3001, 3201 },
		"line tax":                func(o *Order) { o.Lines[0].Tax++ },
		"tax larger than its net": func(o *Order) { o.Lines[0].Tax += 9999; o.Price.Tax.Amount += 9999 },
		"line shipping":           func(o *Order) { o.Lines[0].Shipping-- },
		"negative shipping":       func(o *Order) { o.Lines[0].Shipping -= 999; o.Lines[1].Shipping += 999 },
		"line's tax on shipping":  func(o *Order) { o.Lines[0].ShippingTax++ },
		"subtotal":                func(o *Order) { o.Price.Subtotal.Amount++; o.Total.Amount++ },
		"discount":                func(o *Order) { o.Price.Discount.Amount++; o.Total.Amount-- },
		"shipping":                func(o *Order) { o.Price.Shipping.Amount++; o.Total.Amount++ },
		"tax":                     func(o *Order) { o.Price.Tax.Amount++ },
		"whether it is included":  func(o *Order) { o.Price.TaxIncluded = false },
		"total":                   func(o *Order) { o.Total.Amount++ },
		"currency":                func(o *Order) { o.Total.Currency = "EUR" },
		"no price":                func(o *Order) { o.Price = nil },
		"no lines":                func(o *Order) { o.Lines = nil },
	} {
		tea := goods("food", usd(999), 2, 1)
		q, err := shop().Quote(Basket(to("DE", goods("kitchen", usd(3000), 1, 900), tea).code("TEN")))
		if err != nil {
			t.Fatal(err)
		}
		o, err := Place(Draft{ID: "ord_1", Lines: q.Lines, Price: &q.Price, At: noon})
		if err != nil {
			t.Fatal(err)
		}
		if spoil(o); o.CheckPrice() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
