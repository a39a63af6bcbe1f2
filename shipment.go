package orderflow

import "time"

// Shipment is a request to the carrier and the carrier's answer.
type Shipment struct {
	ID             string         `json:"id"`
	Status         ShipmentStatus `json:"status"`
	Carrier        string         `json:"carrier,omitempty"`
	TrackingNumber string         `json:"trackingNumber,omitempty"`
	Reason         string         `json:"reason,omitempty"`   // reason of the failure
	Replaced       []Tracking     `json:"replaced,omitempty"` // replaced tracking numbers, oldest first
	Late           *LateDispatch  `json:"late,omitempty"`
	DeliveredAt    *time.Time     `json:"deliveredAt,omitempty"` // when the carrier told that the customer has the goods
}

// ShipmentStatus is the state of a shipment.
type ShipmentStatus string

// The shipment statuses.
const (
	ShipmentStatusRequested  ShipmentStatus = "REQUESTED"
	ShipmentStatusDispatched ShipmentStatus = "DISPATCHED"
	ShipmentStatusFailed     ShipmentStatus = "FAILED"
)

// RequestShipment records that a request to the carrier is due, and the waiting step: its name,
// token and attempt. A newer attempt of the step keeps the shipment, and its token receives an
// answer that is already known. An older attempt changes nothing. Returns CodeOrderCancelled;
// CodeInvalidState for an older attempt, and for an order that is not paid or has ended;
// CodeAuthorizationLapsed.
func (o *Order) RequestShipment(shipmentID string, w Wait, by By) error {
	w.Since, w.RequestedAt = by.At, by.At
	if o.Shipment != nil {
		return o.renewWait(w, by)
	}
	if err := o.CanProceed(); err != nil {
		return err
	}
	if err := o.expect(Paid); err != nil {
		return err
	}
	if err := o.checkCovered(by.At); err != nil {
		return err
	}
	o.Shipment = &Shipment{ID: shipmentID, Status: ShipmentStatusRequested}
	o.Wait = &w
	o.record(by.change(ShipmentRequested))
	return nil
}

func (o *Order) renewWait(w Wait, by By) error {
	known := o.Wait != nil && o.Wait.Token == w.Token
	if !known && o.Shipment.Status == ShipmentStatusRequested && o.CanProceed() != nil {
		return o.CanProceed()
	}
	changed, err := o.await(w)
	if changed {
		o.record(by.change(ShipmentRenewed))
	}
	return err
}

// carrierAnswer answers the step that requests the shipment. Dispatch is the point of no return.
func (o *Order) carrierAnswer() *Answer {
	switch {
	case o.Shipment == nil:
		return nil
	case o.Shipment.Status == ShipmentStatusDispatched:
		return &Answer{}
	case o.Shipment.Status == ShipmentStatusFailed:
		return &Answer{Code: CodeShipmentFailed, Cause: o.Shipment.Reason}
	}
	return nil
}

// Unanswered reports whether a step waits for the carrier, which has not answered, and no cancel
// was accepted.
func (o *Order) Unanswered() bool {
	return o.Wait != nil && o.Shipment != nil && o.Shipment.Status == ShipmentStatusRequested && o.Cancel == nil
}

// longestPause is the longest pause between two requests for one shipment.
const longestPause = 24 * time.Hour

// clockSkew is the largest expected difference between clocks. A time further ahead comes from a
// clock that has since been set back.
const clockSkew = time.Minute

// RenewalDue reports whether a request to a silent carrier is due again, because the first may be
// lost. The pauses double from after to a day, so that a slow carrier gets about twenty requests in
// the two weeks that the step waits at most.
func (o *Order) RenewalDue(after time.Duration, now time.Time) bool {
	if !o.Unanswered() {
		return false
	}
	if ahead := o.Wait.RequestedAt.Sub(now); ahead > clockSkew {
		return true
	}
	pause := max(after, min(o.Wait.RequestedAt.Sub(o.Wait.Since), longestPause))
	return now.Sub(o.Wait.RequestedAt) >= pause
}

