package orderflow

import (
	"fmt"
	"testing"
	"time"
)

// requested returns an order that has waited for its carrier since noon.
func requested(t *testing.T) *Order {
	t.Helper()
	o, err := Place(draft(line("a", 1, usd(5))))
	if err != nil {
		t.Fatal(err)
	}
	if got := play(o, "confirm, capture"); got != "PAID CAPTURED RESERVED 3" {
		t.Fatal(got)
	}
	if err := o.RequestShipment("shp_1", waitAt("token-1", 0), By{At: noon}); err != nil {
		t.Fatal(err)
	}
	return o
}

// byAfter returns an author whose change is made d after noon.
func byAfter(d time.Duration) By { return By{At: noon.Add(d), Actor: "step:test"} }

func TestOrder_RenewShipment(t *testing.T) {
	t.Parallel()
	o := requested(t)
	var renewed []time.Duration
	for d := time.Duration(0); d < 100*time.Hour; d += time.Minute {
		if o.RenewShipment(10*time.Minute, byAfter(d)) {
			renewed = append(renewed, d)
		}
	}
	want := "[10m0s 20m0s 40m0s 1h20m0s 2h40m0s 5h20m0s 10h40m0s 21h20m0s 42h40m0s 66h40m0s 90h40m0s]"
	if fmt.Sprint(renewed) != want {
		t.Errorf("renewed after %s", renewed)
	}
	last := o.Timeline[len(o.Timeline)-1]
	if last.Type != ShipmentRenewed || last.Sequence != 15 || o.Event(last).ShipmentID != "shp_1" ||
		o.Wait.Token != "token-1" || !o.Wait.Since.Equal(noon) {
		t.Errorf("last change %+v, wait %+v", last, o.Wait)
	}
	if err := o.RequestShipment("shp_1", waitAt("token-2", 1), byAfter(200*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if o.RenewalDue(10*time.Minute, noon.Add(200*time.Hour+9*time.Minute)) ||
		!o.RenewalDue(10*time.Minute, noon.Add(200*time.Hour+10*time.Minute)) {
		t.Error("a new attempt of the step does not start with the shortest pause")
	}
}

// No request is repeated that was never made or is already answered.
func TestOrder_RenewalDue_notRequested(t *testing.T) {
	t.Parallel()
	for _, story := range []string{"", "confirm, capture", "confirm, capture, request, dispatch",
		"confirm, capture, request, give up",
		"confirm, capture, request, cancel", "confirm, capture, request, dispatch, fulfil"} {
		o, err := Place(draft(line("a", 1, usd(5))))
		if err != nil {
			t.Fatal(err)
		}
		play(o, story)
		n := o.Sequence
		if by := byAfter(1000 * time.Hour); o.RenewShipment(0, by) || o.MarkOverdue(0, 0, by) || o.Sequence != n {
			t.Errorf("%q: requested again, or marked", story)
		}
	}
}

func TestOrder_MarkOverdue(t *testing.T) {
	t.Parallel()
	o := requested(t)
	if o.MarkOverdue(time.Hour, 0, byAfter(2*time.Hour)) {
		t.Error("marked before the second request")
	}
	if !o.RenewShipment(time.Minute, byAfter(time.Minute)) || o.MarkOverdue(time.Hour, 0, byAfter(59*time.Minute)) {
		t.Error("marked too early")
	}
	if !o.MarkOverdue(time.Hour, 2, byAfter(time.Hour)) || o.MarkOverdue(time.Hour, 2, byAfter(2*time.Hour)) {
		t.Error("want exactly one mark")
	}
	if a := o.Attention; a.Code != "ShipmentUnanswered" || a.Step != "RequestShipment" || a.RedriveCount != 2 ||
		!a.Since.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v", a)
	}
	if c := o.Timeline[len(o.Timeline)-1]; c.Type != OrderAttentionChanged || !c.Attention {
		t.Errorf("%+v", c)
	}
}

// The answer removes the mark of a silent carrier in the same change; the mark of a failure stays.
func TestOrder_clearWaiting(t *testing.T) {
	t.Parallel()
	overdue := func(o *Order) bool {
		return o.RenewShipment(0, byAfter(time.Hour)) && o.MarkOverdue(0, 0, byAfter(time.Hour))
	}
	failed := func(o *Order) bool {
		return o.MarkAttention(Attention{Code: "States.Timeout", ExecutionARN: "arn"}, byAfter(time.Hour))
	}
	for _, tt := range []struct {
		name, act string
		mark      func(o *Order) bool
		stays     bool
	}{
		{"overdue, dispatched", "dispatch", overdue, false},
		{"overdue, given up", "give up", overdue, false},
		{"failed, dispatched", "dispatch", failed, true},
		{"failed, given up", "give up", failed, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := requested(t)
			if !tt.mark(o) {
				t.Fatal("not marked")
			}
			play(o, tt.act)
			if c := o.Timeline[len(o.Timeline)-1]; (o.Attention != nil) != tt.stays || c.Attention != tt.stays ||
				c.Type == OrderAttentionChanged {
				t.Errorf("attention %+v, last change %+v", o.Attention, c)
			}
		})
	}
}

// A delivery follows a dispatch, is recorded once, and changes nothing else.
func TestOrder_Deliver(t *testing.T) {
	t.Parallel()
	by := By{At: time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC), Actor: "carrier"}
	for _, s := range []*Shipment{
		nil, {Status: ShipmentStatusRequested}, {Status: ShipmentStatusFailed}, {Status: ShipmentStatusDispatched, Late: &LateDispatch{}},
	} {
		o := &Order{ID: "ord_1", Status: Shipping, Shipment: s}
		if err := o.Deliver(by); CodeOf(err) != CodeInvalidState || o.Sequence != 0 {
			t.Errorf("%+v: %v", s, err)
		}
	}
	for _, status := range []Status{Shipping, Fulfilled} {
		o := &Order{ID: "ord_1", Status: status, Shipment: &Shipment{Status: ShipmentStatusDispatched}}
		for range 2 {
			if err := o.Deliver(by); err != nil {
				t.Fatal(err)
			}
		}
		if o.Sequence != 1 || o.Timeline[0].Type != ShipmentDelivered || o.Status != status || o.Shipment.DeliveredAt == nil || !o.Shipment.DeliveredAt.Equal(by.At) {
			t.Errorf("%+v", o)
		}
	}
}
