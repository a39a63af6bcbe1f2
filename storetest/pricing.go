package storetest

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Pricing reads the tables that orders are priced by.
type Pricing interface {
	Pricing(ctx context.Context, customerID, promotionCode string) (tables orderflow.Pricing, used bool, err error)
}

// Tables are examples of all that a shop prices by.
func Tables() orderflow.Pricing {
	from, until := noon.Add(-time.Hour), noon.Add(time.Hour)
	return orderflow.Pricing{
		Promotions: []orderflow.Promotion{
			{Code: "ONCE", Amount: new(usd(50)), OncePerCustomer: true, From: from, Until: until},
			{Code: "TENTH", Rate: 100_000, From: from, Until: until},
		},
		ShippingMethods: []orderflow.ShippingMethod{
			{ID: "express", Name: "Express", Zones: []orderflow.ShippingZone{
				{Countries: []string{"US"}, Currency: "USD", By: orderflow.ByWeight,
					Bands: []orderflow.ShippingBand{{UpTo: 1000, Price: 900}, {Price: 1900}}}}},
			{ID: "standard", Name: "Standard", Zones: []orderflow.ShippingZone{
				{Currency: "USD", By: orderflow.ByValue, Bands: []orderflow.ShippingBand{{Price: 100}}}}},
		},
		Taxes: []orderflow.Tax{
			{Country: "DE", Included: true, Rate: 190_000, Shipping: 190_000,
				Categories: map[string]orderflow.Rate{"food": 70_000}},
			{Country: "US", Rate: 80_000},
		},
	}
}

// TestPricing tests that the tables come back as they were saved, and no other promotion than the
// one of the code.
func TestPricing(t *testing.T, open func(t *testing.T, tables orderflow.Pricing) Pricing) {
	t.Run("tables", func(t *testing.T) {
		t.Parallel()
		p := open(t, Tables())
		for code, promotions := range map[string][]orderflow.Promotion{
			"": nil, "NONE": nil, "once": Tables().Promotions[:1], "TENTH": Tables().Promotions[1:],
		} {
			got, used, err := p.Pricing(t.Context(), "cus_1", code)
			want := Tables()
			want.Promotions = promotions
			if len(got.Promotions) == 0 {
				got.Promotions = nil
			}
			if err != nil || used || !reflect.DeepEqual(got, want) {
				t.Errorf("%q: got %+v, %t, %v; want %+v", code, got, used, err, want)
			}
		}
	})
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		got, used, err := open(t, orderflow.Pricing{}).Pricing(t.Context(), "cus_1", "ONCE")
		if err != nil || used || len(got.Promotions)+len(got.ShippingMethods)+len(got.Taxes) > 0 {
			t.Errorf("got %+v, %t, %v", got, used, err)
		}
	})
}

// Claims places orders with promotions, and commits how they end.
type Claims interface {
	Placements
	Orders
}

// claiming makes an order with a promotion that is for one order of each customer.
func claiming(t *testing.T, id string) *orderflow.Order {
	t.Helper()
	thing := orderflow.Product{SKU: "a", Name: "Thing", Price: usd(250)}
	q, err := Tables().Quote(orderflow.Basket{
		Items:   []orderflow.BasketItem{{Product: thing, Quantity: 1}},
		Country: "US", PromotionCode: "ONCE", At: noon,
	})
	if err != nil {
		t.Fatal(err)
	}
	o, err := orderflow.Place(orderflow.Draft{
		ID: id, CustomerID: "cus_1", PaymentMethod: "pm_card_visa", At: PlacedAt, Lines: q.Lines, Price: &q.Price,
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestClaims tests that a customer has one claim on a promotion at a time, and that an order gives
// back no other than its own.
func TestClaims(t *testing.T, open func(t *testing.T) Claims) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, Claims)
	}{{"one at a time", testClaim}, {"given back", testReturn}, {"concurrently", testClaimConcurrently}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, open(t))
		})
	}
}

// place places an order under a key of its own.
func place(t *testing.T, c Claims, o *orderflow.Order) error {
	t.Helper()
	earlier, err := c.Place(t.Context(), o, "key of "+o.ID, []byte("answer"), noon, noon.Add(time.Hour))
	if earlier != nil {
		t.Errorf("order %s: answered %s before", o.ID, earlier)
	}
	return err
}

func testClaim(t *testing.T, c Claims) {
	first, second := claiming(t, "ord_1"), claiming(t, "ord_2")
	wantCode(t, place(t, c, first), "")
	wantCode(t, place(t, c, second), orderflow.CodePromotionUsed)
	if _, err := c.Order(t.Context(), second.ID); orderflow.CodeOf(err) != orderflow.CodeNotFound {
		t.Errorf("the order was saved without its claim: %v", err)
	}
	// The same request again gets its answer, though the promotion is used: by itself.
	again := claiming(t, "ord_1")
	earlier, err := c.Place(t.Context(), again, "key of ord_1", []byte("again"), noon, noon.Add(time.Hour))
	if err != nil || string(earlier) != "answer" {
		t.Errorf("got %s, %v", earlier, err)
	}
	other := claiming(t, "ord_3")
	other.CustomerID = "cus_2"
	wantCode(t, place(t, c, other), "")
	saved, err := c.Order(t.Context(), first.ID)
	if err != nil || !reflect.DeepEqual(saved, first) {
		t.Errorf("saved %+v, %v; want %+v", saved, err, first)
	}
}

func testReturn(t *testing.T, c Claims) {
	back := func(o *orderflow.Order, from orderflow.Claim) {
		t.Helper()
		o.SetPaymentStatus(orderflow.PaymentDeclined, by(0))
		wantCode(t, c.Commit(t.Context(), orderflow.Write{Order: o, Return: &from}), "")
	}
	first, second, third := claiming(t, "ord_1"), claiming(t, "ord_2"), claiming(t, "ord_3")
	wantCode(t, place(t, c, first), "")
	back(first, *first.Claim())
	wantCode(t, place(t, c, second), "")
	// The claim is the second order's by now: the first one cannot give it back, and what it wrote
	// stands all the same.
	first.SetPaymentStatus(orderflow.PaymentNone, by(0))
	wantCode(t, c.Commit(t.Context(), orderflow.Write{Order: first, Return: first.Claim()}), "")
	saved, err := c.Order(t.Context(), first.ID)
	if err != nil || saved.Version != 3 || saved.PaymentStatus != orderflow.PaymentNone {
		t.Errorf("got %+v, %v", saved, err)
	}
	wantCode(t, place(t, c, third), orderflow.CodePromotionUsed)
	// A write that is refused gives nothing back.
	stale := claiming(t, "ord_2")
	wantCode(t, c.Commit(t.Context(), orderflow.Write{Order: stale, Return: stale.Claim()}), orderflow.CodeConflict)
	wantCode(t, place(t, c, third), orderflow.CodePromotionUsed)
	back(second, *second.Claim())
	back(first, *first.Claim()) // there is none
	wantCode(t, place(t, c, third), "")
}

func testClaimConcurrently(t *testing.T, c Claims) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	placed := 0
	for i := range 20 {
		o := claiming(t, orderID(i))
		wg.Go(func() {
			switch err := place(t, c, o); orderflow.CodeOf(err) {
			case "":
				mu.Lock()
				defer mu.Unlock()
				placed++
			case orderflow.CodePromotionUsed, orderflow.CodeThrottled:
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if placed != 1 {
		t.Errorf("%d orders have the promotion", placed)
	}
}

func orderID(i int) string { return "ord_" + string(rune('a'+i)) }
