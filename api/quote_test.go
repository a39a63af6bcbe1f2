package api

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// shop are tables with one of everything.
func shop() orderflow.Pricing {
	from, until := noon.Add(-time.Hour), noon.Add(time.Hour)
	return orderflow.Pricing{
		Promotions: []orderflow.Promotion{
			{Code: "TENTH", Rate: 100_000, From: from, Until: until},
			{Code: "ONCE", Rate: 200_000, OncePerCustomer: true, From: from, Until: until},
			{Code: "ALL", Rate: 1_000_000, From: from, Until: until},
			{Code: "EUROS", Amount: &orderflow.Money{Amount: 5, Currency: "EUR"}, From: from, Until: until},
			{Code: "OVER", Rate: 100_000, From: from, Until: noon},
			{Code: "SOON", Rate: 100_000, From: until, Until: until.Add(1)},
		},
		ShippingMethods: []orderflow.ShippingMethod{{ID: "post", Name: "Post", Zones: []orderflow.ShippingZone{
			{Countries: []string{"GB"}, Currency: "USD", By: orderflow.ByValue,
				Bands: []orderflow.ShippingBand{{UpTo: 10_000, Price: 500}}},
		}}},
		Taxes: []orderflow.Tax{{
			Country: "GB", Included: true, Rate: 200_000, Shipping: 200_000, Categories: map[string]orderflow.Rate{"food": 0},
		}},
	}
}

func newShop(t *testing.T) *fixture {
	f := newFixture(t)
	f.pricing = shop()
	return f
}

func (f *fixture) quote(by *Caller, body string) *response {
	f.Helper()
	return f.post(by, "/quotes", body)
}

// A quote is what the order of the same body costs, and an order keeps that.
func TestQuoteOrder(t *testing.T) {
	t.Parallel()
	f := newShop(t)
	body := order(`promotionCode="tenth"`, `shippingMethod="post"`)
	quoted := decoded[quoteView](f.quote(&ada, body).expect(200, ""))
	want := priceView{
		Subtotal: usd(4250), Discount: usd(425), Shipping: usd(500), Tax: usd(495 + 83), TaxIncluded: true,
		PromotionCode: "TENTH", ShippingMethod: "post",
	}
	mugs, tea := quoted.Lines[0], quoted.Lines[1]
	if quoted.Price != want || quoted.Total != usd(4325) || *mugs.Discount != usd(330) || *mugs.Tax != usd(495) ||
		tea.Tax != nil {
		t.Errorf("quoted %+v", quoted)
	}
	placed := decoded[placedView](f.place(&ada, "key", body).expect(202, ""))
	if *placed.Price != quoted.Price || placed.Total != quoted.Total || !reflect.DeepEqual(placed.Lines, quoted.Lines) {
		t.Errorf("placed %+v, quoted %+v", placed, quoted)
	}
	f.pricing = orderflow.Pricing{}
	f.products["MUG-BLUE"] = orderflow.Product{SKU: "MUG-BLUE", Name: "Blue mug", Price: usd(1)}
	got := decoded[orderView](f.get(&ada, "/orders/"+placed.OrderID).expect(200, ""))
	if got.Price != quoted.Price || got.Total != quoted.Total {
		t.Errorf("the accepted order costs %+v now, quoted %+v", got, quoted)
	}
}

// Without tables a quote is the sum of the lines. It saves nothing, and needs neither e-mail nor
// payment method.
func TestQuoteOrder_savesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quoted := decoded[quoteView](f.quote(&ada, order("-email", "-paymentMethod")).expect(200, ""))
	want := priceView{Subtotal: usd(4250), Discount: usd(0), Shipping: usd(0), Tax: usd(0)}
	if quoted.Total != usd(4250) || quoted.Price != want {
		t.Errorf("quoted %+v", quoted)
	}
	if len(f.orders)+len(f.answers)+len(f.claims) > 0 {
		t.Errorf("saved %d orders, %d answers, %d claims", len(f.orders), len(f.answers), len(f.claims))
	}
	res := f.quote(&ada, order("-shippingAddress")).expect(422, "InvalidRequest")
	if p := decoded[Problem](res); len(p.Errors) != 1 || p.Errors[0].Pointer != "/shippingAddress" {
		t.Errorf("got %s", res.body)
	}
	london := orderflow.Address{Name: "A", Line1: "1", City: "London", PostalCode: "SW1Y 4JH", Country: "GB"}
	f.customers["ada"] = orderflow.Customer{ID: "ada", Address: &london}
	f.quote(&ada, order("-shippingAddress", "-email")).expect(200, "")
	f.quote(nil, order()).expect(401, "Unauthenticated")
	reader := Caller{Subject: "ada", Scopes: []string{"orders:read"}, TokenUse: "access"}
	f.quote(&reader, order()).expect(403, "InsufficientScope")
}

