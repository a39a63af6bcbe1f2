package orderflow

import "encoding/json"

// Step records that one step of an order's fulfilment was done. A repeated step returns the first
// Result.
type Step struct {
	OrderID string          `json:"orderId"`
	Name    string          `json:"name"`
	Result  json.RawMessage `json:"result"`
}

// Write is everything that one transaction changes. Adapters apply it whole or not at all. They
// require that the order still has the version it was loaded with, that the step was not recorded
// yet, that the payment may replace the ledger's entry (CanReplace), and that there is enough
// stock in each warehouse. A claim that belongs to another order by now stays, and the rest is
// applied. They raise the version of the order, and the revision of a payment that is Counted.
type Write struct {
	Order   *Order // nil if unchanged
	Step    *Step
	Stock   []StockMove
	Payment *Payment
	Return  *Claim // given back
	// Movements are added to their products' logs, and their deltas to the stock on hand. Each is a
	// movement of another product, in a warehouse that the product has.
	Movements []Movement
}

// MaxStockMoves is how many stock moves fit into one Write without movements. A DynamoDB
// transaction takes 100 actions; the order, the step and the payment need three.
const MaxStockMoves = 97
