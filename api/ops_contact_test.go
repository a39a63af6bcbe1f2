package api

import (
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow"
)

func TestOpsCorrectOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	path := "/ops/orders/" + id + "/contact"
	const address = `{"name":"Ada Brewer","line1":"2 Other St","city":"London","postalCode":"SW1","country":"GB"}`
	f.post(&ada, path, `{"email":"x@example.com","reason":"mine"}`).expect(403, "OperatorsOnly")
	for _, body := range []string{`{"reason":"nothing"}`, `{"email":"x@example.com"}`, `{"email":"x","reason":"a slip"}`, `{"total":1,"reason":"a slip"}`,
		`{"shippingAddress":{"name":"A"},"reason":"a slip"}`} {
		f.post(&operator, path, body).expect(422, "InvalidRequest")
	}
	f.post(&operator, path, `{"shippingAddress":`+strings.Replace(address, "GB", "FR", 1)+`,"reason":"a slip"}`).expect(409, "InvalidState")
	f.post(&operator, path, `{"email":"new@example.com","shippingAddress":`+address+`,"reason":"the customer called"}`).expect(200, "")
	o, err := f.load(id)
	must(t, err)
	if last := o.Timeline[len(o.Timeline)-1]; o.Email != "new@example.com" || o.ShippingAddress.Line1 != "2 Other St" ||
		last.Type != orderflow.OrderContactChanged || last.Reason != "the customer called" {
		t.Errorf("got %s, %+v, %+v", o.Email, o.ShippingAddress, last)
	}
	sequence := o.Sequence
	f.post(&operator, path, `{"email":"new@example.com","reason":"again"}`).expect(200, "")
	if o, err := f.load(id); err != nil || o.Sequence != sequence {
		t.Errorf("the same again changed the order: %v", err)
	}
}
