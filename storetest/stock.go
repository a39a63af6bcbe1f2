package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

func testStock(t *testing.T, open Opener) {
	s := open(t, stocked(map[string]int{"a": 3, "b": 1})...)
	o := NewOrder(t, "ord_1", "a", "b")
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o}), "")
	move := func(kind orderflow.StockMoveKind, quantities ...int) error {
		w := orderflow.Write{Order: o}
		for i, q := range quantities {
			w.Stock = append(w.Stock, orderflow.StockMove{SKU: []string{"a", "b", "none"}[i], Kind: kind, Quantity: q})
		}
		return s.Commit(t.Context(), w)
	}
	want := func(sku string, onHand, reserved, shipped int) {
		t.Helper()
		if h, r, sh := stockOf(t, s, sku); h != onHand || r != reserved || sh != shipped {
			t.Errorf("%s: on hand %d, reserved %d, shipped %d", sku, h, r, sh)
		}
	}
	err := move(orderflow.Reserve, 2, 2, 1)
	wantCode(t, err, orderflow.CodeOutOfStock)
	if !strings.HasSuffix(err.Error(), "not enough in stock: b, none") {
		t.Errorf("the SKUs are missing: %v", err)
	}
	want("a", 3, 0, 0)
	wantCode(t, move(orderflow.Reserve, 3, 1), "")
	wantCode(t, move(orderflow.Release, 1, 1), "")
	wantCode(t, move(orderflow.Ship, 2), "")
	wantCode(t, move(orderflow.Ship, 1), orderflow.CodeInvalidState)
	want("a", 1, 0, 2)
	wantCode(t, move(orderflow.TakeBack, 3), orderflow.CodeInvalidState)
	wantCode(t, move(orderflow.TakeBack, 1), "")
	want("a", 2, 0, 1)
	want("b", 1, 0, 0)
	if o.Version != 5 {
		t.Errorf("version %d after five writes that succeeded", o.Version)
	}
	if err := move(orderflow.Reserve, 0); err == nil {
		t.Error("a move of quantity 0 was accepted")
	}
}

// testConflictBeforeStock: a conflict takes precedence over a lack of stock, because the stock may
// suffice after a reload.
func testConflictBeforeStock(t *testing.T, open Opener) {
	s := open(t)
	step := &orderflow.Step{OrderID: "ord_1", Name: "reserve/1", Result: []byte("{}")}
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Step: step}), "")
	wantCode(t, s.Commit(t.Context(), orderflow.Write{
		Step: step, Stock: []orderflow.StockMove{{SKU: "none", Kind: orderflow.Reserve, Quantity: 1}},
	}), orderflow.CodeConflict)
}

func testMostMoves(t *testing.T, open Opener) {
	onHand := map[string]int{}
	var moves []orderflow.StockMove
	for i := range orderflow.MaxStockMoves {
		sku := fmt.Sprintf("sku-%d", i)
		onHand[sku] = 1
		moves = append(moves, orderflow.StockMove{SKU: sku, Kind: orderflow.Reserve, Quantity: 1})
	}
	s := open(t, stocked(onHand)...)
	wantCode(t, s.Commit(t.Context(), orderflow.Write{
		Order: NewOrder(t, "ord_1", "a"), Step: &orderflow.Step{OrderID: "ord_1", Name: "x", Result: []byte("{}")},
		Payment: &orderflow.Payment{OrderID: "ord_1", Step: "charge", State: orderflow.PaymentStarted, Amount: usd(5)},
		Stock:   moves,
	}), "")
}

// testRace: of many concurrent reservations of the last pieces, as many succeed as there are
// pieces.
func testRace(t *testing.T, open Opener) {
	s := open(t, stocked(map[string]int{"a": 5})...)
	errs := make([]error, 20)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			step := &orderflow.Step{OrderID: fmt.Sprint(i), Name: "reserve/1", Result: []byte("{}")}
			errs[i] = s.Commit(t.Context(), orderflow.Write{
				Step: step, Stock: []orderflow.StockMove{{SKU: "a", Kind: orderflow.Reserve, Quantity: 1}},
			})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantCode(t, err, orderflow.CodeOutOfStock)
	}
	if onHand, reserved, _ := stockOf(t, s, "a"); won != 5 || onHand != 0 || reserved != 5 {
		t.Errorf("%d succeeded; on hand %d, reserved %d", won, onHand, reserved)
	}
}
