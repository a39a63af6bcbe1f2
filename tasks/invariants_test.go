package tasks

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow"
)

func (s *simulation) story() string { return strings.Join(s.trace, "\n") }

// checkUnchanged delivers everything that is still pending: the ended order does not change. Then
// it delivers late status events and a late carrier notice, which may change the order. The
// reconciler leaves no mark without a cause.
func (s *simulation) checkUnchanged() {
	ended := s.store.load(s.t, "ord_1")
	s.settle()
	now := s.store.load(s.t, "ord_1")
	alerted := now.Shipment != nil && now.Shipment.Late != nil // an alert for a late dispatch was sent
	if ended.Sequence == now.Sequence && ended.Version != now.Version && !alerted ||
		!reflect.DeepEqual(unmarked(ended), unmarked(now)) {
		s.t.Errorf("the order ended as\n%+v\nand changed to\n%+v\n%s", ended, now, s.story())
	}
	for len(s.news) > 0 {
		s.deliver()
	}
	if now.Shipment != nil {
		s.carrier(orderflow.NoticeDispatched)
	}
	s.budget = 0
	for len(s.zombies) > 0 {
		s.comeBack()
	}
	s.down = false
	for range 2 {
		s.reconcile()
	}
}

// unmarked returns the order without its marks.
func unmarked(o *orderflow.Order) *orderflow.Order {
	c := clone(o)
	if c.Shipment != nil && c.Shipment.Late != nil {
		c.Shipment.Late.Alerted = false
	}
	c.Attention, c.Sequence, c.Version, c.UpdatedAt = nil, 0, 0, time.Time{}
	c.Timeline = slices.DeleteFunc(c.Timeline,
		func(c orderflow.Change) bool { return c.Type == orderflow.OrderAttentionChanged })
	return c
}

// check checks the invariants of the ended order.
func (s *simulation) check(before map[string]orderflow.Product) {
	o := s.store.load(s.t, "ord_1")
	fail := func(format string, args ...any) {
		s.t.Errorf(format+"\n%s", append(args, s.story())...)
	}
	if !o.Status.Final() {
		fail("I1: the order is %s", o.Status)
	}
	s.checkMarks(o, fail)
	for _, c := range s.provider.captures {
		if c.Amount != o.Total || len(s.provider.captures) > 1 {
			fail("I2: the total is %s, captured %v", o.Total, s.provider.captures)
		}
	}
	if r := o.Review; r != nil && r.Decision != orderflow.ReviewApproved && len(s.provider.captures)+len(s.provider.declined) > 0 {
		fail("the provider was asked to charge an order whose review is %q", r.Decision)
	}
	for _, h := range s.provider.holds {
		if h.live(s.now) {
			fail("I4: the authorisation %+v of a %s order is still open", h, o.Status)
		}
	}
	if a := s.provider.open(); a != nil {
		fail("I4: the customer of a %s order can still confirm %+v", o.Status, a)
	}
	s.checkStock(o, before, fail)
	captured, refunded := len(s.provider.captures) == 1, len(s.provider.refunds) == 1
	due := captured && o.Status != orderflow.Fulfilled
	if due != refunded || len(s.provider.refunds) > 1 || refunded && s.provider.refunds[0].Amount != o.Total {
		fail("I4: captured %v, order %s, refunds %v", captured, o.Status, s.provider.refunds)
	}
	dispatched, free := o.Shipment != nil && o.Shipment.Status == orderflow.ShipmentStatusDispatched, o.Total.Amount == 0
	if dispatched != (o.Status == orderflow.Fulfilled) || dispatched && (captured == free || o.Cancel != nil) {
		fail("I5: dispatched %v, captured %v, order %s", dispatched, captured, o.Status)
	}
	charge := s.store.payments["ord_1/charge"]
	want := map[bool]orderflow.PaymentStatus{true: orderflow.PaymentRefunded, false: orderflow.PaymentNone}[refunded]
	switch {
	case free:
		if s.provider.calls > 0 {
			fail("the provider was asked about an order that costs nothing")
		}
	case o.Status == orderflow.Fulfilled:
		want = orderflow.PaymentCaptured
	case s.provider.declined[charge.Key()], charge.State == orderflow.PaymentFailed:
		want = orderflow.PaymentDeclined
	}
	if o.PaymentStatus != want && !s.onlyProviderKnows(o) {
		fail("payment status %s, want %s", o.PaymentStatus, want)
	}
	s.checkEvents(o, fail)
	s.checkClaim(o, fail)
}

// checkSecured: goods leave only with a live authorisation or a capture (I5).
func (s *simulation) checkSecured(o *orderflow.Order) {
	live := func(h *hold) bool { return h.live(s.now) }
	if o.Total.Amount > 0 && len(s.provider.captures) == 0 && !slices.ContainsFunc(s.provider.holds, live) {
		s.t.Errorf("I5: dispatched without money: %+v\n%s", s.provider.holds, s.story())
	}
}

// checkMarks: operators have no mark left except a late dispatch, and the customer got the final
// notification.
func (s *simulation) checkMarks(o *orderflow.Order, fail func(string, ...any)) {
	late := o.Shipment != nil && o.Shipment.Late != nil
	if (o.Attention != nil) != late || late && (o.Attention.Code != string(orderflow.CodeDispatchedLate) || !o.Shipment.Late.Alerted) || o.Unsent != nil {
		fail("dispatched late %v, but the mark is %+v, unsent %+v", late, o.Attention, o.Unsent)
	}
	kind := orderflow.NotifyClosed
	if o.Status == orderflow.Fulfilled {
		kind = orderflow.NotifyShipped
	}
	if !slices.ContainsFunc(s.sent, func(n orderflow.Notification) bool { return n.Kind == kind }) {
		fail("the customer got no notification %q", kind)
	}
}

// onlyProviderKnows: a voided charge was declined later or refunded at once. The order does not
// record it.
func (s *simulation) onlyProviderKnows(o *orderflow.Order) bool {
	return o.PaymentStatus == orderflow.PaymentNone && s.store.payments["ord_1/charge"].State == orderflow.PaymentVoided
}

func (s *simulation) checkStock(o *orderflow.Order, before map[string]orderflow.Product, fail func(string, ...any)) {
	for sku, want := range before {
		if o.Status == orderflow.Fulfilled {
			want.OnHand, want.Shipped = want.OnHand-2, 2
		}
		if got := s.store.products[sku]; !reflect.DeepEqual(got, want) || got.OnHand < 0 {
			fail("I3: stock of a %s order is %+v, want %+v", o.Status, got, want)
		}
	}
}

// bus accepts most events, repeats some, and loses none for good.
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

// checkEvents publishes the stream as Lambda does, repeating from the first failure, and folds the
// published events.
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
