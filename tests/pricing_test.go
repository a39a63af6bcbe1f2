package tests

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

// promoted is an order with a promotion.
func promoted(code, paymentMethod string, items ...item) []byte {
	return with(order(paymentMethod, items...), map[string]any{"promotionCode": code})
}

// with is a body with other members.
func with(body []byte, members map[string]any) []byte {
	var all map[string]any
	if err := json.Unmarshal(body, &all); err != nil {
		panic(err)
	}
	for name, v := range members {
		all[name] = v
	}
	b, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return b
}

// priced is what the API says of a price.
type priced struct {
	Total orderflow.Money `json:"total"`
	Price struct {
		Subtotal, Discount, Shipping, Tax orderflow.Money
		TaxIncluded                       bool
		PromotionCode, ShippingMethod     string
	} `json:"price"`
}

func (c *caller) quote(body []byte) *answer {
	c.s.t.Helper()
	return c.request(http.MethodPost, "/quotes", nil, body)
}

// TestPricing: what is quoted is what is charged, and what is accepted keeps its price.
func TestPricing(t *testing.T) { inEachMode(t, testPricing) }

func testPricing(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir())...)
	events := s.listen()
	t.Run("quoted is charged", func(t *testing.T) { testQuotedIsCharged(t, s.in(t)) })
	t.Run("once per customer", func(t *testing.T) { testOncePerCustomer(t, s.in(t)) })
	t.Run("many at once", func(t *testing.T) { testClaimedOnce(t, s.in(t)) })
	t.Run("refusals", func(t *testing.T) { testPriceRefusals(t, s.in(t)) })
	s.checkInvariants(events)
}

// checkPrices: the amounts of every order agree, and a promotion that is for one order of each
// customer is used by those that were paid, alone.
func (s *system) checkPrices(orders []orderflow.Order) {
	s.t.Helper()
	claims := map[string]orderflow.Claim{}
	for _, c := range scan[orderflow.Claim](s, "pricing") {
		if c.OrderID != "" {
			claims[c.OrderID] = c
		}
	}
	for _, o := range orders {
		if err := o.CheckPrice(); err != nil {
			s.t.Errorf("order %s: %v", o.ID, err)
		}
		want := o.Claim()
		if o.ReturnedClaim() != nil {
			want = nil
		}
		if got, ok := claims[o.ID]; ok != (want != nil) || ok && got != *want {
			s.t.Errorf("order %s, %s, payment %s: claims %+v, want %+v", o.ID, o.Status, o.PaymentStatus, got, want)
		}
		delete(claims, o.ID)
	}
	for id, c := range claims {
		s.t.Errorf("order %s is unknown, and claims %+v", id, c)
	}
}

func testQuotedIsCharged(t *testing.T, s *system) {
	ada := s.as("ada")
	abroad := map[string]any{
		"promotionCode": "table15", "shippingMethod": "express",
		"shippingAddress": map[string]string{
			"name": personName, "line1": personLine1, "city": "Berlin", "postalCode": "10115", "country": "DE",
		},
	}
	body := with(order("pm_card_visa", item{"plate-stoneware-27cm", 1}, item{"beans-ethiopia-250g", 2}), abroad)
	var quoted priced
	ada.quote(body).expect(http.StatusOK).into(&quoted)
	// 18.90 + 29.00, 15 % off; 780 g + 540 g; 19 % in the plate and the shipping, 7 % in the beans.
	p := quoted.Price
	if p.Subtotal.Amount != 4790 || p.Discount.Amount != 719 || p.Shipping.Amount != 4990 ||
		p.Tax.Amount != 256+161+797 || !p.TaxIncluded || p.PromotionCode != "TABLE15" ||
		p.ShippingMethod != "express" || quoted.Total.Amount != 4790-719+4990 {
		t.Errorf("quoted %+v", quoted)
	}
	other := orderflow.Money{Amount: quoted.Total.Amount - 1, Currency: "USD"}
	ada.place(with(body, map[string]any{"expectedTotal": other})).problem(http.StatusConflict, "PriceChanged")
	id := ada.accepted(with(body, map[string]any{"expectedTotal": quoted.Total}))
	var got priced
	v := ada.ended(id)
	ada.get("/orders/" + id).expect(http.StatusOK).into(&got)
	if v.Status != orderflow.Fulfilled || got != quoted {
		t.Errorf("ended %s at %+v, quoted %+v", v.Status, got, quoted)
	}
	for _, payment := range scan[orderflow.Payment](s, "payments") {
		if payment.OrderID == id && payment.Amount != quoted.Total {
			t.Errorf("%s %s, quoted %s", payment.Step, payment.Amount, quoted.Total)
		}
	}
}

