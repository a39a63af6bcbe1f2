package api

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// dispatchedOrder returns the id of a dispatched order of ada for 42.50 USD: two blue mugs at 16.50
// and one tea at 9.50.
func (f *fixture) dispatchedOrder() string {
	f.Helper()
	id := f.placedBy(&ada)
	f.toCarrier(id)
	f.changeOrder(id, func(o *orderflow.Order) { must(f.T, o.Dispatch("Post", "T1", by("carrier"))) })
	return id
}

// refund requests a refund as an operator.
func (f *fixture) refund(id, key, body string) *response {
	f.Helper()
	return f.post(&operator, "/ops/orders/"+id+"/refunds", body, "Idempotency-Key: "+key)
}

func TestOpsRefundOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.dispatchedOrder()
	const body = `{"lines":[{"sku":"MUG-BLUE","quantity":1}],"reason":"One mug is broken."}`
	first := f.refund(id, "k1", body).expect(202, "")
	accepted := decoded[struct {
		OrderID, RefundID, Status string
		Amount                    orderflow.Money
	}](first)
	if accepted.Status != "REQUESTED" || accepted.Amount != usd(1650) || first.header.Get("Location") != "/ops/orders/"+id {
		t.Errorf("got %s, %v", first.body, first.header)
	}
	f.changeOrder(id, func(o *orderflow.Order) { must(t, o.SettleRefund(accepted.RefundID, by("step:repay"))) })
	again := f.refund(id, "k1", body).expect(202, "")
	if string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("the second answer is %s, %v", again.body, again.header)
	}
	f.refund(id, "k1", `{"shipping":true,"reason":"x"}`).expect(422, "IdempotencyKeyReused")
	f.refund(id, "k2", body).expect(409, "DuplicateRefund")
	o, err := f.load(id)
	must(t, err)
	if len(o.Refunds) != 1 || o.PaymentStatus != orderflow.PaymentPartiallyRefunded {
		t.Errorf("got %+v", o)
	}
	view := decoded[orderView](f.get(&ada, "/orders/"+id).expect(200, ""))
	if r := view.Refunds[0]; r.Amount != usd(1650) || r.Status != orderflow.RefundSucceeded || r.Lines[0].SKU != "MUG-BLUE" {
		t.Errorf("the customer sees %+v", view.Refunds)
	}
	for _, c := range view.Timeline {
		if strings.Contains(c.Reason, "broken") {
			t.Errorf("the customer reads what the operator wrote: %+v", c)
		}
	}
	ops := decoded[opsOrderView](f.get(&operator, "/ops/orders/"+id).expect(200, ""))
	if r := ops.Refunds[0]; r.Reason != "One mug is broken." || r.By != "operator:olga" {
		t.Errorf("operators see %+v", r)
	}
}

func TestOpsRefundOrder_refuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.dispatchedOrder()
	path := "/ops/orders/" + id + "/refunds"
	f.post(&operator, path, `{"shipping":true,"reason":"x"}`).expect(400, "IdempotencyKeyMissing")
	f.post(&ada, path, `{"shipping":true,"reason":"x"}`, "Idempotency-Key: k").expect(403, "OperatorsOnly")
	const none = "/ops/orders/ord_00000000000000000000000000/refunds"
	f.post(&operator, none, `{"shipping":true,"reason":"x"}`, "Idempotency-Key: k").expect(404, "NotFound")
	for body, want := range map[string]string{
		`{"reason":"x"}`:                  "422 InvalidRequest",
		`{"shipping":false,"reason":"x"}`: "422 InvalidRequest",
		`{"lines":[{"sku":"MUG-BLUE","quantity":1}],"amount":{"amount":1,"currency":"USD"},"reason":"x"}`: "422 InvalidRequest",
		`{"shipping":true}`: "422 InvalidRequest",
		`{"amount":{"amount":1,"currency":"EUR"},"reason":"x"}`:    "422 CurrencyMismatch",
		`{"amount":{"amount":4251,"currency":"USD"},"reason":"x"}`: "409 RefundExceedsPaid",
		`{"shipping":true,"reason":"x"}`:                           "409 RefundExceedsPaid",
		`{"lines":[{"sku":"MUG-BLUE","quantity":3}],"reason":"x"}`: "409 RefundExceedsPaid",
	} {
		res := f.refund(id, "k", body)
		if got := fmt.Sprint(res.status, " ", decoded[Problem](res).Code); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
	before := f.placedBy(&ada)
	f.refund(before, "k", `{"amount":{"amount":1,"currency":"USD"},"reason":"x"}`).expect(409, "InvalidState")
}

// Concurrent refunds: conditional writes decide, and together they do not exceed what was paid.
func TestOpsRefundOrder_concurrent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.dispatchedOrder()
	var wg sync.WaitGroup
	statuses := make([]int, 6)
	for i := range statuses {
		wg.Go(func() {
			body := fmt.Sprintf(`{"amount":{"amount":1000,"currency":"USD"},"reason":"number %d"}`, i)
			statuses[i] = f.refund(id, fmt.Sprint("k", i), body).status
		})
	}
	wg.Wait()
	accepted := 0
	for _, s := range statuses {
		if s == 202 {
			accepted++
		}
	}
	o, err := f.load(id)
	must(t, err)
	if left := o.RefundLeft().Paid(); accepted > 4 || len(o.Refunds) != accepted || left != 4250-1000*int64(accepted) {
		t.Errorf("answers %v, %d refunds, %d left", statuses, len(o.Refunds), left)
	}
}

