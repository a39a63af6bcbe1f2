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
		{client.Price{
			Subtotal: usd(9050), Discount: usd(1358), Shipping: usd(990), Tax: usd(435),
			PromotionCode: "TABLE15", ShippingMethod: "standard",
		}, usd(9117), `Subtotal  90.50 USD
Discount  -13.58 USD, TABLE15
Shipping  9.90 USD, standard
Tax       4.35 USD
Total     91.17 USD
`},
		{client.Price{Subtotal: usd(1190), Tax: usd(190), TaxIncluded: true}, usd(1190), `Tax    1.90 USD, included
Total  11.90 USD
`},
		{client.Price{Subtotal: usd(1190), PromotionCode: "ALL", Discount: usd(1190)}, usd(0), `Subtotal  11.90 USD
Discount  -11.90 USD, ALL
Total     0.00 USD
`},
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
	for _, bad := range []struct{ request, total string }{
		{`{}`, "500.00 JPY"}, {`{}`, "98"}, {`[`, "500 JPY"}, {`[]`, "500 JPY"},
	} {
		if got, err := expecting([]byte(bad.request), bad.total); err == nil {
			t.Errorf("%s expecting %s is %s", bad.request, bad.total, got)
		}
	}
}