// What an order is refused for, its quote is refused for, in the same words.
func TestQuoteOrder_refusesAsPlaceOrder(t *testing.T) {
	t.Parallel()
	const abroad, dublin = `shippingAddress.country="IE"`, `shippingAddress.postalCode="D02 AF30"`
	const noMethod, toCountry = "NoShippingMethod", "/shippingAddress/country"
	for name, tt := range map[string]struct {
		body    string
		status  int
		code    string
		pointer string
	}{
		"unknown product":       {order(`items=[{"sku":"NONE","quantity":1}]`), 422, "UnknownProduct", "/items/0/sku"},
		"foreign currency":      {order(`items=[{"sku":"FROMAGE","quantity":1}]`), 422, "CurrencyMismatch", "/items/0/sku"},
		"beyond every band":     {order(`items=[{"sku":"YACHT","quantity":900}]`), 422, noMethod, toCountry},
		"another total":         {order(`expectedTotal={"amount":4250,"currency":"USD"}`), 409, "PriceChanged", ""},
		"unknown promotion":     {order(`promotionCode="NONE"`), 422, "UnknownPromotion", "/promotionCode"},
		"promotion of tomorrow": {order(`promotionCode="SOON"`), 422, "PromotionNotStarted", "/promotionCode"},
		"promotion of before":   {order(`promotionCode="OVER"`), 422, "PromotionExpired", "/promotionCode"},
		"used promotion":        {order(`promotionCode="once"`), 409, "PromotionUsed", ""},
		"promotion in euros":    {order(`promotionCode="EUROS"`), 422, "PromotionCurrency", "/promotionCode"},
		"unknown method":        {order(`shippingMethod="drone"`), 422, "UnknownShippingMethod", "/shippingMethod"},
		"method not there":      {order(`shippingMethod="post"`, abroad, dublin), 422, noMethod, "/shippingMethod"},
		"no method there":       {order(abroad, dublin), 422, noMethod, toCountry},
		"nothing to pay":        {order(`promotionCode="ALL"`, `items=[{"sku":"TEA-GREY","quantity":1}]`), 422, "FreeOrder", ""},
		"malformed code":        {order(`promotionCode="10 %"`), 422, "InvalidRequest", "/promotionCode"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newShop(t)
			if name == "nothing to pay" {
				f.pricing.ShippingMethods = nil
			}
			o := f.options()
			o.RefuseFreeOrders = true
			f.handler = New(o)
			f.claims["ada/ONCE"] = orderflow.Claim{CustomerID: "ada", PromotionCode: "ONCE", OrderID: "ord_0"}
			quoted := f.quote(&ada, tt.body).expect(tt.status, tt.code)
			placed := f.place(&ada, "key", tt.body).expect(tt.status, tt.code)
			if string(quoted.body) != string(placed.body) || f.placed > 0 {
				t.Errorf("quote: %s\norder: %s", quoted.body, placed.body)
			}
			if at := quoted.faults(); tt.pointer != "" && !slices.Equal(at, []string{tt.pointer}) {
				t.Errorf("got %s, want a fault at %s", quoted.body, tt.pointer)
			}
		})
	}
}

// A promotion for one order of each customer is claimed with the order.
func TestPlaceOrder_claims(t *testing.T) {
	t.Parallel()
	f := newShop(t)
	body := order(`promotionCode="Once"`)
	first := f.place(&ada, "one", body).expect(202, "")
	again := f.place(&ada, "one", body).expect(202, "")
	if string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") == "" {
		t.Errorf("the same request again: %s", again.body)
	}
	f.place(&ada, "two", body).expect(409, "PromotionUsed")
	f.place(&bob, "three", body).expect(202, "")
	if c := f.claims["ada/ONCE"]; c.OrderID != decoded[placedView](first).OrderID {
		t.Errorf("claimed by %+v", c)
	}
}

// slowAnswers does not see an answer the first time that it is asked: the request that was answered
// so was on its way.
type slowAnswers struct {
	*memory
	asked int
}

func (s *slowAnswers) Answer(ctx context.Context, key string, now time.Time) ([]byte, error) {
	if s.asked++; s.asked == 1 {
		return nil, nil
	}
	return s.memory.Answer(ctx, key, now)
}

// A request that was sent twice at once is not refused because of the promotion that it has used
// itself.
func TestPlaceOrder_ownClaim(t *testing.T) {
	t.Parallel()
	f := newShop(t)
	body := order(`promotionCode="ONCE"`)
	first := f.place(&ada, "key", body).expect(202, "")
	o := f.options()
	o.Placements = &slowAnswers{memory: f.memory}
	f.handler = New(o)
	if again := f.place(&ada, "key", body).expect(202, ""); string(again.body) != string(first.body) || f.placed != 1 {
		t.Errorf("got %s, then %s", first.body, again.body)
	}
}

// brokenPricing has tables that cannot be read.
type brokenPricing struct{ err error }

func (b brokenPricing) Pricing(context.Context, string, string) (orderflow.Pricing, bool, error) {
	return orderflow.Pricing{}, false, b.err
}

// No order is taken at half a price: without the tables there is none.
func TestPlaceOrder_withoutPricing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err    error
		status int
		code   string
	}{
		{orderflow.Errorf(orderflow.CodeThrottled, "later"), 503, "Throttled"}, {errors.New("broken"), 500, "Internal"},
	} {
		f := newFixture(t)
		o := f.options()
		o.Pricing = brokenPricing{tt.err}
		f.handler = New(o)
		f.place(&ada, "key", order()).expect(tt.status, tt.code)
		f.quote(&ada, order()).expect(tt.status, tt.code)
		if f.placed > 0 || !strings.Contains(f.log.String(), "look up prices") {
			t.Errorf("placed %d; the log says %s", f.placed, &f.log)
		}
	}
}