func TestOpsRetryRefund(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.dispatchedOrder()
	f.refund(id, "k", `{"amount":{"amount":1000,"currency":"USD"},"reason":"x"}`).expect(202, "")
	o, err := f.load(id)
	must(t, err)
	refund := o.Refunds[0].ID
	retry := func(refund string) *response {
		return f.post(&operator, "/ops/orders/"+id+"/refunds/"+refund+"/retry", `{"reason":"The account is open again."}`)
	}
	retry("rfd_00000000000000000000000000").expect(404, "NotFound")
	f.changeOrder(id, func(o *orderflow.Order) { o.NoteRefundFailed(refund, "account_closed", by("step:repay")) })
	ops := decoded[opsOrderView](f.get(&operator, "/ops/orders/"+id).expect(200, ""))
	if ops.Attention == nil || ops.Attention.RefundID != refund || ops.Refunds[0].Failure != "account_closed" {
		t.Errorf("operators see %+v, %+v", ops.Attention, ops.Refunds)
	}
	if res := retry(refund).expect(202, ""); string(res.body) != string(retry(refund).expect(202, "").body) {
		t.Errorf("got %s", res.body)
	}
	f.changeOrder(id, func(o *orderflow.Order) { must(t, o.SettleRefund(refund, by("step:repay"))) })
	retry(refund).expect(409, "InvalidState")
}

// A return from the customer's request to the refund and the stock.
func TestReturn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.dispatchedOrder()
	ask := func(by *Caller, key, body string) *response {
		return f.post(by, "/orders/"+id+"/returns", body, "Idempotency-Key: "+key)
	}
	const two = `{"lines":[{"sku":"MUG-BLUE","quantity":2}],"reason":"Too small."}`
	ask(&ada, "k", two).expect(409, "InvalidState")
	f.changeOrder(id, func(o *orderflow.Order) { must(t, o.Fulfil(by("step:record"))) })
	f.products["MUG-BLUE"] = orderflow.Product{SKU: "MUG-BLUE", OnHand: 5, Shipped: 2}
	ask(&bob, "k", two).expect(404, "NotFound")
	first := ask(&ada, "k", two).expect(201, "")
	if again := ask(&ada, "k", two).expect(201, ""); string(again.body) != string(first.body) {
		t.Errorf("got %s, then %s", first.body, again.body)
	}
	ask(&ada, "k", `{"lines":[{"sku":"TEA-GREY","quantity":1}]}`).expect(422, "IdempotencyKeyReused")
	ask(&ada, "k2", two).expect(409, "ReturnExceedsShipped")
	o, err := f.load(id)
	must(t, err)
	path := "/ops/orders/" + id + "/returns/" + o.Returns[0].ID
	f.post(&ada, path+"/receive", `{"lines":[{"sku":"MUG-BLUE","quantity":2}],"restock":true}`).expect(403, "OperatorsOnly")
	f.post(&operator, path+"/receive", `{"lines":[{"sku":"MUG-BLUE","quantity":3}],"restock":true}`).expect(409, "ReturnExceedsShipped")
	for range 2 { // the second is a no-op
		f.post(&operator, path+"/receive", `{"lines":[{"sku":"MUG-BLUE","quantity":1}],"restock":true}`).expect(200, "")
		if p := f.products["MUG-BLUE"]; p.OnHand != 6 || p.Shipped != 1 {
			t.Errorf("stock %+v", p)
		}
	}
	f.post(&operator, path+"/refuse", `{"reason":"Worn."}`).expect(409, "InvalidState")
	view := decoded[orderView](f.get(&ada, "/orders/"+id).expect(200, ""))
	if len(view.Refunds) != 1 || view.Refunds[0].Amount != usd(1650) || view.Refunds[0].ReturnID != view.Returns[0].ReturnID ||
		view.Returns[0].Status != orderflow.ReturnReceived || view.Returns[0].RefundID != view.Refunds[0].RefundID {
		t.Errorf("the customer sees %+v, %+v", view.Refunds, view.Returns)
	}
	ask(&ada, "k3", `{"lines":[{"sku":"MUG-BLUE","quantity":1}]}`).expect(201, "")
	f.advance(31 * 24 * time.Hour)
	ask(&ada, "k4", `{"lines":[{"sku":"TEA-GREY","quantity":1}]}`).expect(409, "ReturnTooLate")
	o, err = f.load(id)
	must(t, err)
	refuse := "/ops/orders/" + id + "/returns/" + o.Returns[1].ID + "/refuse"
	f.post(&operator, refuse, `{"reason":"Worn."}`).expect(200, "")
	view = decoded[orderView](f.get(&ada, "/orders/"+id).expect(200, ""))
	if r := view.Returns[1]; r.Status != orderflow.ReturnRefused || r.Answer != "Worn." || len(view.Refunds) != 1 {
		t.Errorf("the customer sees %+v", r)
	}
}
