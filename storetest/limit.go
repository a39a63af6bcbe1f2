package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// TestOrderLimit tests that a customer places as many orders as an hour of the clock allows.
func TestOrderLimit(t *testing.T, open func(t *testing.T, limit int) Placements) {
	t.Run("limit", func(t *testing.T) {
		t.Parallel()
		testLimit(t, open(t, 2))
	})
	t.Run("limit concurrently", func(t *testing.T) {
		t.Parallel()
		testLimitConcurrently(t, open(t, 3))
	})
}

// placeFor places an order of a customer under a key, at a time.
func placeFor(t *testing.T, p Placements, customer, id, key string, at time.Time) (earlier []byte, err error) {
	t.Helper()
	o := NewOrder(t, id, "a")
	o.CustomerID = customer
	return p.Place(t.Context(), o, key, []byte("answer to "+key), at, at.Add(48*time.Hour))
}

func testLimit(t *testing.T, p Placements) {
	last := noon.Add(time.Hour - time.Second)
	for _, tt := range []struct {
		customer, id string
		at           time.Time
		want         orderflow.Code
	}{
		{customer: "ada", id: "ord_1", at: noon}, {customer: "ada", id: "ord_2", at: last},
		{customer: "ada", id: "ord_3", at: noon, want: orderflow.CodeTooManyOrders},
		{customer: "ada", id: "ord_3", at: last, want: orderflow.CodeTooManyOrders},
		{customer: "ben", id: "ord_4", at: last},
		{customer: "ada", id: "ord_5", at: noon.Add(time.Hour)}, {customer: "ada", id: "ord_6", at: noon.Add(time.Hour)},
		{customer: "ada", id: "ord_7", at: noon.Add(time.Hour), want: orderflow.CodeTooManyOrders},
	} {
		_, err := placeFor(t, p, tt.customer, tt.id, "key of "+tt.id, tt.at)
		wantCode(t, err, tt.want)
	}
	if _, err := p.Order(t.Context(), "ord_3"); orderflow.CodeOf(err) != orderflow.CodeNotFound {
		t.Errorf("an order over the limit was saved: %v", err)
	}
	// Repetitions do not count, and get their answer at the limit too.
	for range 3 {
		earlier, err := placeFor(t, p, "ada", "ord_8", "key of ord_2", last)
		if err != nil || string(earlier) != "answer to key of ord_2" {
			t.Errorf("got %s, %v", earlier, err)
		}
	}
	for range 3 {
		earlier, err := placeFor(t, p, "ben", "ord_8", "key of ord_4", last)
		if err != nil || earlier == nil {
			t.Errorf("got %s, %v", earlier, err)
		}
	}
	_, err := placeFor(t, p, "ben", "ord_9", "key of ord_9", last)
	wantCode(t, err, "")
}

func testLimitConcurrently(t *testing.T, p Placements) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	placed := 0
	for i := range 12 {
		wg.Go(func() {
			id := fmt.Sprint("ord_", i)
			_, err := placeFor(t, p, "ada", id, "key of "+id, noon)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				placed++
			} else if code := orderflow.CodeOf(err); code != orderflow.CodeTooManyOrders && code != orderflow.CodeThrottled {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if placed < 1 || placed > 3 {
		t.Errorf("%d orders were placed", placed)
	}
}
