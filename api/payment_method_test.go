package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// TestGivePaymentMethod: the customer of an order whose payment was declined gives another method,
// and sees until when.
func TestGivePaymentMethod(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	const card = `{"paymentMethod":"pm_card_mastercard"}`
	path := "/orders/" + id + "/payment-method"
	f.post(&ada, path, card).expect(409, "InvalidState")
	deadline := f.now.Add(time.Hour)
	f.changeOrder(id, func(o *orderflow.Order) {
		must(t, o.Confirm(by("step:reserve")))
		must(t, o.RequireMethod(by("step:charge")))
		must(t, o.AwaitMethod(orderflow.Wait{Step: orderflow.StepAwaitPaymentMethod, Token: "secret", Until: deadline}, by("step:method")))
	})
	shown := f.get(&ada, "/orders/"+id).expect(200, "")
	if r := decoded[orderView](shown).PaymentMethodRequest; r == nil || r.Deadline == nil || !r.Deadline.Equal(deadline) {
		t.Errorf("got %s", shown.body)
	}
	if strings.Contains(string(shown.body), "secret") {
		t.Errorf("the token is shown: %s", shown.body)
	}
	f.post(&ada, path, `{}`).expect(422, "InvalidRequest")
	f.post(&ada, path, `{"paymentMethod":"4242424242424242"}`).expect(422, "InvalidRequest")
	f.post(&ben, path, card).expect(404, "NotFound")
	res := f.post(&ada, path, card).expect(202, "")
	if again := f.post(&ada, path, card).expect(202, ""); string(again.body) != string(res.body) {
		t.Errorf("got %s, then %s", res.body, again.body)
	}
	f.post(&ada, path, `{"paymentMethod":"pm_card_visa"}`).expect(409, "InvalidState")
	if v := decoded[orderView](f.get(&ada, "/orders/"+id).expect(200, "")); v.PaymentMethodRequest != nil || v.PaymentMethod != "pm_card_mastercard" {
		t.Errorf("got %+v", v)
	}
	f.post(&ada, "/orders/"+id+"/cancel", "").expect(202, "")
	f.post(&ada, path, card).expect(409, "OrderCancelled")
}

