package orderflow

import (
	"fmt"
	"strings"
	"time"
)

// StepChargePayment is the state that charges orders.
const StepChargePayment = "ChargePayment"

// Outage is what an order knows of an outage of the payment provider that keeps it from being
// charged.
type Outage struct {
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`   // when the order's execution fails
	Redrive int       `json:"redrive"` // a redrive begins another wait
	Alerted bool      `json:"alerted"` // an alert of the incident names the order
}

// WaitForProvider records that the provider did not settle the charge, and reports whether the order
// goes on waiting: until patience is over, counted from the first call of this redrive. The order is
// marked meanwhile. An order that is not to be charged any more, as a late invocation finds it, does
// not change.
func (o *Order) WaitForProvider(reply error, redrive int, patience time.Duration, by By) bool {
	if o.Status != Confirmed {
		return false
	}
	if o.Outage == nil || o.Outage.Redrive < redrive {
		if patience <= 0 {
			return false
		}
		o.Outage = &Outage{Since: by.At, Until: by.At.Add(patience), Redrive: redrive}
		if o.Attention == nil {
			o.Attention = &Attention{
				Code: string(CodeWaitingForProvider), Step: StepChargePayment, Message: MessageOf(reply), Since: by.At,
				RedriveCount: redrive,
			}
		}
		by.Reason = string(CodeWaitingForProvider)
		o.record(by.change(OrderAttentionChanged))
	}
	return by.At.Before(o.Outage.Until)
}

// WaitsForProvider reports whether the order waits until the payment provider answers, and its time
// is not over.
func (o *Order) WaitsForProvider(now time.Time) bool {
	return o.Attention.is(AttentionOutage) && o.Outage != nil && now.Before(o.Outage.Until)
}

// endOutage records that the provider has settled the charge. The caller records a change.
func (o *Order) endOutage() {
	o.Outage = nil
	if o.Attention.is(AttentionOutage) {
		o.unmark()
	}
}

// FailedByOutage reports whether the order's execution failed after it had waited for the payment
// provider in vain.
func (o *Order) FailedByOutage() bool {
	if o.Outage == nil || o.Attention == nil {
		return false
	}
	code := Code(o.Attention.Code)
	return code == CodePaymentUnavailable || code == CodePaymentUncertain
}

// NoteIncident records that an alert of an incident names the order. It reports whether that changed
// the order.
func (o *Order) NoteIncident() bool {
	if o.Outage == nil || o.Outage.Alerted {
		return false
	}
	o.Outage.Alerted = true
	return true
}

// Incident is an outage of the payment provider: the orders that it keeps from being charged. There
// is one alert for all of them.
type Incident struct {
	Failure           // the orders, also those that have failed meanwhile
	Failed  int       // those whose execution has failed
	Since   time.Time // when the first of them could not be charged
	Alerted bool      // operators were alerted
}

// Add adds an order, unless no outage keeps it.
func (i *Incident) Add(o *Order) {
	if o.Outage == nil || !o.Attention.is(AttentionOutage) && !o.FailedByOutage() {
		return
	}
	if i.Orders == 0 || o.Outage.Since.Before(i.Since) {
		i.Since, i.Message = o.Outage.Since, o.Attention.Message
	}
	if o.FailedByOutage() {
		i.Failed++
	}
	i.Alerted = i.Alerted || o.Outage.Alerted
	i.add(o)
}

// Alert returns the alert of the incident, which names its first order.
func (i *Incident) Alert() Alert {
	value := make([]string, len(i.Value))
	for n, m := range i.Value {
		value[n] = m.String()
	}
	return Alert{
		DedupeID: "outage/" + i.Since.UTC().Format(time.RFC3339Nano), OrderID: i.Samples[0],
		Attention: Attention{
			Code: string(CodeWaitingForProvider), Step: StepChargePayment, Since: i.Since,
			Message: fmt.Sprintf("%d orders worth %s could not be charged, and %d of them have failed: %s",
				i.Orders, strings.Join(value, ", "), i.Failed, i.Message),
		},
	}
}
