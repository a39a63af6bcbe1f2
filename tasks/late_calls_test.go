package tasks

import (
	"context"
	"fmt"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// A late or repeated invocation reserves no stock that is never released, and releases none that is
// paid for.
func TestLateCalls_stock(t *testing.T) {
	t.Parallel()
	rejected := func(o *orderflow.Order) error { return o.Close(orderflow.By{At: start, Reason: "InvalidOrder"}) }
	for _, products := range []int{1, orderflow.MaxStockMoves + 2} { // one transaction, and two
		t.Run(fmt.Sprint(products), func(t *testing.T) {
			t.Parallel()
			s := newStore()
			place(t, s, products, 3, "card")
			s.mustChange(rejected)
			ended := s.load(t, "ord_1")
			_, err := reserving(s, at(start)).Handle(t.Context(), in)
			wantCode(t, err, orderflow.CodeInvalidState)
			_, err = Release{s, s, at(start)}.Handle(t.Context(), in)
			wantCode(t, err, "")
			if onHand, reserved, _ := s.stock(); onHand != 3*products || reserved != 0 {
				t.Errorf("on hand %d, reserved %d", onHand, reserved)
			}
			if o := s.load(t, "ord_1"); o.Version != ended.Version {
				t.Errorf("changed to %+v", o)
			}
		})
	}
	t.Run("release of what is paid for", func(t *testing.T) {
		t.Parallel()
		for _, change := range []func(*orderflow.Order) error{nil, dispatched} {
			s := shipping(t)
			if change != nil {
				s.mustChange(change)
			}
			_, reserved, _ := s.stock()
			_, err := Release{s, s, at(start)}.Handle(t.Context(), in)
			wantCode(t, err, orderflow.CodeInvalidState)
			if _, still, _ := s.stock(); still != reserved {
				t.Errorf("reserved %d, then %d", reserved, still)
			}
		}
	})
}

// It does not release the stock of a free order that is being shipped either.
func TestLateCalls_freeOrder(t *testing.T) {
	t.Parallel()
	s := newStore()
	placePriced(t, s, 1, 3, "card", 0)
	_, err := reserving(s, at(start)).Handle(t.Context(), in)
	wantCode(t, err, "")
	s.mustChange(func(o *orderflow.Order) error { return o.SkipPayment(orderflow.By{At: start}) })
	release := Release{s, s, at(start)}
	_, err = release.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodeInvalidState)
	s.mustChange(cancelled)
	_, err = release.Handle(t.Context(), in)
	wantCode(t, err, "")
}

// A charge that takes effect after Refund voided its ledger entry is refunded at once, in full,
// once.
func TestCharge_giveUp(t *testing.T) {
	t.Parallel()
	s, p, charge, refund := confirmed(t, "card")
	var late func() // the provider's delayed effect
	p.before = func(context.Context) error {
		if late == nil {
			late = func() {
				p.captures = append(p.captures, capture{
					key: "ord_1/charge", Receipt: orderflow.Receipt{ProviderID: "pi_late", Amount: s.load(t, "ord_1").Total}, at: start,
				})
			}
			return orderflow.Errorf(orderflow.CodePaymentUnavailable, "not now")
		}
		return nil
	}
	_, err := charge.Handle(t.Context(), in)
	wantCode(t, err, orderflow.CodePaymentUnavailable)
	s.mustChange(cancelled)
	_, err = refund.Handle(t.Context(), in)
	wantCode(t, err, "")
	late()
	for range 2 {
		_, err = charge.Handle(t.Context(), in)
		wantCode(t, err, orderflow.CodeOrderCancelled)
	}
	if len(p.refunds) != 1 || p.refunds[0].ProviderID != "pi_late" || p.refunds[0].Amount != s.load(t, "ord_1").Total {
		t.Errorf("captured %v, refunded %v", p.captures, p.refunds)
	}
}
