package tasks

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/storetest"
)

func claimKey(c orderflow.Claim) string { return c.CustomerID + "/" + c.PromotionCode }

// placing is a store to which orders come as the API places them.
type placing struct {
	*store
	answers map[string][]byte
}

func (p placing) Answer(_ context.Context, key string, _ time.Time) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answers[key], nil
}

func (p placing) Place(
	_ context.Context, o *orderflow.Order, key string, answer []byte, _, _ time.Time,
) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if earlier := p.answers[key]; earlier != nil {
		return earlier, nil
	}
	if c := o.Claim(); c != nil {
		if _, ok := p.claims[claimKey(*c)]; ok {
			return nil, orderflow.Errorf(orderflow.CodePromotionUsed, "promotion %s was used", c.PromotionCode)
		}
		p.claims[claimKey(*c)] = *c
	}
	p.answers[key] = answer
	p.save(o)
	return nil, nil
}

func TestStore_claims(t *testing.T) {
	t.Parallel()
	storetest.TestClaims(t, func(*testing.T) storetest.Claims { return placing{newStore(), map[string][]byte{}} })
}

// claim lets the order be one with a promotion that is for one order of each customer.
func (s *store) claim(id string) {
	o := s.orders[id]
	none := orderflow.Money{Currency: o.Total.Currency}
	o.Price = &orderflow.Price{
		Subtotal: o.Total, Discount: none, Shipping: none, Tax: none, PromotionCode: "ONCE", OncePerCustomer: true,
	}
	c := o.Claim()
	s.claims[claimKey(*c)] = *c
}

// The promotion goes back to the customer with the order's end, once, and stays used if it was paid
// with.
func TestClose_Handle_returnsClaim(t *testing.T) {
	t.Parallel()
	by := orderflow.By{At: start, Actor: "customer:cus_1"}
	pays := func(status orderflow.PaymentStatus) func(*orderflow.Order) error {
		return func(o *orderflow.Order) error {
			o.SetPaymentStatus(status, by)
			return nil
		}
	}
	for _, tt := range []struct {
		name string
		do   func(*orderflow.Order) error
		kept bool
	}{
		{"rejected", pays(orderflow.PaymentNone), false},
		{"declined", pays(orderflow.PaymentDeclined), false},
		{"cancelled", func(o *orderflow.Order) error { return o.RequestCancel(by) }, false},
		{"refunded", pays(orderflow.PaymentRefunded), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStore()
			place(t, s, 1, 5, "card")
			s.claim("ord_1")
			if err := s.change("ord_1", tt.do); err != nil {
				t.Fatal(err)
			}
			c := Close{s, at(start)}
			if _, err := c.Handle(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			if len(s.claims) > 0 != tt.kept {
				t.Errorf("claims %v", s.claims)
			}
			other := orderflow.Claim{CustomerID: "cus_1", PromotionCode: "ONCE", OrderID: "ord_2"}
			s.claims[claimKey(other)] = other
			if _, err := c.Handle(t.Context(), in); err != nil || s.claims[claimKey(other)] != other {
				t.Errorf("closed twice: %v, claims %v", err, s.claims)
			}
		})
	}
}

// checkClaim: the promotion is used by an order that was fulfilled or paid, and by no other.
func (s *simulation) checkClaim(o *orderflow.Order, fail func(string, ...any)) {
	if used := len(s.store.claims) > 0; used != (o.ReturnedClaim() == nil) {
		fail("the order ended %s, payment %s, and the promotion is used: %s", o.Status, o.PaymentStatus, fmt.Sprint(used))
	}
}
