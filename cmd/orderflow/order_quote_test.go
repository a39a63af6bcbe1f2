package main

import (
	"bytes"
	"testing"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
)

func TestPriceFacts(t *testing.T) {
	t.Parallel()
	usd := func(cents int64) orderflow.Money { return orderflow.Money{Amount: cents, Currency: "USD"} }
	for _, tt := range []struct {
		price client.Price
		total orderflow.Money
		want  string
	}{
		{client.Price{Subtotal: usd(9800)}, usd(9800), "Total  98.00 USD\n"},
		{client.Price{Subtotal: usd(9050), Discount: usd(1358), Shipping: usd(990), Tax: usd(435), PromotionCode: "TABLE15", ShippingMethod: "standard"}, usd(9117),
			"Subtotal  90.50 USD\nDiscount  -13.58 USD, TABLE15\nShipping  9.90 USD, standard\nTax       4.35 USD\nTotal     91.17 USD\n"},
		{client.Price{Subtotal: usd(1190), Tax: usd(190), TaxIncluded: true}, usd(1190), "Tax    1.90 USD, included\nTotal  11.90 USD\n"},
		{client.Price{Subtotal: usd(1190), TaxIncluded: true, PromotionCode: "ALL", Discount: usd(1190)}, usd(0), "Subtotal  11.90 USD\nDiscount  -11.90 USD, ALL\nTotal     0.00 USD\n"},
	} {
		var out bytes.Buffer
		if err := screen.New(&out).Facts(priceFacts(tt.price, tt.total)); err != nil || out.String() != tt.want {
			t.Errorf("got %v\n%s\nwant\n%s", err, &out, tt.want)
		}
	}
}

func TestExpecting(t *testing.T) {
	t.Parallel()
	got, err := expecting([]byte(`{"currency":"JPY","expectedTotal":{"amount":1}}`), "500 JPY")
	if err != nil || string(got) != `{"currency":"JPY","expectedTotal":{"amount":500,"currency":"JPY"}}` {
		t.Errorf("got %s, %v", got, err)
	}
	for _, bad := range []struct{ request, total string }{{`{}`, "500.00 JPY"}, {`{}`, "98"}, {`[`, "500 JPY"}, {`[]`, "500 JPY"}} {
		if got, err := expecting([]byte(bad.request), bad.total); err == nil {
			t.Errorf("%s expecting %s is %s", bad.request, bad.total, got)
		}
	}
}
