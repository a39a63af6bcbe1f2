package orderflow

import (
	"slices"
	"time"
)

// By says who changes an order, when and why.
type By struct {
	At      time.Time
	Actor   string
	Reason  string
	Message string // the reason in a sentence for the customer
}

func (b By) change(t ChangeType) Change {
	return Change{At: b.At, Type: t, Actor: b.Actor, Reason: b.Reason, Message: b.Message}
}

// Proceed tells whether the fulfilment may go on. Returns CodeOrderCancelled once a cancel was accepted.
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

// Confirm moves a placed order whose stock is held to CONFIRMED. Returns CodeOrderCancelled or CodeInvalidState.
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

// Captured records that the order's total was captured: a confirmed order becomes PAID. Money that was captured is recorded whatever
// happened meanwhile: if a cancel won the race, the payment status alone changes and CodeOrderCancelled is returned, for the refund to follow.
func (o *Order) Capture(by By) error {
	if err := o.expect(Confirmed); err != nil {
		return err
	}
	o.PaymentStatus = PaymentCaptured
	if err := o.CanProceed(); err != nil {
		o.record(by.change(OrderPaymentChanged))
		return err
	}
	o.moveTo(Paid, by.change(""))
	return nil
}

// NothingDue lets a confirmed order whose total is zero go on as if it were paid. Returns CodeOrderCancelled or CodeInvalidState.
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

// Covered reports whether nothing of the order's total is missing: it was captured and not given back, or there is nothing to pay.
func (o *Order) IsCovered() bool { return o.PaymentStatus == PaymentCaptured || o.Total.Amount == 0 }

// Payment records another payment status: declined, uncertain, refund pending. An order that has ended keeps its own. After a cancel nothing
// becomes uncertain: the refund finds out.
func (o *Order) SetPaymentStatus(s PaymentStatus, by By) {
	if o.PaymentStatus == s || o.Status.Final() || s == PaymentUncertain && o.Cancel != nil {
		return
	}
	o.PaymentStatus = s
	o.record(by.change(OrderPaymentChanged))
}

// Fulfil ends a dispatched order. Returns CodeInvalidState.
func (o *Order) Fulfil(by By) error {
	if err := o.expect(Shipping); err != nil {
		return err
	}
	o.StockStatus = StockShipped
	o.end(Fulfilled, by)
	return nil
}

// RequestCancel accepts a wish to cancel: the next step sees it, a waiting step is woken. Said twice, or of a cancelled order, it changes nothing.
// Returns CodeTooLateToCancel after dispatch and for an order that ended otherwise.
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

// Refundable tells whether what was captured may go back. Returns CodeInvalidState if nothing was captured, and after dispatch.
func (o *Order) CanRefund() error {
	if o.PaymentStatus != PaymentCaptured && o.PaymentStatus != PaymentRefundPending {
		return Errorf(CodeInvalidState, "payment of order %s is %s", o.ID, o.PaymentStatus)
	}
	return o.expect(Confirmed, Paid)
}

// Refunded records that the captured amount went back. Said twice, it changes nothing. Returns CodeInvalidState as Refundable does.
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

// StockBack records that the reservation was given back. An order that has ended has none.
func (o *Order) ReleaseStock(by By) {
	if o.StockStatus == StockReleased || o.Status.Final() {
		return
	}
	o.StockStatus = StockReleased
	o.record(by.change(OrderStockChanged))
}

// Close ends an order that is not fulfilled: CANCELLED if somebody asked for it, REJECTED otherwise; by.Reason is the code of the failure.
// Returns CodeInvalidState after dispatch, or while money is captured or may be, or stock is held.
func (o *Order) Close(by By) error {
	end := Rejected
	if o.Cancel != nil {
		end = Cancelled
	}
	if o.Status == end {
		return nil
	}
	if err := o.expect(Placed, Confirmed, Paid); err != nil {
		return err
	}
	if o.unsettled() || o.StockStatus == StockReserved {
		return Errorf(CodeInvalidState, "order %s still has payment %s, stock %s", o.ID, o.PaymentStatus, o.StockStatus)
	}
	if end == Rejected && o.PaymentStatus == PaymentDeclined {
		by.Message = o.LastMessage()
	}
	o.end(end, by)
	return nil
}

// unsettled reports whether money of the customer's is here, may be, or is on its way back.
func (o *Order) unsettled() bool {
	return o.PaymentStatus == PaymentCaptured || o.PaymentStatus == PaymentUncertain || o.PaymentStatus == PaymentRefundPending
}

// LastMessage is the last sentence that the timeline holds for the customer.
func (o *Order) LastMessage() string {
	for _, c := range slices.Backward(o.Timeline) {
		if c.Message != "" {
			return c.Message
		}
	}
	return ""
}

// end moves the order to a final status. What it waited for is over; of its marks, only those stay that concern an order that has ended.
func (o *Order) end(s Status, by By) {
	o.Wait, o.Unsent = nil, nil
	o.unmark()
	o.moveTo(s, by.change(""))
}
