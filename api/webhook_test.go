package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// notify sends the carrier's signed webhook.
func (f *fixture) notify(body string) *response {
	f.Helper()
	return f.post(nil, "/webhooks/shipments", body, orderflow.SignatureHeader+": "+
		orderflow.SignWebhook(secret, f.clock(), []byte(body)))
}

func dispatched(id string) string {
	return fmt.Sprintf(`{"shipmentId":"shp_1","orderId":%q,"status":"dispatched","carrier":"Sandbox Parcel","trackingNumber":"SP1"}`, id)
}

func failed(id string) string {
	return fmt.Sprintf(`{"shipmentId":"shp_1","orderId":%q,"status":"failed","reason":"AddressUnreachable"}`, id)
}

func TestShipmentWebhook(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toCarrier(id)
	f.conflicts = 3
	first := f.notify(dispatched(id)).expect(200, "")
	o, err := f.load(id)
	must(t, err)
	if o.Status != orderflow.Shipping || o.Shipment.TrackingNumber != "SP1" || o.Timeline[4].Actor != "carrier" {
		t.Errorf("got %+v", o)
	}
	f.advance(time.Minute)
	if again := f.notify(dispatched(id)).expect(200, ""); string(again.body) != string(first.body) {
		t.Errorf("got %s, then %s", first.body, again.body)
	}
	if same, err := f.load(id); err != nil || same.Version != o.Version {
		t.Errorf("a replay changed the order: %+v, %v", same, err)
	}
	f.notify(failed(id)).expect(409, "InvalidState")
	if got := decoded[orderView](f.get(&ada, "/orders/"+id).expect(200,
		"")).Shipment; got.Carrier != "Sandbox Parcel" || got.Status != "DISPATCHED" {
		t.Errorf("got %+v", got)
	}
}

func TestShipmentWebhook_failed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toCarrier(id)
	f.notify(failed(id)).expect(200, "")
	f.notify(failed(id)).expect(200, "")
	if o, err := f.load(id); err != nil || o.Shipment.Status != orderflow.ShipmentStatusFailed ||
		o.Shipment.Reason != "AddressUnreachable" || o.Sequence != 5 {
		t.Errorf("got %+v, %v", o, err)
	}
	f.notify(dispatched(id)).expect(409, "InvalidState")
	f.wantLate(id, 6)
}

// A dispatch after the authorisation has ended is refused and marked once. It counts once the
// authorisation is renewed.
func TestShipmentWebhook_afterTheAuthorisation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	until := f.clock().Add(time.Hour)
	f.changeOrder(id, func(o *orderflow.Order) {
		by := orderflow.By{At: f.clock()}
		must(t, o.Confirm(by))
		must(t, o.Authorize(until, by))
		must(t, o.RequestShipment("shp_1", orderflow.Wait{Step: "RequestShipment", Token: "t"}, by))
	})
	f.advance(time.Hour)
	for range 2 {
		f.notify(dispatched(id)).expect(409, "AuthorizationLapsed")
	}
	o, err := f.load(id)
	if err != nil || o.Status != orderflow.Paid || o.Attention == nil || o.Sequence != 5 {
		t.Fatalf("got %+v, %v", o, err)
	}
	f.changeOrder(id, func(o *orderflow.Order) {
		o.Reauthorize(until.Add(time.Hour), orderflow.By{At: f.clock()})
	})
	f.notify(dispatched(id)).expect(200, "")
}

func TestShipmentWebhook_afterACancel(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toCarrier(id)
	f.post(&ada, "/orders/"+id+"/cancel", "").expect(202, "")
	for range 2 { // a replay gets the same answer, and is recorded once
		res := f.notify(dispatched(id)).expect(409, "OrderCancelled")
		if !strings.Contains(string(res.body), "the dispatch is recorded") {
			t.Errorf("got %s", res.body)
		}
	}
	f.notify(failed(id)).expect(200, "")
	f.wantLate(id, 6)
	f.get(&operator, "/ops/orders/"+id).expect(200, "")
}

// wantLate checks that the last change of an order, with the given sequence, records a late
// dispatch.
func (f *fixture) wantLate(id string, sequence int64) {
	f.Helper()
	o, err := f.load(id)
	must(f.T, err)
	last := o.Timeline[len(o.Timeline)-1]
	if o.Sequence != sequence || last.Type != orderflow.ShipmentDispatchedLate || last.Actor != "carrier" || !last.Attention {
		f.Errorf("got %+v", o.Timeline)
	}
	if o.Attention == nil || o.Attention.Code != "DispatchedLate" || !strings.Contains(o.Attention.Message, "SP1") ||
		o.Shipment.Status == orderflow.ShipmentStatusDispatched {
		f.Errorf("got %+v, %+v", o.Attention, o.Shipment)
	}
}

