package tests

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// refundsView is what the API shows of an order's refunds and returns.
type refundsView struct {
	PaymentStatus orderflow.PaymentStatus `json:"paymentStatus"`
	Refunds       []struct {
		RefundID string                 `json:"refundId"`
		Status   orderflow.RefundStatus `json:"status"`
		Amount   orderflow.Money        `json:"amount"`
		ReturnID string                 `json:"returnId"`
	} `json:"refunds"`
	Returns []struct {
		ReturnID string                 `json:"returnId"`
		Status   orderflow.ReturnStatus `json:"status"`
	} `json:"returns"`
}

// refund asks for a refund of an order, as an operator, with a new key.
func (c *caller) refund(id, body string) *answer {
	c.s.t.Helper()
	key := http.Header{"Idempotency-Key": {rand.Text()}}
	return c.request(http.MethodPost, "/ops/orders/"+id+"/refunds", key, []byte(body))
}

// sendBack asks for a return of an order, as its customer, with a new key.
func (c *caller) sendBack(id, body string) *answer {
	c.s.t.Helper()
	key := http.Header{"Idempotency-Key": {rand.Text()}}
	return c.request(http.MethodPost, "/orders/"+id+"/returns", key, []byte(body))
}

// refunds polls an order until its refunds have the given statuses.
func (c *caller) refunds(id string, want ...orderflow.RefundStatus) refundsView {
	c.s.t.Helper()
	var v refundsView
	eventually(c.s.t, fmt.Sprintf("the refunds of order %s are %v", id, want), func() bool {
		v = refundsView{}
		c.get("/orders/" + id).expect(http.StatusOK).into(&v)
		var got []orderflow.RefundStatus
		for _, r := range v.Refunds {
			got = append(got, r.Status)
		}
		return slices.Equal(got, want)
	})
	return v
}

// TestRefunds refunds parts of orders and takes goods back, and then checks the invariants.
func TestRefunds(t *testing.T) { inEachMode(t, testRefunds) }

func testRefunds(t *testing.T, args ...string) {
	s := up(t, append(args, "--data", t.TempDir(), "--param", "ReconcileAfterSeconds=0")...)
	events := s.listen()
	t.Run("all", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, *system){
			"in parts": testRefundParts, "at once": testRefundsAtOnce, "pending": testRefundPends, "failed": testRefundFails,
			"a return": testReturn,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, s.in(t))
			})
		}
	})
	t.Run("before the dispatch", func(t *testing.T) { testRefundAuthorized(t, s.in(t)) })
	s.checkInvariants(events)
}

// testRefundParts refunds an order of 98.00 line by line and by amount, until nothing is left.
func testRefundParts(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_visa", item{"kettle-gooseneck-1l", 1}, item{"beans-ethiopia-250g", 2}))
	ada.ended(id)
	const beans = `{"lines":[{"sku":"beans-ethiopia-250g","quantity":1}],"reason":"The bag is torn."}`
	key := http.Header{"Idempotency-Key": {"one-and-the-same"}}
	path := "/ops/orders/" + id + "/refunds"
	first := olga.request(http.MethodPost, path, key, []byte(beans)).expect(http.StatusAccepted)
	v := ada.refunds(id, orderflow.RefundSucceeded)
	if v.PaymentStatus != orderflow.PaymentPartiallyRefunded || v.Refunds[0].Amount.Amount != 1450 {
		t.Errorf("got %+v", v)
	}
	again := olga.request(http.MethodPost, path, key, []byte(beans)).expect(http.StatusAccepted)
	if string(again.Body) != string(first.Body) {
		t.Errorf("got %s, then %s", first.Body, again.Body)
	}
	olga.refund(id, beans).problem(http.StatusConflict, "DuplicateRefund")
	olga.refund(id, `{"amount":{"amount":8351,"currency":"USD"},"reason":"x"}`).problem(http.StatusConflict, "RefundExceedsPaid")
	olga.refund(id, `{"amount":{"amount":8350,"currency":"USD"},"reason":"Goodwill."}`).expect(http.StatusAccepted)
	v = ada.refunds(id, orderflow.RefundSucceeded, orderflow.RefundSucceeded)
	if v.PaymentStatus != orderflow.PaymentRefunded {
		t.Errorf("got %+v", v)
	}
	olga.refund(id, `{"lines":[{"sku":"beans-ethiopia-250g","quantity":1}],"reason":"x"}`).problem(http.StatusConflict, "RefundExceedsPaid")
}

// testRefundsAtOnce asks for more refunds at once than the order was worth.
func testRefundsAtOnce(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1})) // 14.50
	ada.ended(id)
	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			body := fmt.Sprintf(`{"amount":{"amount":500,"currency":"USD"},"reason":"number %d"}`, i)
			if a := olga.refund(id, body); a.Status == http.StatusInternalServerError {
				t.Errorf("%s", a.Body)
			}
		})
	}
	wg.Wait()
	var v refundsView
	ada.get("/orders/" + id).expect(http.StatusOK).into(&v)
	if n := len(v.Refunds); n < 1 || n > 2 {
		t.Errorf("%d refunds of 5.00 were accepted of 14.50", n)
	}
	ada.refunds(id, slices.Repeat([]orderflow.RefundStatus{orderflow.RefundSucceeded}, len(v.Refunds))...)
}

