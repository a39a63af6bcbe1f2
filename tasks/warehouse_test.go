package tasks

import (
	"context"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// placeSpread saves an order of two of sku-000 and two of sku-001: one of the first is in the main
// warehouse, the rest elsewhere.
func placeSpread(t *testing.T) *store {
	t.Helper()
	s := newStore()
	place(t, s, 2, 0, "card")
	s.products["sku-000"] = orderflow.Product{
		SKU: "sku-000", OnHand: 1, Warehouses: map[string]orderflow.Stock{"east": {OnHand: 1}, "west": {OnHand: 1}},
	}
	s.products["sku-001"] = orderflow.Product{SKU: "sku-001", Warehouses: map[string]orderflow.Stock{"east": {OnHand: 3}}}
	return s
}

func (s *store) at(sku, warehouse string) orderflow.Stock { return s.products[sku].At(warehouse) }

// An order is held, released and shipped where its stock is.
func TestStock_warehouses(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"released", "shipped"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			s := placeSpread(t)
			for range 2 {
				got, err := reserving(s, at(start)).Handle(t.Context(), in)
				wantCode(t, err, "")
				if got.Products != 2 {
					t.Errorf("got %+v", got)
				}
			}
			if o := s.load(t, "ord_1"); len(o.Holds) != 3 || s.at("sku-000", "main") != (orderflow.Stock{Reserved: 1}) ||
				s.at("sku-000", "east") != (orderflow.Stock{Reserved: 1}) || s.at("sku-000", "west").Reserved != 0 ||
				s.at("sku-001", "east") != (orderflow.Stock{OnHand: 1, Reserved: 2}) {
				t.Fatalf("held at %+v of %+v", o.Holds, s.products)
			}
			for range 2 {
				finish(t, s, end)
			}
			want := map[string]orderflow.Stock{"released": {OnHand: 1}, "shipped": {Shipped: 1}}[end]
			if s.at("sku-000", "main") != want || s.at("sku-000", "east") != want {
				t.Errorf("%s: %+v", end, s.products)
			}
			if onHand, reserved, shipped := s.stock(); onHand+shipped != 6 || reserved != 0 {
				t.Errorf("on hand %d, reserved %d, shipped %d", onHand, reserved, shipped)
			}
		})
	}
}

// finish releases the order's stock, or ships it.
func finish(t *testing.T, s *store, end string) {
	t.Helper()
	if end == "released" {
		_, err := Release{s, s, at(start)}.Handle(t.Context(), in)
		wantCode(t, err, "")
		return
	}
	if s.load(t, "ord_1").Status == orderflow.Confirmed {
		s.mustChange(func(o *orderflow.Order) error { o.Status = orderflow.Shipping; o.Sequence++; return nil })
	}
	_, err := Record{Orders: s, Steps: s, Ledger: s, Now: at(start)}.Handle(t.Context(), in)
	wantCode(t, err, "")
}

// Stock that another order takes between the look and the hold is not held twice: the order looks
// again.
func TestReserve_Handle_raceBetweenWarehouses(t *testing.T) {
	t.Parallel()
	s := placeSpread(t)
	n := 0
	s.beforeCommit = func(context.Context) error {
		if n++; n == 2 { // the first commit tries the main warehouse alone
			s.mu.Lock()
			defer s.mu.Unlock()
			s.products["sku-000"].Warehouses["east"] = orderflow.Stock{Reserved: 1}
		}
		return nil
	}
	_, err := reserving(s, at(start)).Handle(t.Context(), in)
	wantCode(t, err, "")
	if s.at("sku-000", "west").Reserved != 1 || s.at("sku-000", "east").Reserved != 1 {
		t.Errorf("got %+v", s.products["sku-000"])
	}
}

// An order of an older release, whose record names no warehouse, is released from the main
// warehouse, also if the product has got others since.
func TestRelease_Handle_olderRecord(t *testing.T) {
	t.Parallel()
	s := newStore()
	place(t, s, 1, 2, "card")
	_, err := reserving(s, at(start)).Handle(t.Context(), in)
	wantCode(t, err, "")
	if got := string(s.steps["ord_1/reserve/1"].Result); got != `[{"SKU":"sku-000","Kind":"RESERVE","Quantity":2}]` {
		t.Errorf("the record of one warehouse is %s", got)
	}
	p := s.products["sku-000"]
	p.Warehouses = map[string]orderflow.Stock{"east": {Reserved: 7}}
	s.products["sku-000"] = p
	finish(t, s, "released")
	if s.at("sku-000", "main").OnHand != 2 || s.at("sku-000", "east").Reserved != 7 {
		t.Errorf("got %+v", s.products["sku-000"])
	}
}

// An order of more products than one transaction can change, each in two warehouses, is released
// and shipped in the parts in which it was reserved.
func TestStock_chunksOfWarehouses(t *testing.T) {
	t.Parallel()
	const n = orderflow.MaxStockMoves + 2
	for _, end := range []string{"released", "shipped"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			s := newStore()
			place(t, s, n, 1, "card")
			for sku, p := range s.products {
				p.Warehouses = map[string]orderflow.Stock{"east": {OnHand: 1}}
				s.products[sku] = p
			}
			_, err := reserving(s, at(start)).Handle(t.Context(), in)
			wantCode(t, err, "")
			if _, reserved, _ := s.stock(); reserved != 2*n || len(s.steps) != 2 {
				t.Fatalf("reserved %d in %d steps", reserved, len(s.steps))
			}
			for range 2 {
				finish(t, s, end)
			}
			onHand, reserved, shipped := s.stock()
			if onHand+shipped != 2*n || reserved != 0 || (shipped > 0) != (end == "shipped") {
				t.Errorf("on hand %d, reserved %d, shipped %d", onHand, reserved, shipped)
			}
		})
	}
}
