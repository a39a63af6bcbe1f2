package orderflow

import (
	"fmt"
	"testing"
	"time"
)

// dispatched returns an order that was dispatched at noon as A1.
func dispatched(t *testing.T) *Order {
	t.Helper()
	o := requested(t)
	if err := o.Dispatch("Post", "A1", byAfter(0)); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOrder_Dispatch_corrects(t *testing.T) {
	t.Parallel()
	for _, status := range []Status{Shipping, Fulfilled} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			o := dispatched(t)
			if status == Fulfilled {
				play(o, "fulfil")
			}
			before := o.Sequence
			for _, to := range []Tracking{{"Post", "A1"}, {"Post", "B2"}, {"Post", "B2"}, {"Parcel", "B2"}} {
				if err := o.Dispatch(to.Carrier, to.TrackingNumber, byAfter(time.Hour)); err != nil {
					t.Fatalf("%v: %v", to, err)
				}
				if (Tracking{o.Shipment.Carrier, o.Shipment.TrackingNumber}) != to {
					t.Errorf("%v: the shipment is %+v", to, o.Shipment)
				}
			}
			last := o.Timeline[len(o.Timeline)-1]
			if o.Sequence != before+2 || last.Type != ShipmentCorrected || last.Status != status ||
				last.PreviousStatus != "" || !last.At.Equal(noon.Add(time.Hour)) {
				t.Errorf("%d changes, the last is %+v", o.Sequence-before, last)
			}
			if o.Event(last).ShipmentID != "shp_1" || fmt.Sprint(o.Shipment.Replaced) != "[{Post A1} {Post B2}]" {
				t.Errorf("%+v, %+v", o.Event(last), o.Shipment.Replaced)
			}
		})
	}
}

// A delayed notice does not restore a tracking number that was corrected.
func TestOrder_Dispatch_lateNotice(t *testing.T) {
	t.Parallel()
	o := dispatched(t)
	if err := o.Dispatch("Post", "B2", byAfter(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := o.Dispatch("Post", "A1", byAfter(2*time.Hour)); CodeOf(err) != CodeInvalidState ||
		o.Shipment.TrackingNumber != "B2" {
		t.Errorf("%v, %+v", err, o.Shipment)
	}
}

func TestOrder_Dispatch_correctionsAreBounded(t *testing.T) {
	t.Parallel()
	o := dispatched(t)
	for i := range maxCorrections {
		if err := o.Dispatch("Post", fmt.Sprint("B", i), byAfter(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Dispatch("Post", "C", byAfter(time.Hour)); CodeOf(err) != CodeInvalidState {
		t.Errorf("got %v", err)
	}
	if err := o.Dispatch("Post", o.Shipment.TrackingNumber, byAfter(time.Hour)); err != nil {
		t.Errorf("the same again: %v", err)
	}
}

func TestOrder_FailShipment_otherReason(t *testing.T) {
	t.Parallel()
	o := requested(t)
	if err := o.FailShipment(byStep("AddressUnreachable")); err != nil {
		t.Fatal(err)
	}
	if err := o.FailShipment(byStep("AddressUnreachable")); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if err := o.FailShipment(byStep("Lost")); CodeOf(err) != CodeInvalidState ||
		o.Shipment.Reason != "AddressUnreachable" {
		t.Errorf("%v, %+v", err, o.Shipment)
	}
}
