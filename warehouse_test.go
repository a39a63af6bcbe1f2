package orderflow

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestAllocateStock(t *testing.T) {
	t.Parallel()
	stocked := func(sku string, main int, others map[string]int) Product {
		p := Product{SKU: sku, OnHand: main, Warehouses: map[string]Stock{}}
		for w, n := range others {
			p.Warehouses[w] = Stock{OnHand: n}
		}
		return p
	}
	move := func(sku string, quantity int, warehouse string) StockMove {
		return StockMove{SKU: sku, Kind: Reserve, Quantity: quantity, Warehouse: warehouse}
	}
	for _, tt := range []struct {
		name     string
		products []Product
		moves    []StockMove
		want     []StockMove
		short    string
	}{
		{"main before the others", []Product{stocked("a", 2, map[string]int{"east": 9})},
			[]StockMove{move("a", 2, "")}, []StockMove{move("a", 2, "")}, ""},
		{"one that holds all", []Product{stocked("a", 1, map[string]int{"east": 1, "west": 2})},
			[]StockMove{move("a", 2, "")}, []StockMove{move("a", 2, "west")}, ""},
		{"one for both products", []Product{
			stocked("a", 1, map[string]int{"east": 1}), stocked("b", 0, map[string]int{"east": 1}),
		}, []StockMove{move("a", 1, ""), move("b", 1, "")}, []StockMove{move("a", 1, "east"), move("b", 1, "east")}, ""},
		{"two because no one holds all", []Product{stocked("a", 1, map[string]int{"east": 1, "west": 1})},
			[]StockMove{move("a", 2, "")}, []StockMove{move("a", 1, ""), move("a", 1, "east")}, ""},
		{"all that there is", []Product{stocked("a", 1, map[string]int{"east": 1, "west": 1})},
			[]StockMove{move("a", 3, "")},
			[]StockMove{move("a", 1, ""), move("a", 1, "east"), move("a", 1, "west")}, ""},
		{"a negative balance hides behind no plus", []Product{stocked("a", -3, map[string]int{"east": 3})},
			[]StockMove{move("a", 3, "")}, []StockMove{move("a", 3, "east")}, ""},
		{"out of stock", []Product{stocked("a", 1, map[string]int{"east": 1}), stocked("b", 1, nil)},
			[]StockMove{move("a", 3, ""), move("b", 1, ""), move("none", 1, "")}, nil, "a, none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			products := map[string]Product{}
			for _, p := range tt.products {
				products[p.SKU] = p
			}
			got, err := AllocateStock(tt.moves, products)
			if tt.short != "" {
				if CodeOf(err) != CodeOutOfStock || !strings.HasSuffix(err.Error(), ": "+tt.short) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

// TestAllocateStock_properties allocates random orders from random warehouses: everything that is
// wanted, never more than a warehouse holds, from as few as possible, and always the same.
func TestAllocateStock_properties(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		products, moves := randomStock(rnd, 1+rnd.IntN(5), 1+rnd.IntN(4))
		got, err := AllocateStock(moves, products)
		enough := holdAll(warehouses(products), moves, products)
		if enough != (err == nil) {
			t.Fatalf("seed %d: enough %t, got %v", seed, enough, err)
		}
		if err != nil {
			continue
		}
		if again, err := AllocateStock(moves, products); err != nil || !reflect.DeepEqual(got, again) {
			t.Errorf("seed %d: %v, then %v, %v", seed, got, again, err)
		}
		checkAllocation(t, fmt.Sprint("seed ", seed), moves, got, products)
		if n, want := len(used(got)), fewestOf(moves, products); n != want {
			t.Errorf("seed %d: %v takes %d warehouses, want %d", seed, got, n, want)
		}
	}
}

// TestAllocateStock_many: an order is allocated, whole and within the stock, from more warehouses
// than can be tried in every combination.
func TestAllocateStock_many(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		products, moves := randomStock(rnd, 40, 5)
		if got, err := AllocateStock(moves, products); err == nil {
			checkAllocation(t, fmt.Sprint("seed ", seed), moves, got, products)
		} else if holdAll(warehouses(products), moves, products) {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

// randomStock returns products in up to n other warehouses, and an order of them.
func randomStock(rnd *rand.Rand, n, skus int) (map[string]Product, []StockMove) {
	products := map[string]Product{}
	var moves []StockMove
	for i := range skus {
		p := Product{SKU: fmt.Sprint("sku-", i), OnHand: rnd.IntN(6) - 1, Warehouses: map[string]Stock{}}
		for w := range n {
			if rnd.IntN(3) > 0 {
				p.Warehouses[fmt.Sprint("w", w)] = Stock{OnHand: rnd.IntN(6) - 1, Reserved: rnd.IntN(3)}
			}
		}
		products[p.SKU] = p
		moves = append(moves, StockMove{SKU: p.SKU, Kind: Reserve, Quantity: 1 + rnd.IntN(9)})
	}
	return products, moves
}

// checkAllocation: the moves are those that were wanted, each within its warehouse's stock.
func checkAllocation(t *testing.T, what string, wanted, got []StockMove, products map[string]Product) {
	t.Helper()
	sums := map[string]int{}
	seen := map[[2]string]bool{}
	for _, m := range got {
		at := [2]string{m.SKU, m.Warehouse}
		if m.Quantity < 1 || m.Kind != Reserve || seen[at] || products[m.SKU].At(m.Warehouse).OnHand < m.Quantity {
			t.Errorf("%s: %+v is wrong in %+v", what, m, got)
		}
		seen[at] = true
		sums[m.SKU] += m.Quantity
	}
	for _, m := range wanted {
		if sums[m.SKU] != m.Quantity {
			t.Errorf("%s: %d of %s, want %d", what, sums[m.SKU], m.SKU, m.Quantity)
		}
	}
}

func used(moves []StockMove) []string {
	var names []string
	for _, m := range moves {
		if !slices.Contains(names, m.Warehouse) {
			names = append(names, m.Warehouse)
		}
	}
	return names
}

func warehouses(products map[string]Product) []string {
	var names []string
	for _, p := range products {
		for _, w := range p.WarehouseNames() {
			if !slices.Contains(names, w) {
				names = append(names, w)
			}
		}
	}
	return names
}

// fewestOf tries every set of warehouses by recursion: how few hold everything.
func fewestOf(moves []StockMove, products map[string]Product) int {
	all := warehouses(products)
	best := len(all)
	var try func(from int, set []string)
	try = func(from int, set []string) {
		if len(set) < best && holdAll(set, moves, products) {
			best = len(set)
		}
		for i := from; i < len(all); i++ {
			try(i+1, append(slices.Clone(set), all[i]))
		}
	}
	try(0, nil)
	return best
}

func TestOrder_SetHolds(t *testing.T) {
	t.Parallel()
	o, err := Place(draft(line("a", 2, usd(5)), line("b", 1, usd(5)), line("a", 1, usd(5))))
	if err != nil {
		t.Fatal(err)
	}
	o.SetHolds(o.StockMoves(Reserve))
	if o.Holds != nil {
		t.Errorf("got %v for an order in the main warehouse", o.Holds)
	}
	o.SetHolds([]StockMove{
		{SKU: "a", Kind: Reserve, Quantity: 1}, {SKU: "a", Kind: Reserve, Quantity: 2, Warehouse: "east"},
		{SKU: "b", Kind: Reserve, Quantity: 1, Warehouse: "east"},
	})
	want := []StockMove{
		{SKU: "a", Kind: Ship, Quantity: 1}, {SKU: "a", Kind: Ship, Quantity: 2, Warehouse: "east"},
		{SKU: "b", Kind: Ship, Quantity: 1, Warehouse: "east"},
	}
	if got := o.StockMoves(Ship); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	o.ReleaseStock(By{})
	if o.Holds != nil {
		t.Errorf("%v is held after the release", o.Holds)
	}
}
