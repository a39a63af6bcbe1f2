package orderflow

import (
	"crypto/rand"
	"testing"
	"time"
)

func TestOrder_Waiting(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	until := at.Add(time.Hour)
	waits := func(step string) *Wait { return &Wait{Step: step, Token: "t", Since: at, Until: until} }
	for _, tt := range []struct {
		name  string
		order Order
		want  Waiting
	}{
		{"a step", Order{Status: Placed, UpdatedAt: at}, Waiting{For: WaitsForStep, Since: at}},
		{
			"a step that answers", Order{Status: Confirmed, UpdatedAt: at, Wait: waits(StepAwaitPaymentMethod)},
			Waiting{For: WaitsForStep, Since: at},
		},
		{
			"the customer", Order{Status: Confirmed, Wait: waits(StepAwaitPaymentMethod), MethodRequest: &MethodRequest{}},
			Waiting{WaitsForCustomer, at, until},
		},
		{"a review", Order{Status: InReview, Wait: waits(StepAwaitReview), Review: &Review{}}, Waiting{WaitsForReview, at, until}},
		{
			"the carrier",
			Order{Status: Paid, Wait: waits(StepRequestShipment), Shipment: &Shipment{Status: ShipmentStatusRequested}},
			Waiting{WaitsForCarrier, at, until},
		},
		{
			"an operator",
			Order{Status: Paid, Wait: waits(StepRequestShipment), Attention: &Attention{Code: "Internal", Since: until}},
			Waiting{For: WaitsForOperator, Since: until},
		},
		{
			"the provider",
			Order{Attention: &Attention{Code: string(CodeWaitingForProvider), Since: at}, Outage: &Outage{Until: until}},
			Waiting{WaitsForProvider, at, until},
		},
	} {
		if got := tt.order.Waiting(); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestFirstOrderID(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	before, errBefore := NewOrderID(at.Add(-time.Millisecond), rand.Reader)
	same, errSame := NewOrderID(at, rand.Reader)
	if first := FirstOrderID(at); errBefore != nil || errSame != nil || before >= first || first > same {
		t.Errorf("%s, %s, %s", before, first, same)
	}
}
