package orderflow

import "slices"

// MainWarehouse is the warehouse of products that name no other.
const MainWarehouse = "main"

// StockMove changes the stock of one product in one warehouse: Reserve moves the quantity from on
// hand to reserved, Release moves it back, Ship moves it from reserved to shipped, TakeBack from
// shipped to on hand.
type StockMove struct {
	SKU       string
	Kind      StockMoveKind
	Quantity  int
	Warehouse string `json:",omitempty"` // "" is the MainWarehouse
}

// StockMoveKind is the kind of a StockMove.
type StockMoveKind string

// The kinds: on hand -> reserved, reserved -> on hand, reserved -> shipped, shipped -> on hand.
const (
	Reserve  StockMoveKind = "RESERVE"
	Release  StockMoveKind = "RELEASE"
	Ship     StockMoveKind = "SHIP"
	TakeBack StockMoveKind = "RETURN"
)

// StockMoves returns the moves of the given kind, one per SKU and warehouse: where the order's
// stock is held, or in the main warehouse if it is not held elsewhere. It adds up lines of the same
// SKU and keeps the order of their first lines.
func (o *Order) StockMoves(kind StockMoveKind) []StockMove {
	var moves []StockMove
	if len(o.Holds) > 0 {
		for _, h := range o.Holds {
			moves = append(moves, StockMove{SKU: h.SKU, Kind: kind, Quantity: h.Quantity, Warehouse: h.Warehouse})
		}
		return moves
	}
	at := make(map[string]int, len(o.Lines))
	for _, l := range o.Lines {
		i, ok := at[l.SKU]
		if !ok {
			i = len(moves)
			at[l.SKU] = i
			moves = append(moves, StockMove{SKU: l.SKU, Kind: kind})
		}
		moves[i].Quantity += l.Quantity
	}
	return moves
}

// StockHold is the stock of one product that is held for an order in one warehouse.
type StockHold struct {
	SKU       string `json:"sku"`
	Warehouse string `json:"warehouse,omitempty"` // "" is the MainWarehouse
	Quantity  int    `json:"quantity"`
}

// SetHolds records where the order's stock is held, given the moves that reserved it. Nothing is
// recorded if all of it is held in the main warehouse, as most orders are.
func (o *Order) SetHolds(reserved []StockMove) {
	o.Holds = nil
	if !slices.ContainsFunc(reserved, func(m StockMove) bool { return m.Warehouse != "" }) {
		return
	}
	for _, m := range reserved {
		o.Holds = append(o.Holds, StockHold{SKU: m.SKU, Warehouse: m.Warehouse, Quantity: m.Quantity})
	}
}
