package orderflow

import (
	"slices"
	"time"
)

// By identifies who changes an order, when and why.
type By struct {
	At      time.Time
	Actor   string
	Reason  string
	Message string // the reason as a sentence for the customer
}

func (b By) change(t ChangeType) Change {
	return Change{At: b.At, Type: t, Actor: b.Actor, Reason: b.Reason, Message: b.Message}
}

// CanProceed returns CodeOrderCancelled once a cancel was accepted.
func (o *Order) CanProceed() error {
	if o.Cancel != nil || o.Status == Cancelled {
		return Errorf(CodeOrderCancelled, "order %s was cancelled", o.ID)
	}
	return nil
}

func (o *Order) expect(want ...Status) error {
	for _, s := range want {
		if o.Status == s {
			return nil
		}
	}
	return Errorf(CodeInvalidState, "order %s is %s", o.ID, o.Status)
}

// Confirm moves a placed order whose stock is held to CONFIRMED. Returns CodeOrderCancelled or
// CodeInvalidState.
func (o *Order) Confirm(by By) error {
	if err := o.CanProceed(); err != nil {
		return err
	}
	if err := o.expect(Placed); err != nil {
		return err
	}
	o.StockStatus = StockReserved
	o.moveTo(Confirmed, by.change(""))
	return nil
}

// Capture records that the order's total was captured: a confirmed order becomes PAID; an
// authorised one keeps its status. If a cancel won the race, only the payment status changes and
// CodeOrderCancelled is returned, so that the refund follows.
func (o *Order) Capture(by By) error {
	if o.PaymentStatus == PaymentAuthorized && o.Status != Confirmed {
		return o.captureAuthorized(by)
	}
	return o.secure(PaymentCaptured, nil, by)
}

// secure records that a confirmed order's total was authorised or captured.
func (o *Order) secure(s PaymentStatus, a *Authorization, by By) error {
	if err := o.expect(Confirmed); err != nil {
		return err
	}
	o.PaymentStatus, o.Authorization, o.MethodRequest = s, a, nil
	o.endOutage()
	if err := o.CanProceed(); err != nil {
		o.record(by.change(OrderPaymentChanged))
		return err
	}
	o.moveTo(Paid, by.change(""))
	return nil
}

// SkipPayment moves a confirmed order whose total is zero to PAID. Returns CodeOrderCancelled or
// CodeInvalidState.
func (o *Order) SkipPayment(by By) error {
	if err := o.CanProceed(); err != nil {
		return err
	}
	if err := o.expect(Confirmed); err != nil {
		return err
	}
	if o.Total.Amount != 0 {
		return Errorf(CodeInvalidState, "%s of order %s is due", o.Total, o.ID)
	}
	o.moveTo(Paid, by.change(""))
	return nil
}

// SetPaymentStatus records another payment status: declined, uncertain, refund pending. An order
// that has ended keeps its status. After a cancel the status does not become uncertain: the refund
// resolves it. This decline is final: no other payment method is asked for (RequireMethod does that).
func (o *Order) SetPaymentStatus(s PaymentStatus, by By) {
	repeats := o.PaymentStatus == s && (s != PaymentDeclined || o.MethodRequest == nil)
	if repeats || o.Status.Final() || s == PaymentUncertain && o.Cancel != nil {
		return
	}
	if o.PaymentStatus = s; s == PaymentDeclined {
		o.MethodRequest = nil
		o.endOutage()
	}
	o.record(by.change(OrderPaymentChanged))
}

// Fulfil ends a dispatched order. Returns CodeInvalidState, also while its payment is only
// authorised.
func (o *Order) Fulfil(by By) error {
	if err := o.expect(Shipping); err != nil {
		return err
	}
	if o.PaymentStatus == PaymentAuthorized {
		return Errorf(CodeInvalidState, "the payment of order %s is not captured", o.ID)
	}
	o.StockStatus = StockShipped
	o.end(Fulfilled, by)
	return nil
}

