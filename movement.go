package orderflow

import "time"

// Movement is one entry of a product's log: who changed its stock or its details, when and why. The
// moves of orders (StockMove) are not in it: the orders tell them.
type Movement struct {
	SKU       string       `json:"sku"`
	ID        string       `json:"id"` // ids sort by time
	Kind      MovementKind `json:"kind"`
	At        time.Time    `json:"at"`
	Actor     string       `json:"actor"`               // "operator:ID"
	Warehouse string       `json:"warehouse,omitempty"` // "" is the MainWarehouse
	Delta     int          `json:"delta"`               // pieces added on hand, negative if taken away
	Reason    string       `json:"reason,omitempty"`
	Changed   []string     `json:"changed,omitempty"` // the details that changed
}

// MovementKind is the kind of a Movement.
type MovementKind string

// The kinds of movements.
const (
	MovementStock   MovementKind = "STOCK"   // an operator's delivery, count or loss
	MovementDetails MovementKind = "DETAILS" // the product's details changed; the stock did not
)

// Adjust returns the movement of an operator who adds pieces to a warehouse's stock, or takes them
// away. Returns CodeOutOfStock if less is on hand there than is taken away.
func (p Product) Adjust(id, warehouse string, delta int, by By) (Movement, error) {
	if warehouse == MainWarehouse {
		warehouse = ""
	}
	if n := p.At(warehouse).OnHand; n+delta < 0 {
		return Movement{}, Errorf(CodeOutOfStock, "%d pieces of %s are on hand, %d cannot be taken away", n, p.SKU, -delta)
	}
	return Movement{
		SKU: p.SKU, ID: id, Kind: MovementStock, At: by.At, Actor: by.Actor, Warehouse: warehouse, Delta: delta,
		Reason: by.Reason,
	}, nil
}