// testRefundPends has the provider accept a refund first. It is marked until it is asked for again, by
// the reconciler or because the provider tells of a change, and the money has arrived.
func testRefundPends(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	for _, ask := range []func(id string){
		func(string) { s.invoke("ReconcileFunction", struct{}{}) },
		func(id string) {
			body := []byte(`{"type":"refund.updated","data":{"object":{"object":"refund","metadata":{"orderflow_order":"` + id + `"}}}}`)
			for range 2 { // the provider tells twice
				h := http.Header{"Stripe-Signature": {orderflow.SignWebhook(s.webhookSecret(), time.Now(), body)}}
				(&caller{s: s}).request(http.MethodPost, "/webhooks/payments", h, body).expect(http.StatusOK)
			}
		},
	} {
		id := ada.accepted(order("pm_card_pendingRefund", item{"beans-ethiopia-250g", 1}))
		ada.ended(id)
		olga.refund(id, `{"amount":{"amount":100,"currency":"USD"},"reason":"x"}`).expect(http.StatusAccepted)
		ada.refunds(id, orderflow.RefundPending)
		olga.marked(id, "RefundUnsettled")
		ask(id)
		ada.refunds(id, orderflow.RefundSucceeded)
		if olga.attends(id) {
			t.Error("the order still needs attention")
		}
	}
}

// testRefundFails has the provider return a refund; an operator retries it.
func testRefundFails(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_refundFail", item{"beans-ethiopia-250g", 1}))
	ada.ended(id)
	olga.refund(id, `{"amount":{"amount":100,"currency":"USD"},"reason":"x"}`).expect(http.StatusAccepted)
	v := ada.refunds(id, orderflow.RefundFailed)
	olga.marked(id, "RefundReturned")
	retry := "/ops/orders/" + id + "/refunds/" + v.Refunds[0].RefundID + "/retry"
	olga.request(http.MethodPost, retry, nil, []byte(`{"reason":"the bank has another account"}`)).expect(http.StatusAccepted)
	ada.refunds(id, orderflow.RefundSucceeded)
}

// testReturn sends two of three bags back, of which one arrives.
func testReturn(t *testing.T, s *system) {
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 3}))
	ada.ended(id)
	back := func(n int) string {
		return fmt.Sprintf(`{"lines":[{"sku":"beans-ethiopia-250g","quantity":%d}],"reason":"For %s"}`, n, personName)
	}
	ada.sendBack(id, back(4)).problem(http.StatusConflict, "ReturnExceedsShipped")
	ada.sendBack(id, back(2)).expect(http.StatusCreated)
	ada.sendBack(id, back(1)).expect(http.StatusCreated)
	var v refundsView
	ada.get("/orders/" + id).expect(http.StatusOK).into(&v)
	path := "/ops/orders/" + id + "/returns/"
	arrived := []byte(`{"lines":[{"sku":"beans-ethiopia-250g","quantity":1}],"restock":true}`)
	for range 2 { // the second is a no-op
		olga.request(http.MethodPost, path+v.Returns[0].ReturnID+"/receive", nil, arrived).expect(http.StatusOK)
	}
	olga.request(http.MethodPost, path+v.Returns[1].ReturnID+"/refuse", nil, []byte(`{"reason":"The bag is open."}`)).expect(http.StatusOK)
	v = ada.refunds(id, orderflow.RefundSucceeded)
	if v.Refunds[0].Amount.Amount != 1450 || v.Refunds[0].ReturnID != v.Returns[0].ReturnID ||
		v.Returns[0].Status != orderflow.ReturnReceived || v.Returns[1].Status != orderflow.ReturnRefused {
		t.Errorf("got %+v", v)
	}
}

// testRefundAuthorized: before the dispatch nothing is captured, so nothing is refunded.
func testRefundAuthorized(t *testing.T, s *system) {
	s.rule("orderflow-shipment-requested", false) // no carrier dispatches
	defer s.rule("orderflow-shipment-requested", true)
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	ada.waiting(id)
	olga.refund(id, `{"amount":{"amount":450,"currency":"USD"},"reason":"x"}`).problem(http.StatusConflict, "InvalidState")
	ada.request(http.MethodPost, "/orders/"+id+"/cancel", nil, nil).expect(http.StatusAccepted)
	if v := ada.ended(id); v.Status != orderflow.Cancelled || v.PaymentStatus != orderflow.PaymentNone {
		t.Errorf("%s, payment %s", v.Status, v.PaymentStatus)
	}
}

// refundedBy lists the amounts that the provider refunded of an order.
func (s *system) refundedBy(id string) []int64 {
	s.t.Helper()
	_, refunded, _ := s.providerSums()
	return refunded[id]
}

// useRefunds uses what refunds and returns are granted: also a lost event of a refund, and a dead
// letter.
func useRefunds(t *testing.T, s *system) {
	testRefundPends(t, s)
	testReturn(t, s)
	s.rule("orderflow-refund-requested", false)
	ada, olga := s.as("ada"), s.as("olga", "operators")
	id := ada.accepted(order("pm_card_visa", item{"beans-ethiopia-250g", 1}))
	ada.ended(id)
	olga.refund(id, `{"amount":{"amount":100,"currency":"USD"},"reason":"x"}`).expect(http.StatusAccepted)
	ada.refunds(id, orderflow.RefundRequested)
	s.rule("orderflow-refund-requested", true)
	s.invoke("ReconcileFunction", struct{}{})
	v := ada.refunds(id, orderflow.RefundSucceeded)
	s.giveUp("repay", id, `"refundId":"`+v.Refunds[0].RefundID+`"`)
	if got := string(s.invoke("ReconcileFunction", struct{}{})); !strings.Contains(got, `"removed":1`) {
		t.Errorf("the dead letter is left: %s", got)
	}
}
