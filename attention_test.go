package orderflow

import (
	"fmt"
	"testing"
)

// Carriers repeat their notices in any order: each tracking number is noted once, up to ten
// corrections.
func TestOrder_NoteLateDispatch_repeated(t *testing.T) {
	t.Parallel()
	o := &Order{ID: "ord_1", Status: Cancelled, Shipment: &Shipment{ID: "shp_1", Status: ShipmentStatusRequested}}
	by := By{At: noon, Actor: "carrier"}
	for n := range 40 {
		o.NoteLateDispatch("Post", fmt.Sprintf("T%d", n%20), by)
	}
	if o.Sequence != maxCorrections+1 || len(o.Shipment.Late.Earlier) != maxCorrections ||
		o.Shipment.Late.TrackingNumber != "T10" {
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

func TestAttention_Kind(t *testing.T) {
	t.Parallel()
	for code, want := range map[Code]AttentionKind{
		CodeWaitingForProvider: AttentionOutage, CodeShipmentUnanswered: AttentionWaiting, CodeAnswerRefused: AttentionWaiting,
		CodeDispatchedLate:     AttentionLateDispatch,
		CodeNotificationFailed: AttentionUnsent, CodeOrderOpen: AttentionFailed, CodePaymentUnavailable: AttentionFailed,
		"States.Timeout": AttentionFailed,
	} {
		if got := (Attention{Code: string(code)}).Kind(); got != want {
			t.Errorf("%s: got %d, want %d", code, got, want)
		}
	}
}

// A redrive removes marks made before it, and no others.
func TestOrder_ClearAttention(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		mark    *Attention
		redrive int
		want    bool
	}{
		{"no mark", nil, 1, false},
		{"before", &Attention{Code: "X", ExecutionARN: "arn", RedriveCount: 0}, 1, true},
		{"after", &Attention{Code: "X", ExecutionARN: "arn", RedriveCount: 1}, 1, false},
		{"a silent carrier before", &Attention{Code: string(CodeShipmentUnanswered), RedriveCount: 1}, 2, true},
		{"a silent carrier since", &Attention{Code: string(CodeShipmentUnanswered), RedriveCount: 1}, 1, false},
	} {
		o := &Order{Status: Paid, Attention: tt.mark}
		if got := o.ClearAttention(tt.redrive, By{At: noon}); got != tt.want || len(o.Timeline) == 1 != tt.want ||
			tt.mark != nil && (o.Attention == nil) != tt.want {
			t.Errorf("%s: %v, %+v", tt.name, got, o)
		}
	}
}