// RenewShipment records a new request for the same shipment if it is due, and reports whether it
// did.
func (o *Order) RenewShipment(after time.Duration, by By) bool {
	if !o.RenewalDue(after, by.At) {
		return false
	}
	o.Wait.RequestedAt = by.At
	o.record(by.change(ShipmentRenewed))
	return true
}

// Overdue reports whether the carrier has been silent for within despite a second request, and the
// order has no mark yet.
func (o *Order) Overdue(within time.Duration, now time.Time) bool {
	return o.Unanswered() && o.Attention == nil && o.Wait.RequestedAt.After(o.Wait.Since) &&
		now.Sub(o.Wait.Since) >= within
}

// MarkOverdue marks the order for the operators if it is overdue, and reports whether it did. The
// carrier's answer removes the mark. redriveCount is the running execution's.
func (o *Order) MarkOverdue(within time.Duration, redriveCount int, by By) bool {
	return o.Overdue(within, by.At) && o.MarkAttention(Attention{
		Code:    string(CodeShipmentUnanswered),
		Message: "the carrier has not answered since " + o.Wait.Since.Format(time.RFC3339),
		Step:    o.Wait.Step, RedriveCount: redriveCount,
	}, by)
}

// clearWaiting removes the mark of a silent carrier. The mark of a failed execution stays.
func (o *Order) clearWaiting() {
	if o.Attention.is(AttentionWaiting) {
		o.unmark()
	}
}

// Dispatch records that the carrier has dispatched the goods: the point of no return. Calling it
// again with the same tracking is a no-op; with another tracking it corrects the shipment. Returns
// CodeOrderCancelled if a cancel won; CodeAuthorizationLapsed if the payment is no longer secured;
// CodeInvalidState if no shipment was requested, if it failed, or if the tracking was already
// replaced.
func (o *Order) Dispatch(carrier, trackingNumber string, by By) error {
	if o.Shipment != nil && o.Shipment.Status == ShipmentStatusDispatched {
		return o.Shipment.correct(o, Tracking{carrier, trackingNumber}, by)
	}
	if err := o.CanProceed(); err != nil {
		return err
	}
	if err := o.expect(Paid); err != nil {
		return err
	}
	if o.Shipment == nil || o.Shipment.Status != ShipmentStatusRequested {
		return Errorf(CodeInvalidState, "order %s has no open shipment request", o.ID)
	}
	if err := o.checkCovered(by.At); err != nil {
		return err
	}
	o.Shipment.Status, o.Shipment.Carrier, o.Shipment.TrackingNumber = ShipmentStatusDispatched, carrier, trackingNumber
	o.clearWaiting()
	o.moveTo(Shipping, by.change(""))
	return nil
}

// FailShipment records that the carrier failed before dispatch. Calling it again with the same
// reason, or after a cancel won, is a no-op. Returns CodeInvalidState if there is no open shipment
// request, or if it failed for another reason.
func (o *Order) FailShipment(by By) error {
	if o.Shipment == nil || o.Shipment.Status == ShipmentStatusDispatched {
		return Errorf(CodeInvalidState, "order %s has no open shipment request", o.ID)
	}
	if o.Shipment.Status == ShipmentStatusFailed && o.Shipment.Reason != by.Reason {
		return Errorf(CodeInvalidState, "shipment %s failed for another reason", o.Shipment.ID)
	}
	if o.Shipment.Status == ShipmentStatusFailed || o.Cancel != nil || o.Status.Final() {
		return nil
	}
	o.Shipment.Status, o.Shipment.Reason = ShipmentStatusFailed, by.Reason
	o.clearWaiting()
	o.record(by.change(ShipmentFailed))
	return nil
}

// Deliver records that the carrier has delivered the goods. Calling it twice is a no-op. Returns
// CodeInvalidState if they were not dispatched, or too late: then an operator decides.
func (o *Order) Deliver(by By) error {
	s := o.Shipment
	if s == nil || s.Status != ShipmentStatusDispatched || s.Late != nil {
		return Errorf(CodeInvalidState, "the goods of order %s were not dispatched", o.ID)
	}
	if s.DeliveredAt == nil {
		s.DeliveredAt = &by.At
		o.record(by.change(ShipmentDelivered))
	}
	return nil
}
