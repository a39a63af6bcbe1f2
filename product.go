package orderflow

import (
	"fmt"
	"maps"
	"slices"
)

// Product is one product of the catalogue with its stock.
//
// OnHand, Reserved and Shipped count the pieces in the MainWarehouse, Warehouses those in each
// other one. Every warehouse has its own balance: none is ever negative. Only movements change the
// sum of all counters.
type Product struct {
	SKU         string `json:"sku"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Category    string `json:"category"`
	Price       Money  `json:"price"`
	Weight      int    `json:"weight,omitempty"` // grams
	// Discontinued: new orders are refused, accepted ones go on.
	Discontinued bool             `json:"discontinued,omitempty"`
	OnHand       int              `json:"onHand"`
	Reserved     int              `json:"reserved"`
	Shipped      int              `json:"shipped"`
	Warehouses   map[string]Stock `json:"warehouses,omitempty"`
	// Version counts the changes of the details, not those of the stock.
	Version int64 `json:"version,omitempty"`
}

// Stock counts the pieces of one product in one warehouse.
type Stock struct {
	OnHand   int `json:"onHand"`
	Reserved int `json:"reserved"`
	Shipped  int `json:"shipped"`
}

// At returns the stock in a warehouse, zero in one that the product does not have.
func (p Product) At(warehouse string) Stock {
	if warehouse == "" || warehouse == MainWarehouse {
		return Stock{OnHand: p.OnHand, Reserved: p.Reserved, Shipped: p.Shipped}
	}
	return p.Warehouses[warehouse]
}

// WarehouseNames lists the product's warehouses: the main one, then the others by name.
func (p Product) WarehouseNames() []string {
	return append([]string{MainWarehouse}, slices.Sorted(maps.Keys(p.Warehouses))...)
}

// Total returns the stock in all warehouses together.
func (p Product) Total() Stock {
	sum := p.At(MainWarehouse)
	for _, s := range p.Warehouses {
		sum.OnHand, sum.Reserved, sum.Shipped = sum.OnHand+s.OnHand, sum.Reserved+s.Reserved, sum.Shipped+s.Shipped
	}
	return sum
}

// Offered returns how many pieces may be ordered: none of a discontinued product. A warehouse whose
// balance is negative by mistake takes nothing from the others.
func (p Product) Offered() int {
	if p.Discontinued {
		return 0
	}
	n := 0
	for _, w := range p.WarehouseNames() {
		n += max(0, p.At(w).OnHand)
	}
	return n
}

// ProductDetails are what operators say of a product: everything but its stock.
type ProductDetails struct {
	Name         string `json:"name"`
	Description  string `json:"description,omitempty"`
	Category     string `json:"category"`
	Price        Money  `json:"price"`
	Weight       int    `json:"weight,omitempty"` // grams
	Discontinued bool   `json:"discontinued,omitempty"`
}

// Details returns the product's details.
func (p Product) Details() ProductDetails {
	return ProductDetails{
		Name: p.Name, Description: p.Description, Category: p.Category, Price: p.Price, Weight: p.Weight,
		Discontinued: p.Discontinued,
	}
}

// Revise replaces the product's details and returns what changed, one entry for each detail. Orders
// that were accepted before keep their price.
func (p *Product) Revise(d ProductDetails) (changed []string) {
	old := p.Details()
	p.Name, p.Description, p.Category = d.Name, d.Description, d.Category
	p.Price, p.Weight, p.Discontinued = d.Price, d.Weight, d.Discontinued
	for _, c := range []struct {
		detail   string
		was, now any
	}{
		{"name", old.Name, d.Name}, {"description", old.Description, d.Description},
		{"category", old.Category, d.Category}, {"price", old.Price, d.Price},
		{"weight", old.Weight, d.Weight}, {"discontinued", old.Discontinued, d.Discontinued},
	} {
		if c.was != c.now {
			changed = append(changed, fmt.Sprintf("%s: %v, was %v", c.detail, c.now, c.was))
		}
	}
	return changed
}
