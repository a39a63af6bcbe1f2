package orderflow

import (
	"cmp"
	"slices"
	"time"
)

// AttentionKind is the kind of problem that an order is marked for.
type AttentionKind int

// The kinds of attention.
const (
	AttentionFailed        AttentionKind = iota // the execution ended without success: marked once per redrive
	AttentionWaiting                            // the execution waits for an answer for long, or refuses it
	AttentionLateDispatch                       // the goods were dispatched after a cancel
	AttentionUnsent                             // a notification to the customer could not be sent
	AttentionAuthorization                      // the authorisation lapses, or has lapsed
	AttentionRefund                             // a refund is pending, or failed
	AttentionOutage                             // the charge waits until the payment provider answers again
)

// Kind returns the kind that belongs to the code. A code of no other kind is the error of an
// execution.
func (a Attention) Kind() AttentionKind {
	switch Code(a.Code) {
	case CodeShipmentUnanswered, CodeReviewUnanswered, CodeAnswerRefused:
		return AttentionWaiting
	case CodeDispatchedLate:
		return AttentionLateDispatch
	case CodeNotificationFailed:
		return AttentionUnsent
	case CodeRefundUnsettled, CodeRefundReturned:
		return AttentionRefund
	case CodeAuthorizationLapsing:
		return AttentionAuthorization
	case CodeWaitingForProvider:
		return AttentionOutage
	}
	return AttentionFailed
}

// is reports whether the order is marked with this kind.
func (m *Attention) is(k AttentionKind) bool { return m != nil && m.Kind() == k }

// outlives reports whether the mark also applies to an order that has ended: a step after the end
// failed, or the goods were dispatched too late.
func (a Attention) outlives() bool {
	switch a.Kind() {
	case AttentionWaiting, AttentionUnsent, AttentionAuthorization, AttentionOutage:
		return false
	}
	return Code(a.Code) != CodeOrderOpen
}

// precedes reports whether the mark was made before the given redrive, counted from 1.
func (m *Attention) precedes(redrive int) bool { return m != nil && m.RedriveCount < redrive }

// covers reports whether m includes a: same execution, and the same redrive or a later one.
func (m *Attention) covers(a Attention) bool {
	return m != nil && m.ExecutionARN == a.ExecutionARN && m.RedriveCount >= a.RedriveCount
}

// Marked reports whether the order has a mark that covers a, or an operator has acknowledged one.
func (o *Order) Marked(a Attention) bool {
	return o.Attention.covers(a) || a.Kind() == AttentionFailed && o.Acknowledged.covers(a)
}

// MarkAttention marks the order for the operators and reports whether the order changed. The same
// failure of the same execution is marked once, and not again after an operator has acknowledged
// it. A failed execution replaces every other mark. An order that has ended takes only marks that
// still apply to it, and one that was restarted none of an earlier execution.
func (o *Order) MarkAttention(a Attention, by By) bool {
	if o.Status.Final() && !a.outlives() || o.outdated(a.ExecutionARN) {
		return false
	}
	if o.Marked(a) || o.Attention != nil && a.Kind() != AttentionFailed {
		return false
	}
	a.Since = by.At
	o.Attention = &a
	o.record(by.change(OrderAttentionChanged))
	return true
}

// ClearAttention removes a mark made before the given redrive and reports whether it removed one.
func (o *Order) ClearAttention(redrive int, by By) bool {
	old := o.Attention
	if !old.precedes(redrive) {
		return false
	}
	if o.unmark(); o.Attention != nil && o.Attention.Code == old.Code && o.Attention.ExecutionARN == old.ExecutionARN {
		return false
	}
	o.record(by.change(OrderAttentionChanged))
	return true
}

// unmark removes the mark and restores the one that it has hidden, if any. An outage after it is
// another one.
func (o *Order) unmark() {
	o.Attention, o.Outage = nil, nil
	if s := o.Shipment; s != nil && s.Late != nil && !s.Late.Acknowledged {
		o.Attention = s.Late.mark()
	} else if o.Unsent != nil {
		o.Attention = o.Unsent.mark()
	} else {
		o.Attention = cmp.Or(o.Authorization.mark(), o.refundMark(o.UpdatedAt))
	}
}

