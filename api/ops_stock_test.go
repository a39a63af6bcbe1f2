package api

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// stock changes a product's stock as the operator.
func (f *fixture) stock(sku, key, body string) *response {
	f.Helper()
	return f.post(&operator, "/ops/products/"+sku+"/stock", body, "Idempotency-Key: "+key)
}

func TestOpsChangeStock(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.stock("MUG-BLUE", "k1", `{"delta":24,"reason":"Delivery 4711"}`).expect(200, "")
	got := decoded[movementView](first)
	if got.Delta != 24 || got.Warehouse != "main" || got.Actor != "operator:olga" || got.Reason != "Delivery 4711" ||
		got.Kind != orderflow.MovementStock || !got.At.Equal(noon) {
		t.Errorf("got %s", first.body)
	}
	f.advance(time.Hour)
	again := f.stock("MUG-BLUE", "k1", `{"delta":24,"reason":"Delivery 4711"}`).expect(200, "")
	if string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("replayed %s", again.body)
	}
	f.stock("MUG-BLUE", "k1", `{"delta":25,"reason":"Delivery 4711"}`).expect(422, "IdempotencyKeyReused")
	f.stock("TEA-GREY", "k1", `{"delta":24,"reason":"Delivery 4711"}`).expect(422, "IdempotencyKeyReused")
	f.stock("MUG-BLUE", "k2", `{"delta":-34,"reason":"Lost in a fire"}`).expect(200, "")
	f.stock("MUG-BLUE", "k3", `{"delta":5,"reason":"Delivery","warehouse":"east"}`).expect(200, "")
	f.stock("MUG-BLUE", "k4", `{"delta":-6,"reason":"Count","warehouse":"east"}`).expect(409, "OutOfStock")
	f.stock("MUG-BLUE", "k5", `{"delta":-1,"reason":"Count"}`).expect(409, "OutOfStock")
	f.stock("MUG-BLUE", "k6", `{"delta":-1,"reason":"Count","warehouse":"west"}`).expect(409, "OutOfStock")
	if p := f.products["MUG-BLUE"]; p.OnHand != 0 || p.At("east").OnHand != 5 || p.Reserved != 3 || len(f.movements) != 3 {
		t.Errorf("got %+v after %d movements", p, len(f.movements))
	}
	if list := f.movementsOf("MUG-BLUE"); len(list) != 3 || list[0].Warehouse != "east" || list[2].Delta != 24 {
		t.Errorf("listed %+v", list)
	}
}

func TestOpsChangeStock_refuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, tt := range []struct{ body, at string }{
		{`{"delta":0,"reason":"x"}`, "/delta"}, {`{"delta":1000001,"reason":"x"}`, "/delta"},
		{`{"delta":1.5,"reason":"x"}`, "/delta"}, {`{"delta":1,"reason":""}`, "/reason"}, {`{"delta":1}`, "/reason"},
		{`{"delta":1,"reason":"x","warehouse":"East"}`, "/warehouse"},
	} {
		if got := f.stock("MUG-BLUE", "k", tt.body).expect(422, "InvalidRequest").faults(); len(got) != 1 || got[0] != tt.at {
			t.Errorf("%s: faults %v", tt.body, got)
		}
	}
	body := `{"delta":1,"reason":"x"}`
	f.stock("NONE", "k", body).expect(404, "NotFound")
	f.post(&operator, "/ops/products/MUG-BLUE/stock", body).expect(400, "IdempotencyKeyMissing")
	f.post(&ada, "/ops/products/MUG-BLUE/stock", body, "Idempotency-Key: k").expect(403, "OperatorsOnly")
	f.conflicts = 99
	f.stock("MUG-BLUE", "k", body).expect(503, "Conflict")
	if len(f.movements) > 0 {
		t.Errorf("logged %+v", f.movements)
	}
	f.conflicts = 1
	f.stock("MUG-BLUE", "k", body).expect(200, "")
}

func TestProduct_discontinued(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.put("MUG-BLUE", `{"name":"Blue mug","category":"kitchen","price":{"amount":1650,"currency":"USD"},"discontinued":true}`).expect(200, "")
	if got := decoded[productView](f.get(nil, "/products/MUG-BLUE").expect(200, "")); !got.Discontinued || got.OnHand != 0 {
		t.Errorf("offered %+v", got)
	}
	res := f.post(&ada, "/orders", order(), "Idempotency-Key: k").expect(422, "ProductDiscontinued")
	f.quote(&ada, order()).expect(422, "ProductDiscontinued")
	if at := res.faults(); len(at) != 1 || at[0] != "/items/0/sku" {
		t.Errorf("faults %v", at)
	}
	f.put("MUG-BLUE", `{"name":"Blue mug","category":"kitchen","price":{"amount":1650,"currency":"USD"}}`).expect(200, "")
	f.post(&ada, "/orders", order(), "Idempotency-Key: k").expect(202, "")
}

// An operator sees where an order's stock is held, and until when.
func TestOpsGetOrder_holds(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := decoded[placedView](f.place(&ada, "key", order()).expect(202, "")).OrderID
	o, err := f.load(id)
	must(t, err)
	o.HoldUntilOnce(noon.Add(time.Hour))
	o.SetHolds([]orderflow.StockMove{
		{SKU: "MUG-BLUE", Quantity: 2, Warehouse: "east"}, {SKU: "TEA-GREY", Quantity: 1},
	})
	must(t, o.Confirm(orderflow.By{At: noon}))
	f.save(o)
	var got struct {
		Holds     []orderflow.StockHold `json:"holds"`
		HoldUntil string                `json:"holdUntil"`
	}
	must(t, json.Unmarshal(f.get(&operator, "/ops/orders/"+id).expect(200, "").body, &got))
	want := []orderflow.StockHold{{SKU: "MUG-BLUE", Warehouse: "east", Quantity: 2}, {SKU: "TEA-GREY", Warehouse: "main", Quantity: 1}}
	if !slices.Equal(got.Holds, want) || got.HoldUntil != "2026-11-22T13:00:00.000Z" {
		t.Errorf("got %+v", got)
	}
}