func TestShipmentWebhook_afterTheEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toCarrier(id)
	o, err := f.load(id)
	must(t, err)
	by := orderflow.By{At: f.clock(), Actor: "step:test", Reason: "ShipmentFailed"}
	must(t, o.FailShipment(by))
	must(t, o.Refund(by))
	o.ReleaseStock(by)
	must(t, o.Close(by))
	f.save(o)
	f.notify(dispatched(id)).expect(409, "InvalidState")
	f.wantLate(id, 9)
	page := f.get(&operator, "/ops/orders?attention=true").expect(200, "")
	if !strings.Contains(string(page.body), id) {
		t.Errorf("operators do not see it: %s", page.body)
	}
}

// A signature is valid for five minutes before and after its time, so that a recorded request
// cannot be sent again later.
func TestShipmentWebhook_oldSignature(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toCarrier(id)
	for _, tt := range []struct {
		age    time.Duration
		status int
	}{
		{6 * time.Minute, 401}, {-6 * time.Minute, 401}, {5*time.Minute + time.Second, 401}, {5 * time.Minute, 200},
		{-5 * time.Minute, 200},
	} {
		body := failed(id)
		header := orderflow.SignatureHeader + ": " + orderflow.SignWebhook(secret, f.clock().Add(-tt.age), []byte(body))
		if res := f.post(nil, "/webhooks/shipments", body, header); res.status != tt.status {
			t.Errorf("signed %s ago: got %d %s", tt.age, res.status, res.body)
		}
	}
}

func TestShipmentWebhook_refuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.notify(dispatched(id)).expect(404, "NotFound")
	f.toCarrier(id)
	f.notify(dispatched("ord_00000000000000000000000000")).expect(404, "NotFound")
	f.notify(fmt.Sprintf(`{"shipmentId":"shp_2","orderId":%q,"status":"failed"}`, id)).expect(404, "NotFound")
	f.notify(`{"shipmentId":`).expect(400, "MalformedRequest")
	for body, want := range map[string][]string{
		`{}`: {"/shipmentId", "/orderId", "/status"},
		fmt.Sprintf(`{"shipmentId":"shp_1","orderId":%q,"status":"dispatched"}`,
			id): {"/carrier", "/trackingNumber"},
		fmt.Sprintf(`{"shipmentId":"shp_1","orderId":%q,"status":"eaten","reason":"Ada was not at home"}`,
			id): {"/reason", "/status"},
		fmt.Sprintf(`{"shipmentId":"shp_1","orderId":%q,"status":"dispatched","carrier":"C","trackingNumber":"T","signedBy":"Ada"}`, id): {"/signedBy"},
	} {
		if got := f.notify(body).expect(422, "InvalidRequest").faults(); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", body, got, want)
		}
	}
	// A caller who cannot sign learns nothing about the body.
	for _, signature := range []string{"", "t=1,v1=00", orderflow.SignWebhook("guess", noon, []byte(`{}`)),
		orderflow.SignWebhook(secret, noon.Add(-time.Hour), []byte(`{}`))} {
		res := f.post(nil, "/webhooks/shipments", `{}`, orderflow.SignatureHeader+": "+signature).expect(401,
			"InvalidSignature")
		if res.header.Get("WWW-Authenticate") != orderflow.SignatureHeader {
			t.Errorf("got %v", res.header)
		}
	}
	f.post(&operator, "/webhooks/shipments", dispatched(id)).expect(401, "InvalidSignature")
}

// A carrier corrects a wrong tracking number with another notice.
func TestShipmentWebhook_corrects(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toCarrier(id)
	notice := func(carrier, number string) string {
		return fmt.Sprintf(`{"shipmentId":"shp_1","orderId":%q,"status":"dispatched","carrier":%q,"trackingNumber":%q}`,
			id, carrier, number)
	}
	f.notify(notice("Post", "A1")).expect(200, "")
	seen := f.get(&ada, "/orders/"+id).expect(200, "").header.Get("ETag")
	f.advance(time.Minute)
	f.notify(notice("Post", "B2")).expect(200, "")
	res := f.get(&ada, "/orders/"+id, "If-None-Match: "+seen).expect(200, "")
	got := decoded[orderView](res)
	if last := got.Timeline[len(got.Timeline)-1]; got.Shipment.TrackingNumber != "B2" ||
		last.Type != orderflow.ShipmentCorrected || !last.At.Equal(f.clock()) {
		t.Errorf("got %s", res.body)
	}
	f.notify(notice("Post", "B2")).expect(200, "")
	f.notify(notice("Post", "A1")).expect(409, "InvalidState")
	f.notify(notice("Parcel Service", "B2")).expect(200, "")
	if after := decoded[orderView](f.get(&ada, "/orders/"+id).expect(200,
		"")); after.Shipment.Carrier != "Parcel Service" || len(after.Timeline) != len(got.Timeline)+1 {
		t.Errorf("got %+v", after)
	}
}

