package storetest

import (
	"fmt"
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
			return orderflow.Write{
				Order: o, Step: &orderflow.Step{OrderID: o.ID, Name: fmt.Sprint(o.Sequence), Result: []byte("{}")},
			}
		})
	})
	t.Run("guards", func(t *testing.T) { testGuards(t, open) })
	t.Run("warehouses", func(t *testing.T) { testWarehouses(t, open) })
	for _, tt := range []struct {
		name string
		test func(*testing.T, Opener)
	}{
		{"records", testRecords}, {"whole or not at all", testWhole}, {"stock", testStock},
		{"conflict before stock", testConflictBeforeStock},
		{"most moves", testMostMoves}, {"race", testRace}, {"holds", testHolds}, {"movements", testMovements},
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
	paid := &orderflow.Payment{
		OrderID: "ord_1", Step: "charge", State: orderflow.PaymentStarted, Amount: usd(5), StartedAt: noon,
		CalledAt: noon,
	}
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Step: step, Payment: paid}), "")
	if got, err := s.Step(t.Context(), "ord_1", "charge"); err != nil || string(got.Result) != string(step.Result) ||
		got.Name != "charge" || got.OrderID != "ord_1" {
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
	wantCode(t, s.Commit(t.Context(), orderflow.Write{Order: o, Step: step, Payment: p, Stock: move(2)}),
		orderflow.CodeOutOfStock)
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
	p := productOf(t, s, sku)
	return p.OnHand, p.Reserved, p.Shipped
}

// testGuards: the last write of each row succeeds, or is refused as a conflict with those before
// it.
func testGuards(t *testing.T, open Opener) {
	const conflict = orderflow.CodeConflict
	step := orderflow.Write{Step: &orderflow.Step{OrderID: "ord_1", Name: "reserve/1", Result: []byte(`{"n":1}`)}}
	pay := func(state orderflow.PaymentState, revision int) orderflow.Write {
		return orderflow.Write{Payment: &orderflow.Payment{
			OrderID: "ord_1", Step: "charge", State: state, Amount: usd(5), Revision: revision,
		}}
	}
	started, succeeded, failed := orderflow.PaymentStarted, orderflow.PaymentSucceeded, orderflow.PaymentFailed
	voided, notDue, held := orderflow.PaymentVoided, orderflow.PaymentNotDue, orderflow.PaymentHeld
	second := func() orderflow.Write {
		w := pay(started, 1)
		w.Payment.Attempt, w.Payment.RenewAt = 2, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		return w
	}
	for _, tt := range []struct {
		name   string
		writes []orderflow.Write
		want   orderflow.Code
	}{
		{"step once", []orderflow.Write{step}, ""},
		{"step twice", []orderflow.Write{step, step}, conflict},
		{"payment started", []orderflow.Write{pay(started, 0)}, ""},
		{"payment started twice", []orderflow.Write{pay(started, 0), pay(started, 0)}, conflict},
		{"payment changed", []orderflow.Write{pay(started, 0), pay(started, 1)}, ""},
		{"payment changed concurrently", []orderflow.Write{pay(started, 0), pay(started, 1), pay(started, 1)}, conflict},
		{"payment settled", []orderflow.Write{pay(started, 0), pay(succeeded, 1)}, ""},
		{"payment settled without a start", []orderflow.Write{pay(succeeded, 1)}, conflict},
		{"payment voided without a start", []orderflow.Write{pay(voided, 0)}, ""},
		{"payment settled twice", []orderflow.Write{pay(started, 0), pay(succeeded, 1), pay(failed, 1)}, conflict},
		{"payment started after it was voided", []orderflow.Write{pay(voided, 0), pay(started, 0)}, conflict},
		{"payment attempted again", []orderflow.Write{pay(started, 0), second()}, ""},
		{"payment attempted again concurrently", []orderflow.Write{pay(started, 0), second(), pay(started, 1)}, conflict},
		{"no payment due", []orderflow.Write{pay(notDue, 0)}, ""},
		{"no payment due, twice", []orderflow.Write{pay(notDue, 0), pay(notDue, 0)}, conflict},
		{"no payment due after it was voided", []orderflow.Write{pay(voided, 0), pay(notDue, 0)}, conflict},
		{"payment started where none is due", []orderflow.Write{pay(notDue, 0), pay(started, 0)}, conflict},
		{"payment voided where none is due", []orderflow.Write{pay(notDue, 0), pay(voided, 0)}, conflict},
		{"payment declined", []orderflow.Write{pay(started, 0), pay(failed, 1)}, ""},
		{"payment declined after another attempt began", []orderflow.Write{pay(started, 0), second(), pay(failed, 1)}, conflict},
		{"payment voided after a start", []orderflow.Write{pay(started, 0), pay(voided, 1)}, ""},
		{"payment declined without a start", []orderflow.Write{pay(failed, 0)}, conflict},
		{"payment authorised", []orderflow.Write{pay(started, 0), pay(held, 1)}, ""},
		{"payment authorised without a start", []orderflow.Write{pay(held, 0)}, conflict},
		{"authorisation changed", []orderflow.Write{pay(started, 0), pay(held, 1), pay(held, 2)}, ""},
		{"authorisation changed concurrently",
			[]orderflow.Write{pay(started, 0), pay(held, 1), pay(held, 2), pay(held, 2)}, conflict},
		{"authorisation captured", []orderflow.Write{pay(started, 0), pay(held, 1), pay(succeeded, 2)}, ""},
		{"authorisation captured after a renewal",
			[]orderflow.Write{pay(started, 0), pay(held, 1), pay(held, 2), pay(succeeded, 2)}, conflict},
		{"authorisation voided", []orderflow.Write{pay(started, 0), pay(held, 1), pay(voided, 2)}, ""},
		{"authorisation voided after a renewal",
			[]orderflow.Write{pay(started, 0), pay(held, 1), pay(held, 2), pay(voided, 2)}, conflict},
		{"authorisation voided after its capture",
			[]orderflow.Write{pay(started, 0), pay(held, 1), pay(succeeded, 2), pay(voided, 2)}, conflict},
		{"authorisation declined", []orderflow.Write{pay(started, 0), pay(held, 1), pay(failed, 2)}, conflict},
		{"payment started after its authorisation",
			[]orderflow.Write{pay(started, 0), pay(held, 1), pay(started, 2)}, conflict},
		{"nothing", []orderflow.Write{{}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			last := len(tt.writes) - 1
			for _, w := range tt.writes[:last] {
				wantCode(t, s.Commit(t.Context(), w), "")
			}
			wantCode(t, s.Commit(t.Context(), tt.writes[last]), tt.want)
		})
	}
}
