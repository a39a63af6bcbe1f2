package orderflow

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// mostCandidates is up to how many warehouses AllocateStock tries every combination.
const mostCandidates = 16

// AllocateStock spreads moves that reserve stock over warehouses, given the products as they are.
// It takes as few warehouses as possible; of equally few those that come first, the main one before
// the others by name. With more than mostCandidates warehouses it adds the one that holds most,
// time after time. The result has one move per SKU and warehouse, in the order of the moves.
// Returns CodeOutOfStock with the SKUs of which too little is on hand in all warehouses together.
func AllocateStock(moves []StockMove, products map[string]Product) ([]StockMove, error) {
	var short []string
	for _, m := range moves {
		if onHand(products[m.SKU], products[m.SKU].WarehouseNames()) < m.Quantity {
			short = append(short, m.SKU)
		}
	}
	if len(short) > 0 {
		return nil, Errorf(CodeOutOfStock, "not enough in stock: %s", strings.Join(short, ", "))
	}
	from := fewest(candidates(moves, products), moves, products)
	var out []StockMove
	for _, m := range moves {
		out = append(out, spread(m, products[m.SKU], from)...)
	}
	return out, nil
}

// candidates lists the warehouses that hold any of the wanted products, the main one first.
func candidates(moves []StockMove, products map[string]Product) []string {
	var names []string
	for _, m := range moves {
		p := products[m.SKU]
		for _, w := range p.WarehouseNames() {
			if p.At(w).OnHand > 0 && !slices.Contains(names, w) {
				names = append(names, w)
			}
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	return names
}

// rank orders warehouses by name, the main one first.
func rank(warehouse string) string {
	if warehouse == MainWarehouse {
		return ""
	}
	return warehouse
}

// fewest returns the fewest of the warehouses that hold everything together.
func fewest(names []string, moves []StockMove, products map[string]Product) []string {
	if len(names) > mostCandidates {
		return largest(names, moves, products)
	}
	for size := 1; size < len(names); size++ {
		for set := uint(0); set < 1<<len(names); set++ {
			if bits.OnesCount(set) != size {
				continue
			}
			if some := chosen(names, set); holdAll(some, moves, products) {
				return some
			}
		}
	}
	return names
}

func chosen(names []string, set uint) []string {
	var some []string
	for i, name := range names {
		if set&(1<<i) != 0 {
			some = append(some, name)
		}
	}
	return some
}

// largest adds the warehouse that holds most of what is still missing until nothing is.
func largest(names []string, moves []StockMove, products map[string]Product) []string {
	var some []string
	for left := slices.Clone(names); len(left) > 0 && !holdAll(some, moves, products); {
		most := slices.MaxFunc(left, func(a, b string) int {
			return cmp.Or(cmp.Compare(held(append(some, a), moves, products), held(append(some, b), moves, products)),
				cmp.Compare(rank(b), rank(a)))
		})
		some = append(some, most)
		left = slices.DeleteFunc(left, func(w string) bool { return w == most })
	}
	slices.SortFunc(some, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	return some
}

func holdAll(names []string, moves []StockMove, products map[string]Product) bool {
	for _, m := range moves {
		if onHand(products[m.SKU], names) < m.Quantity {
			return false
		}
	}
	return true
}

// held returns how many of the wanted pieces the warehouses hold.
func held(names []string, moves []StockMove, products map[string]Product) int {
	n := 0
	for _, m := range moves {
		n += min(m.Quantity, onHand(products[m.SKU], names))
	}
	return n
}

// onHand returns how many pieces the warehouses hold. A balance that is negative by mistake counts
// as zero.
func onHand(p Product, names []string) int {
	n := 0
	for _, w := range names {
		n += max(0, p.At(w).OnHand)
	}
	return n
}

// spread splits one move over warehouses: the first that holds all of it, else one after the other.
func spread(m StockMove, p Product, from []string) []StockMove {
	for _, w := range from {
		if p.At(w).OnHand >= m.Quantity {
			return []StockMove{m.in(w, m.Quantity)}
		}
	}
	var out []StockMove
	for _, w := range from {
		if n := min(m.Quantity, p.At(w).OnHand); n > 0 {
			out = append(out, m.in(w, n))
			m.Quantity -= n
		}
	}
	return out
}

// in returns the part of a move that concerns a warehouse.
func (m StockMove) in(warehouse string, quantity int) StockMove {
	m.Warehouse, m.Quantity = warehouse, quantity
	if warehouse == MainWarehouse {
		m.Warehouse = ""
	}
	return m
}