// Acknowledge records that an operator has dealt with the marked problem by hand, and why. Returns
// CodeInvalidState if there is no mark, or if the mark disappears when the order goes on.
func (o *Order) Acknowledge(by By) error {
	switch {
	case o.Attention == nil:
		return Errorf(CodeInvalidState, "order %s has no mark to acknowledge", o.ID)
	case o.Attention.is(AttentionLateDispatch):
		o.Shipment.Late.Acknowledged = true
	case o.Attention.Code == string(CodeRefundReturned):
		o.acknowledgeRefunds()
	case o.Attention.is(AttentionRefund):
		return Errorf(CodeInvalidState, "the refund of order %s is pending: its mark disappears when the money arrives", o.ID)
	case !o.Status.Final():
		return Errorf(CodeInvalidState, "order %s is %s: its mark disappears when the order goes on", o.ID, o.Status)
	}
	o.Acknowledged = o.Attention
	o.unmark()
	o.record(by.change(OrderAttentionChanged))
	return nil
}

// LateDispatch is the carrier's notice that it dispatched a shipment after a cancel, or after it
// reported the shipment as failed.
type LateDispatch struct {
	Carrier        string     `json:"carrier"`
	TrackingNumber string     `json:"trackingNumber"`
	At             time.Time  `json:"at"`
	Alerted        bool       `json:"alerted"`           // an alert was sent
	Acknowledged   bool       `json:"acknowledged"`      // an operator has dealt with the goods
	Earlier        []Tracking `json:"earlier,omitempty"` // earlier tracking numbers, oldest first
}

func (l LateDispatch) mark() *Attention {
	return &Attention{
		Code: string(CodeDispatchedLate), Since: l.At,
		Message: "the carrier dispatched the goods after a cancel or a failure: " + l.Carrier + " " + l.TrackingNumber,
	}
}

// NoteLateDispatch records a dispatch that Dispatch refuses, and marks the order for the operators
// even if it has ended: the goods may be gone although the money was refunded. A tracking number
// that was already noted changes nothing, because carriers repeat notices. Neither does one beyond
// maxCorrections, which bounds the order's size.
func (o *Order) NoteLateDispatch(carrier, trackingNumber string, by By) {
	late := &LateDispatch{Carrier: carrier, TrackingNumber: trackingNumber, At: by.At}
	if l := o.Shipment.Late; l != nil {
		late.Earlier = append(slices.Clone(l.Earlier), Tracking{l.Carrier, l.TrackingNumber})
		if slices.Contains(late.Earlier, Tracking{carrier, trackingNumber}) || len(late.Earlier) > maxCorrections {
			return
		}
	}
	o.Shipment.Late = late
	if !o.Attention.is(AttentionFailed) {
		o.Attention = o.Shipment.Late.mark()
	}
	o.record(by.change(ShipmentDispatchedLate))
}

// Unsent is a notification that could not be sent while the order went on. It is sent later, or
// replaced by the next one.
type Unsent struct {
	Kind    NotificationKind `json:"kind"`
	Step    string           `json:"step"`
	Message string           `json:"message"`
	Since   time.Time        `json:"since"`
	Alerted bool             `json:"alerted"` // an alert was sent
}

func (u Unsent) mark() *Attention {
	return &Attention{Code: string(CodeNotificationFailed), Message: u.Message, Step: u.Step, Since: u.Since}
}

// NoteUnsent records a notification that could not be sent, and marks the order for the operators.
// The order goes on.
func (o *Order) NoteUnsent(u Unsent, by By) {
	u.Since = by.At
	o.Unsent = &u
	if o.Attention == nil {
		o.Attention = u.mark()
	}
	o.record(by.change(OrderAttentionChanged))
}

// ClearUnsent records that the unsent notification was sent or is no longer needed, and removes its
// mark. It reports whether there was one.
func (o *Order) ClearUnsent(by By) bool {
	if o.Unsent == nil {
		return false
	}
	o.Unsent = nil
	if o.Attention.is(AttentionUnsent) {
		o.unmark()
	}
	o.record(by.change(OrderAttentionChanged))
	return true
}

// TakeAlerts returns the marks that operators have not been alerted to, and records them as
// alerted.
func (o *Order) TakeAlerts(now time.Time) []Attention {
	due := o.refundAlerts(now)
	if s := o.Shipment; s != nil && s.Late != nil && !s.Late.Alerted && !s.Late.Acknowledged {
		s.Late.Alerted = true
		due = append(due, *s.Late.mark())
	}
	if o.Unsent != nil && !o.Unsent.Alerted {
		o.Unsent.Alerted = true
		due = append(due, *o.Unsent.mark())
	}
	if mark := o.Authorization.mark(); mark != nil && !o.Authorization.Alerted {
		o.Authorization.Alerted = true
		due = append(due, *mark)
	}
	return due
}
