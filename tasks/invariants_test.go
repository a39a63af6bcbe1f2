package tasks

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"strings"

	"orderflow"
)

// check checks the invariants of the order that ended.
func (s *simulation) check(before map[string]orderflow.Product) {
	o := s.store.load(s.t, "ord_1")
	fail := func(format string, args ...any) {
		s.t.Errorf(format+"\n%s", append(args, strings.Join(s.trace, "\n"))...)
	}
	if !o.Status.Final() {
		fail("I1: the order is %s", o.Status)
	}
	for _, c := range s.provider.captures {
		if c.Amount != o.Total || len(s.provider.captures) > 1 {
			fail("I2: the total is %s, captured %v", o.Total, s.provider.captures)
		}
	}
	s.checkStock(o, before, fail)
	captured, refunded := len(s.provider.captures) == 1, len(s.provider.refunds) == 1
	due := captured && o.Status != orderflow.Fulfilled
	if due != refunded || len(s.provider.refunds) > 1 || refunded && s.provider.refunds[0].Amount != o.Total {
		fail("I4: captured %v, order %s, refunds %v", captured, o.Status, s.provider.refunds)
	}
	dispatched, free := o.Shipment != nil && o.Shipment.Status == orderflow.ShipmentDispatched, o.Total.Amount == 0
	if dispatched != (o.Status == orderflow.Fulfilled) || dispatched && (captured == free || o.Cancel != nil) {
		fail("I5: dispatched %v, captured %v, order %s", dispatched, captured, o.Status)
	}
	want := map[bool]orderflow.PaymentStatus{true: orderflow.PaymentRefunded, false: orderflow.PaymentNone}[refunded]
	switch {
	case free:
		if s.provider.calls > 0 {
			fail("the provider was asked about an order that costs nothing")
		}
	case o.Status == orderflow.Fulfilled:
		want = orderflow.PaymentCaptured
	case len(s.provider.declined) > 0:
		want = orderflow.PaymentDeclined
	}
	if o.PaymentStatus != want && !s.onlyProviderKnows(o) {
		fail("payment status %s, want %s", o.PaymentStatus, want)
	}
	s.checkEvents(o, fail)
}

// onlyProviderKnows: a charge that was given up was declined later, or went straight back. The order never heard of it.
func (s *simulation) onlyProviderKnows(o *orderflow.Order) bool {
	return o.PaymentStatus == orderflow.PaymentNone && s.store.payments["ord_1/charge"].Reason == voided
}

func (s *simulation) checkStock(o *orderflow.Order, before map[string]orderflow.Product, fail func(string, ...any)) {
	for sku, want := range before {
		if o.Status == orderflow.Fulfilled {
			want.OnHand, want.Shipped = want.OnHand-2, 2
		}
		if got := s.store.products[sku]; got != want || got.OnHand < 0 {
			fail("I3: stock of a %s order is %+v, want %+v", o.Status, got, want)
		}
	}
}

// bus takes most events, some twice, and loses none for good.
type bus struct {
	rnd    *rand.Rand
	events []orderflow.EventDetail
}

func (b *bus) Publish(_ context.Context, events []orderflow.EventDetail) (failed []int, err error) {
	for i, e := range events {
		switch b.rnd.IntN(6) {
		case 0:
			failed = append(failed, i)
		case 1:
			b.events = append(b.events, e, e)
		default:
			b.events = append(b.events, e)
		}
	}
	return failed, nil
}

// checkEvents publishes the stream as Lambda would, from the lowest failure again, and folds what came out.
func (s *simulation) checkEvents(o *orderflow.Order, fail func(string, ...any)) {
	b := &bus{rnd: s.rnd}
	p := Publish{b, slog.New(slog.DiscardHandler)}
	for left := s.store.stream; len(left) > 0; {
		out, err := p.Handle(s.t.Context(), Stream{left})
		if err != nil {
			s.t.Fatal(err)
		}
		if len(out.Failures) == 0 {
			break
		}
		for left[0].SequenceNumber != out.Failures[0].ID {
			left = left[1:]
		}
	}
	folded, err := orderflow.Fold(b.events)
	if err != nil || !reflect.DeepEqual(folded, o.State()) {
		fail("I7: fold of %d events is %+v (%v), the order is %+v", len(b.events), folded, err, o.State())
	}
}
