package tasks

import (
	"context"
	"fmt"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

var in = Input{OrderID: "ord_1"}

func reserving(s *store, now Clock) Reserve {
	return Reserve{Orders: s, Steps: s, Catalogue: s, Now: now}
}

func TestValidate_Handle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(s *store)
		want   orderflow.Code
	}{
		{"valid", func(*store) {}, ""},
		{"product gone", func(s *store) { delete(s.products, "sku-001") }, orderflow.CodeInvalidOrder},
		{"cancelled", func(s *store) {
			s.mustChange(func(o *orderflow.Order) error { return o.RequestCancel(orderflow.By{}) })
		}, orderflow.CodeOrderCancelled},
		{"wrong total", func(s *store) {
			s.mustChange(func(o *orderflow.Order) error { o.Total.Amount++; o.Sequence++; return nil })
		}, orderflow.CodeInvalidOrder},
		{"wrong line", func(s *store) {
			s.mustChange(func(o *orderflow.Order) error { o.Lines[0].Total.Amount++; o.Sequence++; return nil })
		}, orderflow.CodeInvalidOrder},
		{"no payment method", func(s *store) {
			s.mustChange(func(o *orderflow.Order) error { o.PaymentMethod = ""; o.Sequence++; return nil })
		}, orderflow.CodeInvalidOrder},
		{"past it", func(s *store) {
			delete(s.products, "sku-001")
			s.mustChange(func(o *orderflow.Order) error { return o.Confirm(orderflow.By{}) })
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStore()
			o := place(t, s, 2, 5, "card")
			tt.change(s)
			commits := s.commits
			got, err := Validate{s, s}.Handle(t.Context(), in)
			wantCode(t, err, tt.want)
			if err == nil && got.Total != o.Total {
				t.Errorf("got %+v", got)
			}
			if s.commits != commits {
				t.Error("validation changed something")
			}
		})
	}
}

func (s *store) mustChange(f func(o *orderflow.Order) error) {
	if err := s.change("ord_1", f); err != nil {
		panic(err)
	}
}

// An order with more products than one transaction can change is reserved, released and shipped
// completely.
func TestStock_chunks(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, orderflow.MaxStockMoves, orderflow.MaxStockMoves + 1, 2*orderflow.MaxStockMoves + 6} {
		t.Run(fmt.Sprintf("%d products", n), func(t *testing.T) {
			t.Parallel()
			s := newStore()
			place(t, s, n, 3, "card")
			reserve := reserving(s, at(start))
			for range 2 { // run twice: the same result and no further effect
				got, err := reserve.Handle(t.Context(), in)
				wantCode(t, err, "")
				if onHand, reserved, _ := s.stock(); got.Products != n || onHand != n || reserved != 2*n {
					t.Fatalf("%+v: on hand %d, reserved %d", got, onHand, reserved)
				}
			}
			for range 2 {
				_, err := Release{s, s, at(start)}.Handle(t.Context(), in)
				wantCode(t, err, "")
				if onHand, reserved, _ := s.stock(); onHand != 3*n || reserved != 0 {
					t.Fatalf("on hand %d, reserved %d", onHand, reserved)
				}
			}
			if o := s.load(t, "ord_1"); o.StockStatus != orderflow.StockReleased {
				t.Errorf("stock status %s", o.StockStatus)
			}
		})
	}
}

func TestReserve_Handle_outOfStock(t *testing.T) {
	t.Parallel()
	s := newStore()
	n := orderflow.MaxStockMoves + 2
	place(t, s, n, 3, "card")
	last := fmt.Sprintf("sku-%03d", n-1)
	s.products[last] = orderflow.Product{SKU: last, OnHand: 1}
	_, err := reserving(s, at(start)).Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeOutOfStock)
	if _, reserved, _ := s.stock(); reserved != 2*orderflow.MaxStockMoves {
		t.Fatalf("reserved %d", reserved)
	}
	_, err = Release{s, s, at(start)}.Handle(t.Context(), in)
	wantCode(t, err, "")
	if _, reserved, _ := s.stock(); reserved != 0 {
		t.Errorf("reserved %d after the release", reserved)
	}
	// New stock arrives, and an abandoned invocation resumes.
	s.products[last] = orderflow.Product{SKU: last, OnHand: 10}
	_, err = reserving(s, at(start)).Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeInvalidState)
	if _, reserved, _ := s.stock(); reserved != 0 {
		t.Errorf("reserved %d too late", reserved)
	}
}

// A release between the read of an order and its commit wins.
func TestReserve_Handle_overtakenByRelease(t *testing.T) {
	t.Parallel()
	s := newStore()
	place(t, s, 1, 3, "card")
	first := true
	s.beforeCommit = func(ctx context.Context) error {
		if !first {
			return nil
		}
		first = false
		_, err := Release{s, s, at(start)}.Handle(ctx, in)
		return err
	}
	_, err := reserving(s, at(start)).Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeInvalidState)
	if _, reserved, _ := s.stock(); reserved != 0 {
		t.Errorf("reserved %d", reserved)
	}
}

func TestRelease_Handle_nothingReserved(t *testing.T) {
	t.Parallel()
	s := newStore()
	place(t, s, 2, 3, "card")
	_, err := Release{s, s, at(start)}.Handle(t.Context(), in)
	wantCode(t, err, "")
	o := s.load(t, "ord_1")
	if onHand, _, _ := s.stock(); onHand != 6 || o.StockStatus != orderflow.StockNone || o.Sequence != 1 {
		t.Errorf("on hand %d, %s, sequence %d", onHand, o.StockStatus, o.Sequence)
	}
}

func TestReserve_Handle_conflictPersists(t *testing.T) {
	t.Parallel()
	s := newStore()
	place(t, s, 1, 3, "card")
	n := 0
	s.beforeCommit = func(context.Context) error { n++; return errConflict }
	_, err := reserving(s, at(start)).Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeConflict)
	if n != attempts {
		t.Errorf("tried %d times", n)
	}
}

func TestRecord_Handle(t *testing.T) {
	t.Parallel()
	s := newStore()
	n := orderflow.MaxStockMoves + 1
	place(t, s, n, 3, "card")
	_, err := Record{Orders: s, Steps: s, Ledger: s, Now: at(start)}.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeInvalidState)
	_, err = reserving(s, at(start)).Handle(t.Context(), in)
	wantCode(t, err, "")
	s.mustChange(func(o *orderflow.Order) error { return o.Capture(orderflow.By{}) })
	s.mustChange(func(o *orderflow.Order) error {
		return o.RequestShipment("shp_1", orderflow.Wait{Step: "s", Token: "t"}, orderflow.By{})
	})
	s.mustChange(func(o *orderflow.Order) error { return o.Dispatch("Post", "T1", orderflow.By{}) })
	for range 2 {
		_, err = Record{Orders: s, Steps: s, Ledger: s, Now: at(start)}.Handle(t.Context(), in)
		wantCode(t, err, "")
		if onHand, reserved, shipped := s.stock(); onHand != n || reserved != 0 || shipped != 2*n {
			t.Errorf("on hand %d, reserved %d, shipped %d", onHand, reserved, shipped)
		}
	}
	if o := s.load(t, "ord_1"); o.Status != orderflow.Fulfilled || o.Wait != nil {
		t.Errorf("%s, %v", o.Status, o.Wait)
	}
	_, err = Release{s, s, at(start)}.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeInvalidState)
}
