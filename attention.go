package orderflow

import (
	"slices"
	"time"
)

// AttentionKind is what sort of thing an order is marked for.
type AttentionKind int

// The kinds of attention.
const (
	AttentionFailed       AttentionKind = iota // the execution has ended, and not as it should: marked once for each redrive
	AttentionWaiting                           // the execution waits for a silent carrier, or does not take an answer
	AttentionLateDispatch                      // goods left that should have stayed
	AttentionUnsent                            // the customer could not be told
)

// Kind follows from the code: any other than those of a kind is the error of an execution.
func (a Attention) Kind() AttentionKind {
	switch Code(a.Code) {
	case CodeShipmentUnanswered, CodeAnswerRefused:
		return AttentionWaiting
	case CodeDispatchedLate:
		return AttentionLateDispatch
	case CodeNotificationFailed:
		return AttentionUnsent
	}
	return AttentionFailed
}

// is reports whether the order is marked, and for a thing of this kind.
func (m *Attention) is(k AttentionKind) bool { return m != nil && m.Kind() == k }

// outlives reports whether the mark concerns an order that has ended, too: a step after the end failed, or the goods left too late.
func (a Attention) outlives() bool {
	switch a.Kind() {
	case AttentionWaiting, AttentionUnsent:
		return false
	}
	return Code(a.Code) != CodeOrderOpen
}

// precedes reports whether the mark was made before the execution was redriven for the given time, from 1.
func (m *Attention) precedes(redrive int) bool { return m != nil && m.RedriveCount < redrive }

// covers reports whether the mark says what a says: it is of the same run, and of no earlier redrive.
func (m *Attention) covers(a Attention) bool {
	return m != nil && m.ExecutionARN == a.ExecutionARN && m.RedriveCount >= a.RedriveCount
}

// Marked reports whether the order bears a mark that says what a says, or an operator has acknowledged one.
func (o *Order) Marked(a Attention) bool {
	return o.Attention.covers(a) || a.Kind() == AttentionFailed && o.Acknowledged.covers(a)
}

// NeedAttention marks the order for the operators. It reports whether that changed anything: the same failure of the same run is marked once,
// and not again after an operator has acknowledged it. A failed execution takes the place of whatever else the order is marked for; an order
// that has ended takes no mark that concerns its way there.
func (o *Order) MarkAttention(a Attention, by By) bool {
	if o.Status.Final() && !a.outlives() {
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

// ClearAttention takes the mark away that was made before the given redrive: the order goes on. It reports whether there was one that goes with
// that.
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

// unmark takes the mark away, and puts one in its place that it has hidden.
func (o *Order) unmark() {
	o.Attention = nil
	if s := o.Shipment; s != nil && s.Late != nil && !s.Late.Acknowledged {
		o.Attention = s.Late.mark()
	} else if o.Unsent != nil {
		o.Attention = o.Unsent.mark()
	}
}

// Acknowledge records that an operator has dealt with what the order is marked for, where nothing in the system can, and why that is so.
// Returns CodeInvalidState without such a mark.
func (o *Order) Acknowledge(by By) error {
	switch {
	case o.Attention == nil:
		return Errorf(CodeInvalidState, "order %s needs no attention", o.ID)
	case o.Attention.is(AttentionLateDispatch):
		o.Shipment.Late.Acknowledged = true
	case !o.Status.Final():
		return Errorf(CodeInvalidState, "order %s is %s: its mark goes when it goes on", o.ID, o.Status)
	}
	o.Acknowledged = o.Attention
	o.unmark()
	o.record(by.change(OrderAttentionChanged))
	return nil
}

// LateDispatch is the carrier's word that it has taken the goods of a shipment that was cancelled, or that it had given up itself.
type LateDispatch struct {
	Carrier        string     `json:"carrier"`
	TrackingNumber string     `json:"trackingNumber"`
	At             time.Time  `json:"at"`
	Alerted        bool       `json:"alerted"`           // operators were told
	Acknowledged   bool       `json:"acknowledged"`      // an operator has seen to the goods
	Earlier        []Tracking `json:"earlier,omitempty"` // what the carrier had said before
}

func (l LateDispatch) mark() *Attention {
	return &Attention{
		Code: string(CodeDispatchedLate), Since: l.At,
		Message: "the carrier has dispatched the goods, which should have stayed: " + l.Carrier + " " + l.TrackingNumber,
	}
}

// NoteLateDispatch records a dispatch that Dispatch refuses, and marks the order for the operators, also one that has ended: the goods may be
// gone while the money went back. A tracking number that was noted before changes nothing: carriers repeat notices. Nor does one beyond
// maxCorrections: an order does not grow without bound, and an operator knows that its goods are gone.
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

// Unsent is a notification that could not be sent while the order went on. It is sent later, or overtaken by the next one.
type Unsent struct {
	Kind    NotificationKind `json:"kind"`
	Step    string           `json:"step"`
	Message string           `json:"message"`
	Since   time.Time        `json:"since"`
	Alerted bool             `json:"alerted"` // operators were told
}

func (u Unsent) mark() *Attention {
	return &Attention{Code: string(CodeNotificationFailed), Message: u.Message, Step: u.Step, Since: u.Since}
}

// NotificationFailed notes that a notification could not be sent, and marks the order for the operators; it goes on.
func (o *Order) NoteUnsent(u Unsent, by By) {
	u.Since = by.At
	o.Unsent = &u
	if o.Attention == nil {
		o.Attention = u.mark()
	}
	o.record(by.change(OrderAttentionChanged))
}

// NotificationSent notes that what could not be sent was sent, or is not needed any more. It takes the mark away, and reports whether there was
// anything to note.
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

// AlertsDue takes the marks of which no operator has been told yet, and notes that they are told now.
func (o *Order) TakeAlerts() []Attention {
	var due []Attention
	if s := o.Shipment; s != nil && s.Late != nil && !s.Late.Alerted && !s.Late.Acknowledged {
		s.Late.Alerted = true
		due = append(due, *s.Late.mark())
	}
	if o.Unsent != nil && !o.Unsent.Alerted {
		o.Unsent.Alerted = true
		due = append(due, *o.Unsent.mark())
	}
	return due
}
