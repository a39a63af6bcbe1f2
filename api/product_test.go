package api

import (
	"bytes"
	"slices"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

func TestGetProduct(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	res := f.get(nil, "/products/MUG-BLUE").expect(200, "")
	if got := decoded[productView](res); got.Price != usd(1650) || got.OnHand != 10 || got.Category != "kitchen" {
		t.Errorf("got %+v", got)
	}
	if bytes.Contains(res.body, []byte("reserved")) || res.header.Get("Cache-Control") != "public, max-age=10" {
		t.Errorf("got %s %v", res.body, res.header)
	}
	f.get(nil, "/products/MUG-BLUE", "If-None-Match: "+res.header.Get("ETag")).expect(304, "")
	f.products["MUG-BLUE"] = orderflow.Product{SKU: "MUG-BLUE", Name: "Blue mug", Category: "kitchen", Price: usd(1650),
		OnHand: 9}
	f.get(nil, "/products/MUG-BLUE", "If-None-Match: "+res.header.Get("ETag")).expect(200, "")
	f.get(nil, "/products/NONE").expect(404, "NotFound")
	for _, odd := range []string{"a%20b", "MUG-BLUE%2Fx", "MUG%2DBLUE%20"} {
		f.get(nil, "/products/"+odd).expect(404, "NotFound")
	}
	f.get(nil, "/products/MUG%2DBLUE").expect(200, "")
}

func TestListProducts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	type page struct {
		Products []productView `json:"products"`
		Next     string        `json:"next"`
	}
	first := decoded[page](f.get(nil, "/products?category=food&limit=2").expect(200, ""))
	second := decoded[page](f.get(nil, "/products?category=food&limit=2&cursor="+first.Next).expect(200, ""))
	var got []string
	for _, p := range append(first.Products, second.Products...) {
		got = append(got, p.SKU)
	}
	if !slices.Equal(got, []string{"FROMAGE", "TEA-GREEN", "TEA-GREY"}) || second.Next != "" {
		t.Errorf("got %v, next %q", got, second.Next)
	}
	res := f.get(nil, "/products").expect(200, "")
	if n := len(decoded[page](res).Products); n != 5 {
		t.Errorf("got %d products", n)
	}
	f.get(nil, "/products", "If-None-Match: "+res.header.Get("ETag")).expect(304, "")
	if body := f.get(nil, "/products?category=nothing").expect(200, "").body; string(body) != `{"products":[]}` {
		t.Errorf("got %s", body)
	}
	f.get(nil, "/products?category=").expect(400, "InvalidParameter")
	f.get(nil, "/products?cursor="+first.Next).expect(400, "InvalidParameter")
}