// testOncePerCustomer: a promotion is used by an order that is paid, and by none that is given up.
func testOncePerCustomer(t *testing.T, s *system) {
	ben, one := s.as("ben"), item{"beans-ethiopia-250g", 1}
	if v := ben.ended(ben.accepted(promoted("WELCOME", "pm_card_chargeDeclined", one))); v.Status != orderflow.Rejected {
		t.Fatalf("the order is %s", v.Status)
	}
	key := http.Header{"Idempotency-Key": {rand.Text()}}
	body := promoted("WELCOME", "pm_card_visa", one)
	var first, again view
	ben.request(http.MethodPost, "/orders", key, body).expect(http.StatusAccepted).into(&first)
	ben.place(body).problem(http.StatusConflict, "PromotionUsed")
	ben.quote(body).problem(http.StatusConflict, "PromotionUsed")
	// The same request again: its own claim does not stop it.
	ben.request(http.MethodPost, "/orders", key, body).expect(http.StatusAccepted).into(&again)
	if first.OrderID != again.OrderID || first.Total.Amount != 1305 {
		t.Errorf("placed %+v, then %+v", first, again)
	}
	ben.ended(first.OrderID)
	ben.place(body).problem(http.StatusConflict, "PromotionUsed")
	s.as("cleo").quote(body).expect(http.StatusOK)
}

// testClaimedOnce: of many orders that a customer places at once, one has the promotion.
func testClaimedOnce(t *testing.T, s *system) {
	dora := s.as("dora")
	var wg sync.WaitGroup
	answers := make(chan *answer, 12)
	for range cap(answers) {
		wg.Go(func() { answers <- dora.place(promoted("WELCOME", "pm_card_visa", item{"twine-jute-100m", 1})) })
	}
	wg.Wait()
	close(answers)
	var placed []string
	for a := range answers {
		switch a.Status {
		case http.StatusAccepted:
			var v view
			a.into(&v)
			placed = append(placed, v.OrderID)
		case http.StatusServiceUnavailable: // another one was about to get it
		default:
			a.problem(http.StatusConflict, "PromotionUsed")
		}
	}
	if len(placed) != 1 {
		t.Fatalf("%d orders have the promotion", len(placed))
	}
	dora.ended(placed[0])
}

func testPriceRefusals(t *testing.T, s *system) {
	ada, body := s.as("ada"), order("pm_card_visa", item{"vase-glass-25cm", 1})
	for _, tt := range []struct {
		members map[string]any
		code    string
	}{
		{map[string]any{"promotionCode": "NOSUCH"}, "UnknownPromotion"},
		{map[string]any{"promotionCode": "SPRING2020"}, "PromotionExpired"},
		{map[string]any{"shippingMethod": "drone"}, "UnknownShippingMethod"},
		{map[string]any{"items": []item{{"lamp-brass-desk", 4}}, "shippingMethod": "express"}, "NoShippingMethod"},
	} {
		refused := with(body, tt.members)
		ada.quote(refused).problem(http.StatusUnprocessableEntity, tt.code)
		ada.place(refused).problem(http.StatusUnprocessableEntity, tt.code)
	}
}
