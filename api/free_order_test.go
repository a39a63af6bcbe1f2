package api

import (
	"testing"

	"github.com/orderflow-dev/orderflow"
)

func TestPlaceOrder_free(t *testing.T) {
	t.Parallel()
	sample := orderflow.Product{SKU: "SAMPLE", Name: "Sample", Price: usd(0), OnHand: 5}
	const one, both = `items=[{"sku":"SAMPLE","quantity":2}]`,
		`items=[{"sku":"SAMPLE","quantity":2},{"sku":"MUG-BLUE","quantity":1}]`
	for _, tt := range []struct {
		name   string
		refuse bool
		items  string
		status int
		code   string
		total  int64
	}{
		{"taken", false, one, 202, "", 0},
		{"beside a priced line", false, both, 202, "", 1650},
		{"refused", true, one, 422, "FreeOrder", 0},
		{"beside a priced line, where free orders are refused", true, both, 202, "", 1650},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.products["SAMPLE"] = sample
			o := f.options()
			o.RefuseFreeOrders = tt.refuse
			f.handler = New(o)
			res := f.place(&ada, "key", order(tt.items)).expect(tt.status, tt.code)
			if tt.code == "" && decoded[placedView](res).Total != usd(tt.total) {
				t.Errorf("placed %s", res.body)
			}
			if tt.code != "" && f.placed > 0 {
				t.Error("a refused order was placed")
			}
		})
	}
}

func TestGetOrder_tellsWhyDeclined(t *testing.T) {
	t.Parallel()
	const why = "The card has expired."
	f := newFixture(t)
	id := f.placedBy(&ada)
	o, err := f.load(id)
	if err != nil {
		t.Fatal(err)
	}
	o.SetPaymentStatus(orderflow.PaymentDeclined, orderflow.By{At: noon, Actor: "step:charge", Reason: "PaymentDeclined",
		Message: why})
	if err := o.Close(orderflow.By{At: noon, Actor: "step:close", Reason: "PaymentDeclined"}); err != nil {
		t.Fatal(err)
	}
	f.save(o)
	for _, c := range decoded[orderView](f.get(&ada, "/orders/"+id).expect(200, "")).Timeline[1:] {
		if c.Reason != "PaymentDeclined" || c.Message != why {
			t.Errorf("got %+v", c)
		}
	}
}
