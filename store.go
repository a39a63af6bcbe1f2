package orderflow

import "encoding/json"

// Step is the record that one step of an order's fulfilment was done: run again, the step returns the first Result.
type Step struct {
	OrderID string          `json:"orderId"`
	Name    string          `json:"name"`
	Result  json.RawMessage `json:"result"`
}

// Write is everything that one transaction changes. Adapters apply it whole or not at all:
// the order if its version is still the one it was loaded with, the step if it was not recorded yet, the payment if it may replace what the
// ledger holds, the stock if there is enough of it. They raise the version of the order, and the revision of a payment that is STARTED.
type Write struct {
	Order   *Order // nil if unchanged
	Step    *Step
	Stock   []StockMove
	Payment *Payment
}

// MaxStockMoves is how many stock moves fit into one Write: a DynamoDB transaction takes 100 actions, the order, the step and the payment need three.
const MaxStockMoves = 97
