package orderflow

import "time"

// Shipment is what the carrier was asked and what it answered.
type Shipment struct {
	ID             string         `json:"id"`
	Status         ShipmentStatus `json:"status"`
	Carrier        string         `json:"carrier,omitempty"`
	TrackingNumber string         `json:"trackingNumber,omitempty"`
	Reason         string         `json:"reason,omitempty"`   // why it failed
	Replaced       []Tracking     `json:"replaced,omitempty"` // what the carrier has corrected, oldest first
	Late           *LateDispatch  `json:"late,omitempty"`
}

// ShipmentStatus is what the carrier answered.
type ShipmentStatus string

// The shipment statuses.
const (
	ShipmentStatusRequested  ShipmentStatus = "REQUESTED"
	ShipmentStatusDispatched ShipmentStatus = "DISPATCHED"
	ShipmentStatusFailed     ShipmentStatus = "FAILED"
)

// Wait is a step of the execution that sleeps until its task token is answered. It never leaves the table.
type Wait struct {
	Step        string    `json:"step"`
	Token       string    `json:"token"`
	Attempt     Attempt   `json:"attempt"`
	Since       time.Time `json:"since"`
	RequestedAt time.Time `json:"asked"` // when the carrier was asked last
}

// RequestShipment notes that the carrier is to be asked, and the step that waits for its answer: its name, token and attempt. A newer attempt
// of the step keeps the shipment, and has the answer, if there is one already, given to its token. An older one, which runs on though it was
// given up, changes nothing.
// Returns CodeOrderCancelled, or CodeInvalidState for an older attempt and an order that is not paid or has ended.
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
	if !o.IsCovered() {
		return Errorf(CodeInvalidState, "payment of order %s is %s", o.ID, o.PaymentStatus)
	}
	o.Shipment = &Shipment{ID: shipmentID, Status: ShipmentStatusRequested}
	o.Wait = &w
	o.record(by.change(ShipmentRequested))
	return nil
}

func (o *Order) renewWait(w Wait, by By) error {
	switch {
	case o.Wait != nil && o.Wait.Token == w.Token:
		return nil
	case o.Shipment.Status == ShipmentStatusRequested && o.CanProceed() != nil:
		return o.CanProceed()
	case o.Status.Final():
		return Errorf(CodeInvalidState, "order %s is %s", o.ID, o.Status)
	case o.Wait != nil && w.Attempt.Before(o.Wait.Attempt):
		return Errorf(CodeInvalidState, "a newer attempt of %s waits for order %s", w.Step, o.ID)
	}
	o.Wait = &w
	o.record(by.change(ShipmentRenewed))
	return nil
}

// Unanswered tells whether a step waits for the carrier, which has said nothing yet, and nobody has cancelled.
func (o *Order) Unanswered() bool {
	return o.Wait != nil && o.Shipment != nil && o.Shipment.Status == ShipmentStatusRequested && o.Cancel == nil
}

// longestPause is the longest pause between two requests of one shipment.
const longestPause = 24 * time.Hour

// clockSkew is how far clocks may differ. A time that is farther ahead was told by a clock that has been set back since.
const clockSkew = time.Minute

// RenewalDue tells whether it is time to ask a silent carrier again: the request may be lost. The pauses between the requests double, from after
// up to a day, so that a slow carrier is asked about twenty times in the two weeks that the step waits at most.
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

// RenewShipment has the carrier asked again for the same shipment if that is due. It tells whether it was.
func (o *Order) RenewShipment(after time.Duration, by By) bool {
	if !o.RenewalDue(after, by.At) {
		return false
	}
	o.Wait.RequestedAt = by.At
	o.record(by.change(ShipmentRenewed))
	return true
}

// Overdue tells whether the carrier has been silent for as long as within, though it was asked again, and the order bears no mark yet.
func (o *Order) Overdue(within time.Duration, now time.Time) bool {
	return o.Unanswered() && o.Attention == nil && o.Wait.RequestedAt.After(o.Wait.Since) && now.Sub(o.Wait.Since) >= within
}

// Patient reports whether the order only waits for a carrier that was asked not long ago. Such orders stand still for days.
func (o *Order) OnlyWaits(after, within time.Duration, now time.Time) bool {
	unmarked := o.Attention == nil || o.Attention.is(AttentionWaiting)
	return o.Unanswered() && unmarked && !o.RenewalDue(after, now) && !o.Overdue(within, now)
}

// MarkOverdue marks the order for the operators if it is overdue, and tells whether it was. The mark goes when the carrier answers.
// redriveCount is the running execution's.
func (o *Order) MarkOverdue(within time.Duration, redriveCount int, by By) bool {
	return o.Overdue(within, by.At) && o.MarkAttention(Attention{
		Code: string(CodeShipmentUnanswered), Message: "the carrier has not answered since " + o.Wait.Since.Format(time.RFC3339),
		Step: o.Wait.Step, RedriveCount: redriveCount,
	}, by)
}

// answered takes the mark of a silent carrier away. That of a failed execution stays.
func (o *Order) clearWaiting() {
	if o.Attention.is(AttentionWaiting) {
		o.unmark()
	}
}

// Dispatch records that the carrier has taken the goods: the point of no return. Called again with the same tracking it is a no-op;
// with another one it corrects the shipment.
// Returns CodeOrderCancelled if a cancel won, CodeInvalidState if no shipment was requested, if it failed, or if the tracking was corrected
// before.
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
	o.Shipment.Status, o.Shipment.Carrier, o.Shipment.TrackingNumber = ShipmentStatusDispatched, carrier, trackingNumber
	o.clearWaiting()
	o.moveTo(Shipping, by.change(""))
	return nil
}

// FailShipment records that the carrier gave up before dispatch. Called again with the same reason, or after a cancel won, it is a no-op.
// Returns CodeInvalidState if there is no open shipment request, or if it failed for another reason.
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
