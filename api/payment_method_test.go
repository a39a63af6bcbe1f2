package api

import (
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
