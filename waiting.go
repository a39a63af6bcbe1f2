package orderflow

import (
	"bytes"
	"time"
)

// WaitsFor is what an open order waits for.
type WaitsFor string

// What open orders wait for.
const (
	WaitsForStep     WaitsFor = "STEP"     // its execution's next step, which takes seconds
	WaitsForOperator WaitsFor = "OPERATOR" // it needs attention
	WaitsForReview   WaitsFor = "REVIEW"
	WaitsForCustomer WaitsFor = "CUSTOMER" // to confirm the payment, or for another payment method
	WaitsForProvider WaitsFor = "PROVIDER" // an outage of the payment provider
	WaitsForCarrier  WaitsFor = "CARRIER"
)

// Waiting is what an order waits for, since when, and until when; Until is zero if there is no limit.
type Waiting struct {
	For   WaitsFor
	Since time.Time
	Until time.Time
}

// waitingSteps are the steps that wait for a task token, and whose answer ends the wait.
var waitingSteps = map[string]WaitsFor{
	StepRequestShipment: WaitsForCarrier, StepAwaitReview: WaitsForReview, StepAwaitPaymentMethod: WaitsForCustomer,
}

// Waiting returns what the order waits for.
func (o *Order) Waiting() Waiting {
	switch a := o.Attention; {
	case a.is(AttentionOutage) && o.Outage != nil:
		return Waiting{WaitsForProvider, a.Since, o.Outage.Until}
	case a != nil:
		return Waiting{For: WaitsForOperator, Since: a.Since}
	case o.Wait != nil && o.Answer() == nil && waitingSteps[o.Wait.Step] != "":
		return Waiting{waitingSteps[o.Wait.Step], o.Wait.Since, o.Wait.Until}
	}
	return Waiting{For: WaitsForStep, Since: o.UpdatedAt}
}

// FirstOrderID returns the id that precedes those of all orders that are placed at the time or later.
func FirstOrderID(at time.Time) string {
	id, _ := NewOrderID(at, bytes.NewReader(make([]byte, 16))) // the reader has enough bytes
	return id
}
