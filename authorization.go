package orderflow

import "time"

// Authorization is the order's view of an authorised payment that is captured at dispatch. Without
// a live one, or a capture, nothing is dispatched.
type Authorization struct {
	Until time.Time `json:"until"` // when the provider releases the amount
	// TriedAt is the last time a renewal was declined; zero if none was.
	TriedAt time.Time `json:"triedAt,omitzero"`
	// Problem is what an operator must know of the authorisation, and Since the time of its mark.
	Problem string    `json:"problem,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	Alerted bool      `json:"alerted,omitempty"` // an alert was sent
}

// mark returns the mark of an authorisation with a problem; nil otherwise.
func (a *Authorization) mark() *Attention {
	if a == nil || a.Problem == "" {
		return nil
	}
	return &Attention{
		Code: string(CodeAuthorizationLapsing), Since: a.Since,
		Message: "the authorisation ends at " + a.Until.Format(time.RFC3339) + ": " + a.Problem,
	}
}

const (
	// renewBefore is how long before its end an authorisation is renewed.
	renewBefore = 24 * time.Hour
	// renewPause is the pause after a declined renewal.
	renewPause = 6 * time.Hour
)

// Authorize records that the order's total was authorised until a time: a confirmed order becomes
// PAID. If a cancel won the race, only the payment status changes and CodeOrderCancelled is
// returned, so that the void follows.
func (o *Order) Authorize(until time.Time, by By) error {
	return o.secure(PaymentAuthorized, &Authorization{Until: until}, by)
}

// captureAuthorized records that the authorised total of a paid order was captured.
func (o *Order) captureAuthorized(by By) error {
	if err := o.expect(Paid, Shipping); err != nil {
		return err
	}
	o.endAuthorization(PaymentCaptured, by)
	return nil
}

// VoidAuthorization records that the authorised total was released. It does nothing to an order
// without an authorisation. Returns CodeInvalidState after dispatch.
func (o *Order) VoidAuthorization(by By) error {
	if o.PaymentStatus != PaymentAuthorized {
		return nil
	}
	if err := o.expect(Confirmed, Paid); err != nil {
		return err
	}
	o.endAuthorization(PaymentNone, by)
	return nil
}

func (o *Order) endAuthorization(s PaymentStatus, by By) {
	o.PaymentStatus, o.Authorization = s, nil
	o.clearLapsing()
	o.record(by.change(OrderPaymentChanged))
}

// Reauthorize records a renewed authorisation. It does nothing to an order without one.
func (o *Order) Reauthorize(until time.Time, by By) {
	if o.Authorization == nil {
		return
	}
	o.Authorization = &Authorization{Until: until}
	o.clearLapsing()
	o.record(by.change(OrderPaymentChanged))
}

// ReauthorizationDue reports whether the authorisation of an order that is not dispatched ends
// within a day, or has ended, and its last declined renewal is some hours ago. A cancelled order
// needs none.
func (o *Order) ReauthorizationDue(now time.Time) bool {
	a := o.Authorization
	return a != nil && o.Status == Paid && o.Cancel == nil && !now.Before(a.Until.Add(-renewBefore)) &&
		(a.TriedAt.IsZero() || now.Sub(a.TriedAt) >= renewPause)
}

// NoteLapsing records that the provider declined to renew the authorisation, and marks the order
// for the operators. An order without an authorisation stays unchanged.
func (o *Order) NoteLapsing(reason string, by By) {
	if o.Authorization == nil {
		return
	}
	o.Authorization.TriedAt = by.At
	o.markLapsing("its renewal was declined: "+reason, by)
}

// NoteRefusedDispatch records that the carrier reported a dispatch after the authorisation had
// ended, and marks the order for the operators: the goods may be gone. Calling it twice is a no-op.
func (o *Order) NoteRefusedDispatch(by By) {
	const problem = "the carrier reported a dispatch after it, which was refused"
	if o.Authorization != nil && o.Authorization.Problem != problem {
		o.markLapsing(problem, by)
	}
}

func (o *Order) markLapsing(problem string, by By) {
	a := o.Authorization
	a.Problem, a.Since = problem, by.At
	if o.Attention == nil || o.Attention.is(AttentionAuthorization) {
		o.Attention = a.mark()
	}
	o.record(by.change(OrderAttentionChanged))
}

func (o *Order) clearLapsing() {
	if o.Attention.is(AttentionAuthorization) {
		o.unmark()
	}
}

// checkCovered returns an error unless the order's total is captured and not refunded, is
// authorised now, or is zero: CodeAuthorizationLapsed or CodeInvalidState.
func (o *Order) checkCovered(now time.Time) error {
	switch {
	case o.Total.Amount == 0 || o.captured():
		return nil
	case o.PaymentStatus != PaymentAuthorized:
		return Errorf(CodeInvalidState, "payment of order %s is %s", o.ID, o.PaymentStatus)
	case !now.Before(o.Authorization.Until):
		return Errorf(CodeAuthorizationLapsed, "the authorisation of order %s ended at %s: it must be renewed before "+
			"the goods are dispatched", o.ID, o.Authorization.Until.Format(time.RFC3339))
	}
	return nil
}
