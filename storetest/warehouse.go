package storetest

import (
	"reflect"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// spread is a product with stock in three warehouses.
func spread() orderflow.Product {
	return orderflow.Product{
		SKU: "a", Name: "Thing", Category: "things", Price: usd(250), OnHand: 2,
		Warehouses: map[string]orderflow.Stock{"east": {OnHand: 5}, "north-2": {OnHand: 1}},
	}
}

// in returns a move of the product of spread.
func in(warehouse string, kind orderflow.StockMoveKind, quantity int) orderflow.StockMove {
	return orderflow.StockMove{SKU: "a", Kind: kind, Quantity: quantity, Warehouse: warehouse}
}

// testWarehouses: each warehouse is checked by itself, and a write moves all its stock or none.
func testWarehouses(t *testing.T, open Opener) {
	const reserve, release, ship = orderflow.Reserve, orderflow.Release, orderflow.Ship
	three := func(main, east, north orderflow.Stock) [3]orderflow.Stock {
		return [3]orderflow.Stock{main, east, north}
	}
	whole := three(orderflow.Stock{OnHand: 2}, orderflow.Stock{OnHand: 5}, orderflow.Stock{OnHand: 1})
	for _, tt := range []struct {
		name   string
		writes [][]orderflow.StockMove
		want   orderflow.Code // of the last write
		left   [3]orderflow.Stock
	}{
		{
			name: "one elsewhere", writes: [][]orderflow.StockMove{{in("east", reserve, 5)}},
			left: three(orderflow.Stock{OnHand: 2}, orderflow.Stock{Reserved: 5}, orderflow.Stock{OnHand: 1}),
		}, {
			name:   "all at once",
			writes: [][]orderflow.StockMove{{in("", reserve, 2), in("east", reserve, 4), in("north-2", reserve, 1)}},
			left:   three(orderflow.Stock{Reserved: 2}, orderflow.Stock{OnHand: 1, Reserved: 4}, orderflow.Stock{Reserved: 1}),
		}, {
			name: "not another's plus", writes: [][]orderflow.StockMove{{in("", reserve, 3)}},
			want: orderflow.CodeOutOfStock, left: whole,
		}, {
			name:   "one of three is short",
			writes: [][]orderflow.StockMove{{in("", reserve, 1), in("east", reserve, 1), in("north-2", reserve, 2)}},
			want:   orderflow.CodeOutOfStock, left: whole,
		}, {
			name: "no such warehouse", writes: [][]orderflow.StockMove{{in("west", reserve, 1)}},
			want: orderflow.CodeOutOfStock, left: whole,
		}, {
			name: "released where it was held",
			writes: [][]orderflow.StockMove{
				{in("", reserve, 1), in("east", reserve, 3)}, {in("", release, 1), in("east", release, 3)},
			},
			left: whole,
		}, {
			name:   "not released where it was not held",
			writes: [][]orderflow.StockMove{{in("east", reserve, 3)}, {in("", release, 3)}},
			want:   orderflow.CodeInvalidState,
			left:   three(orderflow.Stock{OnHand: 2}, orderflow.Stock{OnHand: 2, Reserved: 3}, orderflow.Stock{OnHand: 1}),
		}, {
			name: "shipped where it was held",
			writes: [][]orderflow.StockMove{
				{in("", reserve, 2), in("east", reserve, 3)}, {in("", ship, 2), in("east", ship, 3)},
			},
			left: three(orderflow.Stock{Shipped: 2}, orderflow.Stock{OnHand: 2, Shipped: 3}, orderflow.Stock{OnHand: 1}),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, spread())
			last := len(tt.writes) - 1
			for _, moves := range tt.writes[:last] {
				wantCode(t, s.Commit(t.Context(), orderflow.Write{Stock: moves}), "")
			}
			err := s.Commit(t.Context(), orderflow.Write{Stock: tt.writes[last]})
			wantCode(t, err, tt.want)
			if tt.want == orderflow.CodeOutOfStock && !strings.HasSuffix(err.Error(), "not enough in stock: a") {
				t.Errorf("the SKU is missing: %v", err)
			}
			p := productOf(t, s, "a")
			if left := three(p.At(""), p.At("east"), p.At("north-2")); left != tt.left || len(p.Warehouses) != 2 {
				t.Errorf("left %+v in %v, want %+v", left, p.WarehouseNames(), tt.left)
			}
		})
	}
}

func productOf(t *testing.T, s Store, sku string) orderflow.Product {
	t.Helper()
	found, err := s.Products(t.Context(), []string{sku})
	if err != nil {
		t.Fatal(err)
	}
	return found[sku]
}

// testHolds: an order that is held in several warehouses is loaded as it was saved.
func testHolds(t *testing.T, open Opener) {
	s, o := open(t), NewOrder(t, "ord_1", "a")
	o.SetHolds([]orderflow.StockMove{in("", orderflow.Reserve, 1), in("east", orderflow.Reserve, 2)})
	o.HoldUntilOnce(noon)
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
	got, err := s.Order(t.Context(), "ord_1")
	if wantCode(t, err, ""); !reflect.DeepEqual(got.Holds, o.Holds) || len(got.Holds) != 2 || !got.HoldUntil.Equal(noon) {
		t.Errorf("got %+v until %s, want %+v", got.Holds, got.HoldUntil, o.Holds)
	}
}

// testMovements: a movement changes what is on hand, once, in a warehouse that the product has.
func testMovements(t *testing.T, open Opener) {
	move := func(id, warehouse string, delta int) orderflow.Movement {
		return orderflow.Movement{
			SKU: "a", ID: id, Kind: orderflow.MovementStock, At: noon, Actor: "operator:olga", Warehouse: warehouse,
			Delta: delta,
		}
	}
	s, o := open(t, spread()), NewOrder(t, "ord_1", "a")
	commit := func(m ...orderflow.Movement) error {
		return s.Commit(t.Context(), orderflow.Write{Order: o, Movements: m})
	}
	wantCode(t, commit(move("mov_1", "", 3)), "")
	wantCode(t, commit(move("mov_1", "", 3)), orderflow.CodeConflict)
	wantCode(t, commit(move("mov_2", "east", -5)), "")
	wantCode(t, commit(move("mov_3", "east", -1)), orderflow.CodeOutOfStock)
	wantCode(t, commit(move("mov_4", "west", 1)), orderflow.CodeOutOfStock)
	p := productOf(t, s, "a")
	if p.OnHand != 5 || p.At("east").OnHand != 0 || p.At("north-2").OnHand != 1 || o.Version != 2 {
		t.Errorf("got %+v, version %d", p, o.Version)
	}
}
