package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// Opener opens a new store with these products.
type Opener = func(t *testing.T, products ...orderflow.Product) Store

// TestStore tests the guard of each part of a write, and that a write is applied whole or not at
// all.
func TestStore(t *testing.T, open Opener) {
	TestOrders(t, func(t *testing.T) Orders { return open(t) })
	t.Run("version with a step", func(t *testing.T) {
		t.Parallel()
		testVersion(t, open(t), func(o *orderflow.Order) orderflow.Write {
			return orderflow.Write{Order: o, Step: &orderflow.Step{OrderID: o.ID, Name: fmt.Sprint(o.Sequence), Result: []byte("{}")}}
		})
	})
	t.Run("guards", func(t *testing.T) { testGuards(t, open) })
	for _, tt := range []struct {
		name string
		test func(*testing.T, Opener)
	}{
		{"records", testRecords}, {"whole or not at all", testWhole}, {"stock", testStock}, {"conflict before stock", testConflictBeforeStock},
		{"most moves", testMostMoves}, {"race", testRace},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, open)
		})
	}
}

// testRecords: steps and payments are loaded as they were saved.
func testRecords(t *testing.T, open Opener) {
	s := open(t)
	if step, err := s.Step(t.Context(), "ord_1", "charge"); step != nil || err != nil {
		t.Errorf("got %v, %v of a step that was not done", step, err)
	}
	if p, err := s.Payment(t.Context(), "ord_1", "charge"); p != nil || err != nil {
		t.Errorf("got %v, %v of an empty ledger", p, err)
	}
	step := &orderflow.Step{OrderID: "ord_1", Name: "charge", Result: []byte(`{"n":1}`)}
	paid := &orderflow.Payment{OrderID: "ord_1", Step: "charge", State: orderflow.PaymentStarted, Amount: usd(5), StartedAt: noon, CalledAt: noon}
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Step: step, Payment: paid}), "")
	if got, err := s.Step(t.Context(), "ord_1", "charge"); err != nil || string(got.Result) != string(step.Result) || got.Name != "charge" || got.OrderID != "ord_1" {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := s.Payment(t.Context(), "ord_1", "charge"); err != nil || *got != *paid || got.Revision != 1 {
		t.Errorf("got %+v, %v, want %+v", got, err, paid)
	}
}

// testWhole: if one part of a write is refused, nothing is written and no version is raised.
func testWhole(t *testing.T, open Opener) {
	s, o := open(t, stocked(map[string]int{"a": 1})...), NewOrder(t, "ord_1", "a")
	p := &orderflow.Payment{OrderID: "ord_1", Step: "charge", State: orderflow.PaymentStarted, Amount: usd(5)}
	step := &orderflow.Step{OrderID: "ord_1", Name: "reserve/1", Result: []byte("{}")}
	move := func(q int) []orderflow.StockMove {
		return []orderflow.StockMove{{SKU: "a", Kind: orderflow.Reserve, Quantity: q}}
	}
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o, Step: step, Payment: p, Stock: move(2)}), orderflow.CodeOutOfStock)
	if o.Version != 0 || p.Revision != 0 {
		t.Errorf("version %d, revision %d after a refusal", o.Version, p.Revision)
	}
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o, Step: step, Payment: p, Stock: move(1)}), "")
	if o.Version != 1 || p.Revision != 1 {
		t.Errorf("version %d, revision %d", o.Version, p.Revision)
	}
}

func stockOf(t *testing.T, s Store, sku string) (onHand, reserved, shipped int) {
	t.Helper()
	found, err := s.Products(t.Context(), []string{sku})
	if err != nil {
		t.Fatal(err)
	}
	p := found[sku]
	return p.OnHand, p.Reserved, p.Shipped
}

