package orderflow

import (
	"fmt"
	"testing"
)

// A carrier repeats its notices, in any order: each tracking number is noted once, and ten corrections at most.
func TestOrder_NoteLateDispatch_repeated(t *testing.T) {
	t.Parallel()
	o := &Order{ID: "ord_1", Status: Cancelled, Shipment: &Shipment{ID: "shp_1", Status: ShipmentRequested}}
	by := By{At: noon, Actor: "carrier"}
	for n := range 40 {
		o.NoteLateDispatch("Post", fmt.Sprintf("T%d", n%20), by)
	}
	if o.Sequence != maxCorrections+1 || len(o.Shipment.Late.Earlier) != maxCorrections || o.Shipment.Late.TrackingNumber != "T10" {
		t.Errorf("%d changes, %+v", o.Sequence, o.Shipment.Late)
	}
	if err := o.Acknowledge(by); err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		o.NoteLateDispatch("Post", fmt.Sprintf("T%d", n), by)
	}
	if o.Attention != nil || !o.Shipment.Late.Acknowledged {
		t.Errorf("an old notice undid what an operator acknowledged: %+v", o.Shipment.Late)
	}
}