// RequestCancel accepts a cancel: the next step sees it, and a waiting step is woken. Calling it
// twice, or on a cancelled order, is a no-op. Returns CodeTooLateToCancel after dispatch and for an
// order that ended otherwise.
func (o *Order) RequestCancel(by By) error {
	if o.Cancel != nil || o.Status == Cancelled {
		return nil
	}
	if o.Status == Shipping || o.Status.Final() {
		return Errorf(CodeTooLateToCancel, "order %s is %s", o.ID, o.Status)
	}
	o.Cancel = &CancelRequest{At: by.At, By: by.Actor, Reason: by.Reason}
	o.record(by.change(OrderCancelRequested))
	return nil
}

// CanRefund returns CodeInvalidState if nothing was captured, for an order that was not given up,
// and after dispatch.
func (o *Order) CanRefund() error {
	if !o.captured() && o.PaymentStatus != PaymentRefundPending {
		return Errorf(CodeInvalidState, "payment of order %s is %s", o.ID, o.PaymentStatus)
	}
	if !o.givenUp() {
		return Errorf(CodeInvalidState, "order %s was not given up", o.ID)
	}
	return o.expect(Confirmed, Paid)
}

// Refund records that the captured amount was refunded. Calling it twice is a no-op. Returns
// CodeInvalidState if CanRefund does.
func (o *Order) Refund(by By) error {
	if o.PaymentStatus == PaymentRefunded {
		return nil
	}
	if err := o.CanRefund(); err != nil {
		return err
	}
	o.PaymentStatus = PaymentRefunded
	o.record(by.change(OrderPaymentChanged))
	return nil
}

// ReleaseStock records that the reservation was released: nothing is held any more. It does nothing
// to an order that has ended.
func (o *Order) ReleaseStock(by By) {
	if o.StockStatus == StockReleased || o.Status.Final() {
		return
	}
	o.StockStatus, o.Holds = StockReleased, nil
	o.record(by.change(OrderStockChanged))
}

// Close ends an order that is not fulfilled: CANCELLED if a cancel was requested or the hold
// expired, REJECTED otherwise. by.Reason is the code of the failure. Returns CodeInvalidState after
// dispatch, while a payment is authorised, captured, uncertain or being refunded, and while stock
// is reserved.
func (o *Order) Close(by By) error {
	end := Rejected
	if o.Cancel != nil {
		end = Cancelled
	}
	if o.Status == end {
		return nil
	}
	if err := o.expect(Placed, Confirmed, InReview, Paid); err != nil {
		return err
	}
	if o.unsettled() || o.StockStatus == StockReserved {
		return Errorf(CodeInvalidState, "order %s cannot be closed: its payment is %s, its stock %s", o.ID,
			o.PaymentStatus, o.StockStatus)
	}
	if end == Cancelled && o.Cancel.HoldExpired {
		by.Reason, by.Message = string(CodeHoldExpired), holdExpiredMessage
	}
	if end == Rejected && (o.PaymentStatus == PaymentDeclined || reviewEnds(by.Reason)) {
		by.Message = o.LastMessage()
	}
	o.end(end, by)
	return nil
}

// unsettled reports whether a payment is authorised or captured, may be or become so, or is being
// refunded.
func (o *Order) unsettled() bool {
	switch o.PaymentStatus {
	case PaymentAuthorized, PaymentUncertain, PaymentRefundPending:
		return true
	}
	return o.captured() || o.MethodRequest.confirmable()
}

// LastMessage returns the latest customer message of the timeline.
func (o *Order) LastMessage() string {
	for _, c := range slices.Backward(o.Timeline) {
		if c.Message != "" {
			return c.Message
		}
	}
	return ""
}

// end moves the order to a final status. It ends the wait and keeps only the marks that still
// apply.
func (o *Order) end(s Status, by By) {
	o.Wait, o.Unsent, o.MethodRequest = nil, nil, nil
	o.unmark()
	o.moveTo(s, by.change(""))
}

// CloseReason returns the code of the failure that ended the order.
func (o *Order) CloseReason() Code {
	for _, c := range slices.Backward(o.Timeline) {
		if c.PreviousStatus != "" {
			return Code(c.Reason)
		}
	}
	return ""
}