// TestPaymentWebhook: the provider's webhook wakes an order that waits for its customer, once. Its
// signature counts, and nothing else of it is believed.
func TestPaymentWebhook(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	deadline := f.now.Add(time.Hour)
	ask := func(o *orderflow.Order) {
		must(t, o.RequireAction("pi_1_secret", by("step:charge")))
		must(t, o.AwaitMethod(orderflow.Wait{Step: orderflow.StepAwaitPaymentMethod, Token: "t", Until: deadline}, by("step:method")))
	}
	f.changeOrder(id, func(o *orderflow.Order) {
		must(t, o.Confirm(by("step:reserve")))
		ask(o)
	})
	mine := decoded[orderView](f.get(&ada, "/orders/"+id).expect(200, ""))
	if r := mine.PaymentMethodRequest; r == nil || r.ClientSecret != "pi_1_secret" {
		t.Errorf("the customer sees %+v", r)
	}
	if shown := f.get(&operator, "/ops/orders/"+id).expect(200, ""); strings.Contains(string(shown.body), "pi_1_secret") ||
		!strings.Contains(string(shown.body), "paymentMethodRequest") {
		t.Errorf("an operator sees %s", shown.body)
	}
	send := func(kind, order string) *response {
		body := fmt.Sprintf(`{"id":"evt_1","object":"event","livemode":false,"type":%q,"data":{"object":{"id":"pi_1","object":"payment_intent","amount":1,`+
			`"metadata":{"orderflow_key":"k","orderflow_order":%q},"next_action":null}}}`, kind, order)
		return f.post(nil, "/webhooks/payments", body, "Stripe-Signature: "+orderflow.SignWebhook(paymentSecret, f.now, []byte(body)))
	}
	woken := func(res *response) bool { return strings.Contains(string(res.expect(200, "").body), `"woken":true`) }
	const authorised = "payment_intent.amount_capturable_updated"
	for _, ignored := range [][2]string{{"payment_intent.requires_action", id}, {"payment_intent.created", id}, {"charge.refunded", id},
		{authorised, "ord_00000000000000000000000000"}, {authorised, "of another system"}} {
		if woken(send(ignored[0], ignored[1])) {
			t.Errorf("%s of %s woke an order", ignored[0], ignored[1])
		}
	}
	body := `{"type":"` + authorised + `","data":{"object":{"metadata":{"orderflow_order":"` + id + `"}}}}`
	for _, signature := range []string{"", "t=1,v1=00", orderflow.SignWebhook("another secret", f.now, []byte(body)),
		orderflow.SignWebhook(paymentSecret, f.now.Add(-6*time.Minute), []byte(body))} {
		res := f.post(nil, "/webhooks/payments", body, "Stripe-Signature: "+signature).expect(401, "InvalidSignature")
		if got := res.header.Get("WWW-Authenticate"); got != "Stripe-Signature" {
			t.Errorf("challenge %q", got)
		}
	}
	const empty = `{"type":"x"}`
	signed := "Stripe-Signature: " + orderflow.SignWebhook(paymentSecret, f.now, []byte(empty))
	f.post(nil, "/webhooks/payments", empty, signed).expect(422, "InvalidRequest")
	if !woken(send(authorised, id)) || woken(send(authorised, id)) {
		t.Error("the order was not woken once")
	}
	o, err := f.load(id)
	must(t, err)
	if last := o.Timeline[len(o.Timeline)-1]; o.Answer() == nil || last.Type != orderflow.OrderActionCompleted || last.Actor != "provider" {
		t.Errorf("order %+v, last %+v", o.MethodRequest, last)
	}
	f.post(&ada, "/orders/"+id+"/payment-method", `{"paymentMethod":"pm_card_visa"}`).expect(409, "InvalidState")
	f.changeOrder(id, ask) // the provider says that it is not confirmed
	f.post(&ada, "/orders/"+id+"/payment-method", `{"paymentMethod":"pm_card_visa"}`).expect(202, "")
	if woken(send("payment_intent.canceled", id)) {
		t.Error("the end of the replaced payment woke the order")
	}
}

// TestPaymentWebhook_refund: the provider's news of a refund asks about those that are pending, and no
// others.
func TestPaymentWebhook_refund(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.changeOrder(id, func(o *orderflow.Order) {
		o.Status, o.PaymentStatus, o.StockStatus = orderflow.Fulfilled, orderflow.PaymentCaptured, orderflow.StockShipped
		for _, refund := range []string{"rfd_1", "rfd_2"} {
			_, err := o.RequestRefund(orderflow.RefundRequest{ID: refund, Amount: &orderflow.Money{Amount: 100, Currency: "USD"}}, by("operator:olga"))
			must(t, err)
		}
		o.NoteRefundPending("rfd_2", by("step:repay"))
	})
	for _, kind := range []string{"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"} {
		body := `{"type":"` + kind + `","data":{"object":{"object":"refund","metadata":{"orderflow_order":"` + id + `"}}}}`
		res := f.post(nil, "/webhooks/payments", body, "Stripe-Signature: "+orderflow.SignWebhook(paymentSecret, f.now, []byte(body)))
		woken := strings.Contains(string(res.expect(200, "").body), `"woken":true`)
		o, err := f.load(id)
		must(t, err)
		last := o.Timeline[len(o.Timeline)-1]
		if want := kind != "refund.created"; woken != want || want != (last.Type == orderflow.OrderRefundRenewed && last.RefundID == "rfd_2") {
			t.Errorf("%s: woken %t, last change %+v", kind, woken, last)
		}
	}
	f.changeOrder(id, func(o *orderflow.Order) { must(t, o.SettleRefund("rfd_2", by("step:repay"))) })
	body := `{"type":"refund.updated","data":{"object":{"metadata":{"orderflow_order":"` + id + `"}}}}`
	res := f.post(nil, "/webhooks/payments", body, "Stripe-Signature: "+orderflow.SignWebhook(paymentSecret, f.now, []byte(body)))
	if strings.Contains(string(res.expect(200, "").body), `"woken":true`) {
		t.Error("a refund that has arrived was asked about")
	}
}
