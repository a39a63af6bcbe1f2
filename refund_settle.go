package orderflow

import (
	"fmt"
	"time"
)

// refundPatience is how long a refund may be open before operators are alerted.
const refundPatience = 24 * time.Hour

// recordRefund records a change that is about one refund.
func (o *Order) recordRefund(r *OrderRefund, t ChangeType, by By) {
	c := by.change(t)
	amount := o.RefundAmount(r)
	c.RefundID, c.RefundAmount = r.ID, &amount
	o.record(c)
}

// SettleRefund records that the money of a refund has arrived. Calling it twice is a no-op. Returns
// CodeNotFound.
func (o *Order) SettleRefund(id string, by By) error {
	r := o.FindRefund(id)
	if r == nil {
		return Errorf(CodeNotFound, "order %s has no refund %s", o.ID, id)
	}
	if r.Status == RefundSucceeded {
		return nil
	}
	r.Status, r.SettledAt, r.Failure = RefundSucceeded, by.At, ""
	if o.captured() {
		o.PaymentStatus = o.CapturedStatus()
	}
	o.clearRefundMark()
	o.recordRefund(r, OrderRefunded, by)
	return nil
}

// CapturedStatus is the payment status of a captured order after its refunds so far.
func (o *Order) CapturedStatus() PaymentStatus {
	refunded := int64(0)
	for _, r := range o.Refunds {
		if r.Status == RefundSucceeded {
			refunded += r.Worth.Paid()
		}
	}
	switch refunded {
	case 0:
		return PaymentCaptured
	case o.Total.Amount:
		return PaymentRefunded
	}
	return PaymentPartiallyRefunded
}

// NoteRefundPending records that the provider has accepted a refund whose money has not arrived,
// and marks the order. It does nothing to a refund that is not requested.
func (o *Order) NoteRefundPending(id string, by By) {
	if r := o.FindRefund(id); r != nil && r.Status == RefundRequested {
		o.troubleRefund(r, RefundPending, "", by)
	}
}

// NoteRefundFailed records that the provider has refused or returned a refund, and marks the order.
// It does nothing to a refund that is not open.
func (o *Order) NoteRefundFailed(id, failure string, by By) {
	if r := o.FindRefund(id); r != nil && r.IsOpen() {
		r.Alerted = false
		o.troubleRefund(r, RefundFailed, failure, by)
	}
}

func (o *Order) troubleRefund(r *OrderRefund, s RefundStatus, failure string, by By) {
	r.Status, r.Failure = s, failure
	if o.Attention == nil || o.Attention.is(AttentionRefund) {
		o.Attention = o.refundMark(by.At)
	}
	o.recordRefund(r, OrderRefundChanged, by)
}

// RetryRefund requests a failed refund again. Calling it twice is a no-op. Returns CodeNotFound;
// CodeInvalidState for a refund that succeeded, or that an operator has acknowledged.
func (o *Order) RetryRefund(id string, by By) error {
	r := o.FindRefund(id)
	switch {
	case r == nil:
		return Errorf(CodeNotFound, "order %s has no refund %s", o.ID, id)
	case r.Status == RefundRequested:
		return nil
	case r.Status != RefundFailed:
		return Errorf(CodeInvalidState, "refund %s is %s: only a failed one can be retried", id, r.Status)
	case r.Acknowledged:
		return Errorf(CodeInvalidState, "refund %s was acknowledged as paid by other means", id)
	}
	r.Status, r.AskedAt, r.Failure = RefundRequested, by.At, ""
	o.clearRefundMark()
	o.recordRefund(r, OrderRefundRequested, by)
	return nil
}

// RenewRefunds requests the refunds again whose events may be lost, or whose money has not arrived.
// The pauses double from after to a day. It reports whether there were any.
func (o *Order) RenewRefunds(after time.Duration, by By) (renewed bool) {
	for i := range o.Refunds {
		if r := &o.Refunds[i]; r.IsOpen() && r.renewalDue(after, by.At) {
			r.AskedAt, renewed = by.At, true
			o.recordRefund(r, OrderRefundRenewed, by)
		}
	}
	return renewed
}

