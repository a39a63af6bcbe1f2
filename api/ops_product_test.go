package api

import (
	"slices"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// put puts a product's details as the operator.
func (f *fixture) put(sku, body string, headers ...string) *response {
	f.Helper()
	return f.do(call{by: &operator, method: "PUT", path: "/ops/products/" + sku, body: body, headers: headers})
}

const shelf = `{"name":"Shelf","description":"Oak.","category":"living","price":{"amount":4900,"currency":"USD"}}`

func TestOpsPutProduct(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	created := f.put("SHELF", shelf).expect(201, "")
	if got := decoded[opsProductView](created); got.SKU != "SHELF" || got.Price != usd(4900) || got.Version != 1 ||
		len(got.Stock) != 1 || got.Stock[0] != (stockView{Warehouse: "main"}) {
		t.Errorf("got %s", created.body)
	}
	// The stock is the orders' and the deliveries', the details are replaced.
	f.products["SHELF"] = orderflow.Product{
		SKU: "SHELF", Name: "Shelf", Description: "Oak.", Category: "living", Price: usd(4900), OnHand: 5, Reserved: 2, Version: 1,
	}
	changed := f.put("SHELF", `{"name":"Shelf","category":"office","price":{"amount":5900,"currency":"USD"}}`).expect(200, "")
	if got := decoded[opsProductView](changed); got.Description != "" || got.Category != "office" || got.Version != 2 ||
		got.Stock[0].OnHand != 5 || got.Stock[0].Reserved != 2 {
		t.Errorf("got %s", changed.body)
	}
	movements := f.movementsOf("SHELF")
	want := []string{"description: , was Oak.", "category: office, was living", "price: 59.00 USD, was 49.00 USD"}
	if len(movements) != 2 || !slices.Equal(movements[0].Changed, want) || movements[0].Actor != "operator:olga" ||
		movements[0].Kind != orderflow.MovementDetails {
		t.Errorf("logged %+v", movements)
	}
	again := f.put("SHELF", `{"name":"Shelf","category":"office","price":{"amount":5900,"currency":"USD"}}`).expect(200, "")
	if again.header.Get("ETag") != changed.header.Get("ETag") || len(f.movementsOf("SHELF")) != 2 {
		t.Error("a change of nothing was logged")
	}
}

// movementsOf returns the movements of a product, newest first.
func (f *fixture) movementsOf(sku string) []movementView {
	f.Helper()
	type page struct {
		Movements []movementView `json:"movements"`
		Next      string         `json:"next"`
	}
	var all []movementView
	for cursor := ""; ; {
		p := decoded[page](f.get(&operator, "/ops/products/"+sku+"/movements?limit=2"+cursor).expect(200, ""))
		all = append(all, p.Movements...)
		if p.Next == "" {
			return all
		}
		cursor = "&cursor=" + p.Next
	}
}

func TestOpsPutProduct_conditions(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put("SHELF", shelf, `If-Match: "0"`).expect(412, "PreconditionFailed")
	f.put("SHELF", shelf, `If-Match: *`).expect(412, "PreconditionFailed")
	tag := f.put("SHELF", shelf, "If-None-Match: *").expect(201, "").header.Get("ETag")
	f.put("SHELF", shelf, "If-None-Match: *").expect(412, "PreconditionFailed")
	if got := f.get(&operator, "/ops/products/SHELF").expect(200, "").header.Get("ETag"); got != tag {
		t.Errorf("ETag %s, then %s", tag, got)
	}
	other := strings.Replace(shelf, "4900", "5900", 1)
	f.put("SHELF", other, "If-Match: "+tag).expect(200, "")
	f.put("SHELF", shelf, "If-Match: "+tag).expect(412, "PreconditionFailed")
	f.conflicts = 2
	f.put("SHELF", shelf).expect(200, "")
	f.conflicts = 99
	f.put("SHELF", other).expect(503, "Conflict")
}

func TestOpsPutProduct_refuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, tt := range []struct {
		body   string
		faults []string
	}{
		{`{}`, []string{"/category", "/name", "/price"}},
		{strings.Replace(shelf, "4900", "49.5", 1), []string{"/price/amount"}},
		{strings.Replace(shelf, "4900", "-1", 1), []string{"/price/amount"}},
		{strings.Replace(shelf, "USD", "XXQ", 1), []string{"/price/currency"}},
		{strings.Replace(shelf, `"Shelf"`, `" "`, 1), []string{"/name"}},
		{strings.Replace(shelf, `"name"`, `"onHand":5,"name"`, 1), []string{"/onHand"}},
	} {
		got := f.put("SHELF", tt.body).expect(422, "InvalidRequest").faults()
		if slices.Sort(got); !slices.Equal(got, tt.faults) {
			t.Errorf("%s: faults %v, want %v", tt.body, got, tt.faults)
		}
	}
	f.put("a%20b", shelf).expect(404, "NotFound")
	f.do(call{by: &ada, method: "PUT", path: "/ops/products/SHELF", body: shelf}).expect(403, "OperatorsOnly")
	f.get(&ada, "/ops/products/MUG-BLUE").expect(403, "OperatorsOnly")
	f.get(&operator, "/ops/products/SHELF").expect(404, "NotFound")
	f.get(&operator, "/ops/products/SHELF/movements").expect(404, "NotFound")
}

func TestOpsGetProduct_warehouses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.products["MUG-BLUE"]
	p.Warehouses = map[string]orderflow.Stock{"west": {OnHand: 4}, "east": {OnHand: 2, Reserved: 1, Shipped: 7}}
	f.products["MUG-BLUE"] = p
	want := []stockView{
		{"main", orderflow.Stock{OnHand: 10, Reserved: 3}}, {"east", p.At("east")}, {"west", p.At("west")},
	}
	if got := decoded[opsProductView](f.get(&operator, "/ops/products/MUG-BLUE").expect(200, "")); !slices.Equal(got.Stock, want) {
		t.Errorf("got %+v", got.Stock)
	}
	if got := decoded[productView](f.get(nil, "/products/MUG-BLUE").expect(200, "")); got.OnHand != 16 {
		t.Errorf("customers see %d on hand", got.OnHand)
	}
}
