package api

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// changeOrder changes a stored order.
func (f *fixture) changeOrder(id string, do func(*orderflow.Order)) {
	f.Helper()
	o, err := f.load(id)
	if err != nil {
		f.Fatal(err)
	}
	do(o)
	f.save(o)
}

func by(actor string) orderflow.By { return orderflow.By{At: noon, Actor: actor} }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// toCarrier changes a placed order to one whose shipment is requested.
func (f *fixture) toCarrier(id string) {
	f.Helper()
	f.changeOrder(id, func(o *orderflow.Order) {
		must(f.T, o.Confirm(by("step:ReserveStock")))
		must(f.T, o.Capture(by("step:ChargePayment")))
		must(f.T, o.RequestShipment("shp_1", orderflow.Wait{Step: "RequestShipment", Token: "a secret token"},
			by("step:RequestShipment")))
	})
}

func TestGetOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toCarrier(id)
	f.changeOrder(id, func(o *orderflow.Order) {
		o.MarkAttention(orderflow.Attention{Code: "PaymentUnavailable", Message: "an internal message"},
			orderflow.By{At: noon, Actor: "step:watch", Reason: "an internal reason"})
	})
	res := f.get(&ada, "/orders/"+id).expect(200, "")
	got := decoded[orderView](res)
	if got.OrderID != id || got.Status != orderflow.Paid || got.PaymentStatus != orderflow.PaymentCaptured ||
		!got.Attention || got.CancelRequested ||
		got.Total != usd(4250) || got.Lines[0].UnitPrice != usd(1650) ||
		got.Shipment.Status != orderflow.ShipmentStatusRequested {
		t.Errorf("got %+v", got)
	}
	if n := len(got.Timeline); n != 5 || got.Timeline[0].Type != orderflow.OrderPlaced || got.Timeline[4].Sequence != 5 {
		t.Errorf("got %+v", got.Timeline)
	}
	for _, inside := range []string{"a secret token", "an internal", "version", "customerId"} {
		if bytes.Contains(res.body, []byte(inside)) {
			t.Errorf("%q is exposed: %s", inside, res.body)
		}
	}
	tag := res.header.Get("ETag")
	if tag != `"3"` || res.header.Get("Cache-Control") != "private, no-cache" {
		t.Errorf("got %v", res.header)
	}
	for _, same := range []string{tag, "W/" + tag, `"1", ` + tag, "*"} {
		if res := f.get(&ada, "/orders/"+id, "If-None-Match: "+same).expect(304, ""); len(res.body) != 0 ||
			res.header.Get("ETag") != tag {
			t.Errorf("got %s %v", res.body, res.header)
		}
	}
	f.get(&ada, "/orders/"+id, `If-None-Match: "2"`).expect(200, "")
}

func TestGetOrder_ofOthers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	theirs := f.get(&bob, "/orders/"+id).expect(404, "NotFound")
	none := f.get(&bob, "/orders/ord_00000000000000000000000000").expect(404, "NotFound")
	if string(theirs.body) != string(none.body) {
		t.Errorf("the order of another customer is answered differently from an unknown one: %s, %s", theirs.body, none.body)
	}
	f.post(&bob, "/orders/"+id+"/cancel", "").expect(404, "NotFound")
	for _, odd := range []string{"x", "ord_", "ord_0000000000000000000000000L", "..%2f", id + "0"} {
		f.get(&bob, "/orders/"+odd).expect(404, "NotFound")
	}
}

func TestListOrders(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var mine []string
	for range 5 {
		f.placedBy(&bob)
		mine = append(mine, f.placedBy(&ada))
	}
	slices.Reverse(mine)
	f.changeOrder(mine[1], func(o *orderflow.Order) { must(t, o.Confirm(by("step:ReserveStock"))) })

	type page struct {
		Orders []summaryView `json:"orders"`
		Next   string        `json:"next"`
	}
	list := func(query string) (ids []string, pages int) {
		cursor := ""
		for {
			p := decoded[page](f.get(&ada, "/orders?"+query+cursor).expect(200, ""))
			pages++
			for _, o := range p.Orders {
				ids = append(ids, o.OrderID)
			}
			if p.Next == "" {
				return ids, pages
			}
			cursor = "&cursor=" + p.Next
		}
	}
	if got, pages := list(""); !slices.Equal(got, mine) || pages != 1 {
		t.Errorf("got %v in %d pages, want %v", got, pages, mine)
	}
	if got, pages := list("limit=2"); !slices.Equal(got, mine) || pages != 3 {
		t.Errorf("got %v in %d pages, want %v", got, pages, mine)
	}
	if got, _ := list("status=CONFIRMED"); !slices.Equal(got, mine[1:2]) {
		t.Errorf("got %v", got)
	}
	if got, _ := list("status=PLACED&limit=1"); !slices.Equal(got, []string{mine[0], mine[2], mine[3], mine[4]}) {
		t.Errorf("got %v", got)
	}
	cursor := decoded[page](f.get(&ada, "/orders?limit=1").expect(200, "")).Next
	for query, parameter := range map[string]string{
		"limit=0": "limit", "limit=101": "limit", "limit=ten": "limit", "limit=": "limit", "limit=%2B5": "limit",
		"limit=1&limit=2": "limit",
		"status=placed":   "status", "status=": "status", "cursor=nonsense": "cursor", "cursor=!!": "cursor",
		"status=PLACED&cursor=" + cursor: "cursor",
	} {
		if got := f.get(&ada, "/orders?"+query).expect(400, "InvalidParameter").faults(); !slices.Equal(got,
			[]string{parameter}) {
			t.Errorf("%s: got %v", query, got)
		}
	}
	f.get(&bob, "/orders?cursor="+cursor).expect(400, "InvalidParameter")
	f.get(&operator, "/ops/orders?cursor="+cursor).expect(400, "InvalidParameter")
}

func TestCancelOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	res := f.post(&ada, "/orders/"+id+"/cancel", "").expect(202, "")
	if res.header.Get("Location") != "/orders/"+id {
		t.Errorf("got %v", res.header)
	}
	f.advance(time.Minute)
	if again := f.post(&ada, "/orders/"+id+"/cancel", "").expect(202, ""); string(again.body) != string(res.body) {
		t.Errorf("got %s, then %s", res.body, again.body)
	}
	o, err := f.load(id)
	must(t, err)
	if o.Cancel == nil || o.Cancel.By != "customer:ada" || o.Sequence != 2 || o.Version != 2 {
		t.Errorf("got %+v", o)
	}
	if !decoded[orderView](f.get(&ada, "/orders/"+id).expect(200, "")).CancelRequested {
		t.Error("cancelRequested is false")
	}
}

func TestCancelOrder_tooLate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.toCarrier(id)
	f.changeOrder(id, func(o *orderflow.Order) { must(t, o.Dispatch("c", "t", by("carrier"))) })
	f.post(&ada, "/orders/"+id+"/cancel", "").expect(409, "TooLateToCancel")
}

func TestCancelOrder_retriesConflicts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.placedBy(&ada)
	f.conflicts = changeAttempts - 1
	f.post(&ada, "/orders/"+id+"/cancel", "").expect(202, "")
	id = f.placedBy(&ada)
	f.conflicts = changeAttempts
	if f.post(&ada, "/orders/"+id+"/cancel", "").expect(503, "Conflict").header.Get("Retry-After") != "1" {
		t.Error("no Retry-After")
	}
}