// AskPendingRefunds requests the refunds again whose money had not arrived, because the provider tells
// of a change. It reports whether there were any.
func (o *Order) AskPendingRefunds(by By) (asked bool) {
	for i := range o.Refunds {
		if r := &o.Refunds[i]; r.Status == RefundPending {
			r.AskedAt, asked = by.At, true
			o.recordRefund(r, OrderRefundRenewed, by)
		}
	}
	return asked
}

func (r *OrderRefund) renewalDue(after time.Duration, now time.Time) bool {
	if r.AskedAt.Sub(now) > clockSkew {
		return true
	}
	return now.Sub(r.AskedAt) >= max(after, min(r.AskedAt.Sub(r.At), longestPause))
}

// HasOpenRefund reports whether the provider must still be asked about a refund of the order.
func (o *Order) HasOpenRefund() bool {
	for i := range o.Refunds {
		if o.Refunds[i].IsOpen() {
			return true
		}
	}
	return false
}

// overdue reports whether operators must be alerted to the refund.
func (r *OrderRefund) overdue(now time.Time) bool {
	return r.Status == RefundFailed && !r.Acknowledged || r.IsOpen() && now.Sub(r.At) >= refundPatience
}

// MarkOverdueRefunds marks the order for a refund that is open for too long. It reports whether the
// order changed.
func (o *Order) MarkOverdueRefunds(by By) bool {
	mark := o.refundMark(by.At)
	if o.Attention != nil || mark == nil {
		return false
	}
	o.Attention = mark
	o.record(by.change(OrderAttentionChanged))
	return true
}

// RefundOnlyPends reports whether the order is marked for a refund whose money is on its way, not
// yet for too long.
func (o *Order) RefundOnlyPends(now time.Time) bool {
	return o.Attention != nil && o.Attention.Code == string(CodeRefundUnsettled) &&
		now.Sub(o.Attention.Since) < refundPatience
}

// refundMark is the mark of the order's first refund that is pending or failed, or that has been
// open for too long; nil if there is none.
func (o *Order) refundMark(now time.Time) *Attention {
	var mark *Attention
	for i := range o.Refunds {
		r := &o.Refunds[i]
		if m := o.markOf(r); r.overdue(now) {
			return m
		} else if r.Status == RefundPending && mark == nil {
			mark = m
		}
	}
	return mark
}

func (o *Order) markOf(r *OrderRefund) *Attention {
	code, what, since := CodeRefundUnsettled, "the provider accepted it, and the money has not arrived", r.At
	switch r.Status {
	case RefundFailed:
		code, what = CodeRefundReturned, "the provider refused or returned it: "+r.Failure
	case RefundRequested:
		what = "the provider has not accepted it"
	}
	return &Attention{Code: string(code), Since: since, RefundID: r.ID, Message: fmt.Sprintf("refund %s of %s: %s", r.ID,
		o.RefundAmount(r), what)}
}

// clearRefundMark removes the mark of a refund, unless another refund needs it.
func (o *Order) clearRefundMark() {
	if o.Attention.is(AttentionRefund) {
		o.unmark()
	}
}

// acknowledgeRefunds records that the failed refunds were paid by other means.
func (o *Order) acknowledgeRefunds() {
	for i := range o.Refunds {
		if r := &o.Refunds[i]; r.Status == RefundFailed {
			r.Acknowledged = true
		}
	}
}

// refundAlerts returns the marks of the refunds that operators have not been alerted to, and
// records them as alerted.
func (o *Order) refundAlerts(now time.Time) (due []Attention) {
	for i := range o.Refunds {
		if r := &o.Refunds[i]; r.overdue(now) && !r.Alerted {
			r.Alerted = true
			due = append(due, *o.markOf(r))
		}
	}
	return due
}