// What a carrier sends is published and shown, so its pattern leaves no room for messages.
func TestShipmentWebhook_patterns(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toCarrier(id)
	try := func(carrier, number string) *response {
		return f.notify(fmt.Sprintf(`{"shipmentId":"shp_1","orderId":%q,"status":"dispatched","carrier":%q,"trackingNumber":%q}`, id, carrier, number))
	}
	for _, number := range []string{"", "1Z 999 AA1", "leave it with Bob Smith", "SP1\n", "-1", "a@b.example",
		"<b>1</b>", "№1", "1234567890123456789012345678901234567890X"} {
		if got := try("Post", number).expect(422, "InvalidRequest").faults(); !slices.Equal(got,
			[]string{"/trackingNumber"}) {
			t.Errorf("%q: got %v", number, got)
		}
	}
	for _, carrier := range []string{"", " Post", "Post ", "a  b", "please call Ada at 555", "Post\n", "<Post>",
		"ada@example.com", "Post/DHL", "Poste française"} {
		if got := try(carrier, "1").expect(422, "InvalidRequest").faults(); !slices.Equal(got, []string{"/carrier"}) {
			t.Errorf("%q: got %v", carrier, got)
		}
	}
	for i, carrier := range []string{"UPS", "DHL Express", "J&T Express", "An Post", "4PX", "Royal Mail Tracked 24"} {
		try(carrier, fmt.Sprintf("JJD-%d", i)).expect(200, "")
	}
}

// TestShipmentWebhook_otherStatus checks that a notice holds only the fields of its status. A
// refused notice changes nothing.
func TestShipmentWebhook_otherStatus(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toCarrier(id)
	before, err := f.load(id)
	must(t, err)
	with := func(notice, fields string) string { return strings.Replace(notice, `"status"`, fields+`,"status"`, 1) }
	for body, want := range map[string][]string{
		with(dispatched(id),
			`"reason":"AddressUnreachable"`): {"/reason"},
		with(failed(id),
			`"carrier":"Sandbox Parcel"`): {"/carrier"},
		with(failed(id),
			`"trackingNumber":"SP1"`): {"/trackingNumber"},
		with(failed(id),
			`"carrier":"Sandbox Parcel","trackingNumber":"1"`): {"/carrier", "/trackingNumber"},
		with(failed(id),
			`"carrier":"","trackingNumber":null`): {"/carrier", "/trackingNumber"},
		fmt.Sprintf(`{"shipmentId":"shp_1","orderId":%q,"status":"failed","carrier":"Post"}`,
			id): {"/carrier"},
		fmt.Sprintf(`{"shipmentId":"shp_1","orderId":%q,"status":"dispatched","carrier":"Post","reason":"WeightLimit"}`,
			id): {"/trackingNumber", "/reason"},
	} {
		if got := f.notify(body).expect(422, "InvalidRequest").faults(); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", body, got, want)
		}
	}
	if after, err := f.load(id); err != nil || after.Version != before.Version {
		t.Errorf("it was recorded: %+v, %v", after, err)
	}
}

// A delivery follows a dispatch, and has neither a carrier nor a reason.
func TestShipmentWebhook_delivered(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toCarrier(id)
	notice := fmt.Sprintf(`{"shipmentId":"shp_1","orderId":%q,"status":"delivered"`, id)
	f.notify(notice+"}").expect(409, "InvalidState")
	f.notify(fmt.Sprintf(`{"shipmentId":"shp_1","orderId":%q,"status":"dispatched","carrier":"Post","trackingNumber":"A1"}`, id)).expect(200, "")
	f.notify(notice+`,"carrier":"Post","trackingNumber":"A1"}`).expect(422, "InvalidRequest")
	f.notify(notice+`,"reason":"Garage"}`).expect(422, "InvalidRequest")
	for range 2 {
		f.notify(notice+"}").expect(200, "")
	}
	got := decoded[orderView](f.get(&ada, "/orders/"+id).expect(200, ""))
	if last := got.Timeline[len(got.Timeline)-1]; last.Type != orderflow.ShipmentDelivered || got.Shipment.DeliveredAt == nil ||
		got.Timeline[len(got.Timeline)-2].Type == orderflow.ShipmentDelivered {
		t.Errorf("got %+v, %+v", got.Shipment, got.Timeline)
	}
}
