// Package storetest holds the tests that every store must pass. They run over the tables, and over
// the in-memory stores of the tests of api and tasks.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Orders loads and commits orders.
type Orders interface {
	Order(ctx context.Context, id string) (*orderflow.Order, error)
	Commit(ctx context.Context, w orderflow.Write) error
}

// Store stores orders and all that is committed with them.
type Store interface {
	Orders
	Step(ctx context.Context, orderID, name string) (*orderflow.Step, error)
	Payment(ctx context.Context, orderID, step string) (*orderflow.Payment, error)
	Products(ctx context.Context, skus []string) (map[string]orderflow.Product, error)
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// PlacedAt is the time at which NewOrder places its orders, with nanoseconds.
var PlacedAt = noon.Add(123456789)

func by(d time.Duration) orderflow.By {
	return orderflow.By{At: noon.Add(d), Actor: "step:test", Reason: "because"}
}

func usd(amount int64) orderflow.Money { return orderflow.Money{Amount: amount, Currency: "USD"} }

// NewOrder returns an order with one of each SKU, not saved yet.
func NewOrder(t *testing.T, id string, skus ...string) *orderflow.Order {
	t.Helper()
	d := orderflow.Draft{
		ID: id, CustomerID: "cus_1", Email: "ada@example.com", PaymentMethod: "pm_card_visa", At: PlacedAt,
		ShippingAddress: orderflow.Address{
			Name: "Ada", Line1: "1 Main St", City: "Springfield", PostalCode: "12345", Country: "US",
		},
	}
	for _, sku := range skus {
		d.Lines = append(d.Lines, orderflow.Line{SKU: sku, Name: "Thing", Quantity: 1, UnitPrice: usd(250)})
	}
	o, err := orderflow.Place(d)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// stocked returns products with the given quantities on hand.
func stocked(onHand map[string]int) []orderflow.Product {
	var out []orderflow.Product
	for sku, n := range onHand {
		out = append(out, orderflow.Product{SKU: sku, Name: "Thing", Category: "things", Price: usd(250), OnHand: n})
	}
	return out
}

func wantCode(t *testing.T, err error, want orderflow.Code) {
	t.Helper()
	if got := orderflow.CodeOf(err); got != want || (want == "") != (err == nil) {
		t.Fatalf("got error %v, want code %q", err, want)
	}
}
