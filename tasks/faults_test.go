package tasks

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/orderflow-dev/orderflow"
)

// seeds is the number of simulated orders.
const seeds = 2400

// TestTasks_underFaults simulates many orders. Together they reach every state of the definition
// and every kind of fault.
func TestTasks_underFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testUnderFaults) // virtual time for the pauses between attempts
}

func testUnderFaults(t *testing.T) {
	seen := &coverage{states: map[string]int{}, faults: map[fault]int{}, ends: map[orderflow.Status]int{}}
	machine := loadMachine(t)
	for seed := range uint64(seeds) {
		simulate(t, machine, seed, seen)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for name, state := range machine {
		if state.Type == "Task" && seen.states[name] == 0 {
			t.Errorf("no order was ever in %s", name)
		}
	}
	for _, f := range faults {
		t.Logf("%s: %d times", f, seen.faults[f])
		if seen.faults[f] < 20 {
			t.Errorf("%s: only %d times", f, seen.faults[f])
		}
	}
	for _, status := range []orderflow.Status{orderflow.Fulfilled, orderflow.Rejected, orderflow.Cancelled} {
		if seen.ends[status] < seeds/10 {
			t.Errorf("only %d orders ended %s: %v", seen.ends[status], status, seen.ends)
		}
	}
}

func simulate(t *testing.T, machine map[string]state, seed uint64, seen *coverage) *simulation {
	s := newSimulation(t, machine, seed, seen)
	products := 1 + s.rnd.IntN(3)
	if seed%80 == 0 {
		products = orderflow.MaxStockMoves + s.rnd.IntN(4) // more than fit into one transaction
	}
	price := int64(min(s.rnd.IntN(8), 1) * 100) // some orders are free
	placePriced(t, s.store, products, 2+s.rnd.IntN(2), []string{"card", "card", "card", "declined", "secured"}[s.rnd.IntN(5)], price)
	s.store.claim("ord_1")
	if s.rnd.IntN(6) == 0 { // too little stock of the last product
		sku := fmt.Sprintf("sku-%03d", products-1)
		s.store.products[sku] = orderflow.Product{SKU: sku, OnHand: 1}
	}
	before := maps.Clone(s.store.products)
	s.run()
	s.checkUnchanged()
	s.check(before)
	seen.ends[s.store.load(t, "ord_1").Status]++
	return s
}

// I11: the same seed gives the same trace.
func TestSimulation_sameSeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		machine := loadMachine(t)
		for seed := range uint64(100) {
			seen := &coverage{states: map[string]int{}, faults: map[fault]int{}, ends: map[orderflow.Status]int{}}
			if a, b := simulate(t, machine, seed, seen), simulate(t, machine, seed, seen); !slices.Equal(a.trace,
				b.trace) {
				t.Fatalf("seed %d: two traces\n%s\n\n%s", seed, a.story(), b.story())
			}
		}
	})
}