func testGuards(t *testing.T, open Opener) {
	step := &orderflow.Step{OrderID: "ord_1", Name: "reserve/1", Result: []byte(`{"n":1}`)}
	pay := func(state orderflow.PaymentState, revision int) *orderflow.Payment {
		return &orderflow.Payment{OrderID: "ord_1", Step: "charge", State: state, Amount: usd(5), Revision: revision}
	}
	started, succeeded, failed, voided := orderflow.PaymentStarted, orderflow.PaymentSucceeded, orderflow.PaymentFailed, orderflow.PaymentVoided
	notDue := orderflow.PaymentNotDue
	second := func() *orderflow.Payment {
		p := pay(started, 1)
		p.Attempt, p.RenewAt = 2, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		return p
	}
	for _, tt := range []struct {
		name   string
		before []orderflow.Write
		write  orderflow.Write
		want   orderflow.Code
	}{
		{"step once", nil, orderflow.Write{Step: step}, ""},
		{"step twice", []orderflow.Write{{Step: step}}, orderflow.Write{Step: step}, orderflow.CodeConflict},
		{"payment started", nil, orderflow.Write{Payment: pay(started, 0)}, ""},
		{"payment started twice", []orderflow.Write{{Payment: pay(started, 0)}}, orderflow.Write{Payment: pay(started, 0)}, orderflow.CodeConflict},
		{"payment changed", []orderflow.Write{{Payment: pay(started, 0)}}, orderflow.Write{Payment: pay(started, 1)}, ""},
		{"payment changed concurrently", []orderflow.Write{{Payment: pay(started, 0)}, {Payment: pay(started, 1)}}, orderflow.Write{Payment: pay(started, 1)}, orderflow.CodeConflict},
		{"payment settled", []orderflow.Write{{Payment: pay(started, 0)}}, orderflow.Write{Payment: pay(succeeded, 1)}, ""},
		{"payment settled without a start", nil, orderflow.Write{Payment: pay(succeeded, 1)}, orderflow.CodeConflict},
		{"payment given up without a start", nil, orderflow.Write{Payment: pay(voided, 0)}, ""},
		{"payment settled twice", []orderflow.Write{{Payment: pay(started, 0)}, {Payment: pay(succeeded, 1)}}, orderflow.Write{Payment: pay(failed, 1)}, orderflow.CodeConflict},
		{"payment started after it was given up", []orderflow.Write{{Payment: pay(voided, 0)}}, orderflow.Write{Payment: pay(started, 0)}, orderflow.CodeConflict},
		{"payment attempted again", []orderflow.Write{{Payment: pay(started, 0)}}, orderflow.Write{Payment: second()}, ""},
		{"payment attempted again by somebody else", []orderflow.Write{{Payment: pay(started, 0)}, {Payment: second()}}, orderflow.Write{Payment: pay(started, 1)}, orderflow.CodeConflict},
		{"no payment due", nil, orderflow.Write{Payment: pay(notDue, 0)}, ""},
		{"no payment due, twice", []orderflow.Write{{Payment: pay(notDue, 0)}}, orderflow.Write{Payment: pay(notDue, 0)}, orderflow.CodeConflict},
		{"no payment due after it was given up", []orderflow.Write{{Payment: pay(voided, 0)}}, orderflow.Write{Payment: pay(notDue, 0)}, orderflow.CodeConflict},
		{"payment started where none is due", []orderflow.Write{{Payment: pay(notDue, 0)}}, orderflow.Write{Payment: pay(started, 0)}, orderflow.CodeConflict},
		{"payment given up where none is due", []orderflow.Write{{Payment: pay(notDue, 0)}}, orderflow.Write{Payment: pay(voided, 0)}, orderflow.CodeConflict},
		{"payment given up after a start", []orderflow.Write{{Payment: pay(started, 0)}}, orderflow.Write{Payment: pay(voided, 1)}, ""},
		{"payment declined without a start", nil, orderflow.Write{Payment: pay(failed, 0)}, orderflow.CodeConflict},
		{"nothing", nil, orderflow.Write{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			for _, w := range tt.before {
				wantCode(t, s.Commit(t.Context(), w), "")
			}
			wantCode(t, s.Commit(t.Context(), tt.write), tt.want)
		})
	}
}

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
	want("b", 1, 0, 0)
	if o.Version != 4 {
		t.Errorf("version %d after four writes that succeeded", o.Version)
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
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Step: step, Stock: []orderflow.StockMove{{SKU: "none", Kind: orderflow.Reserve, Quantity: 1}}}), orderflow.CodeConflict)
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
		Payment: &orderflow.Payment{OrderID: "ord_1", Step: "charge", State: orderflow.PaymentStarted, Amount: usd(5)}, Stock: moves,
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
			errs[i] = s.Commit(t.Context(), orderflow.Write{Step: step, Stock: []orderflow.StockMove{{SKU: "a", Kind: orderflow.Reserve, Quantity: 1}}})
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
