package storetest

import (
	"context"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// Customers stores customer profiles.
type Customers interface {
	Customer(ctx context.Context, id string) (orderflow.Customer, error)
	SaveCustomer(ctx context.Context, customer orderflow.Customer) error
}

// TestCustomers tests that profiles are loaded as they were saved, and that no update is lost.
func TestCustomers(t *testing.T, c Customers) {
	if _, err := c.Customer(t.Context(), "ada"); orderflow.CodeOf(err) != orderflow.CodeNotFound {
		t.Errorf("got %v", err)
	}
	want := orderflow.Customer{
		ID: "ada", Name: "Ada", Email: "ada@example.com", Notifications: orderflow.Notifications{OrderShipped: true},
		Address: &orderflow.Address{
			Name: "Ada", Line1: "1 A St", City: "London", State: "Greater London", PostalCode: "SW1", Country: "GB",
			Phone: "+44 20 7946 0000",
		},
	}
	if err := c.SaveCustomer(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err := c.Customer(t.Context(), "ada")
	if err != nil || *got.Address != *want.Address {
		t.Fatalf("got %+v, %v", got, err)
	}
	want.Version = 1
	if got.Address = want.Address; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, stale := range []int64{0, 2} {
		if err := c.SaveCustomer(t.Context(), orderflow.Customer{ID: "ada",
			Version: stale}); orderflow.CodeOf(err) != orderflow.CodeConflict {
			t.Errorf("version %d: got %v", stale, err)
		}
	}
	if err := c.SaveCustomer(t.Context(), orderflow.Customer{ID: "ada", Version: 1}); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Customer(t.Context(), "ada"); err != nil || got != (orderflow.Customer{ID: "ada", Version: 2}) {
		t.Errorf("got %+v, %v", got, err)
	}
}
