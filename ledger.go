package orderflow

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Transitions of a ledger entry. In any other state, a method returns CodeInvalidState and changes
// nothing.
//
//	new -> STARTED -> SUCCEEDED | FAILED | VOIDED
//	       STARTED -> AUTHORIZED -> SUCCEEDED | VOIDED
//	new -> VOIDED | NOT_DUE

// NewCharge returns the entry of an order's charge, which is not in the ledger yet.
func NewCharge(o *Order, at time.Time) *Payment {
	return &Payment{OrderID: o.ID, Step: ChargeStep, Amount: o.Total, StartedAt: at}
}

// NewRefund returns the entry of the compensation's refund of a captured charge: the charge less
// what operators have refunded.
func NewRefund(charge *Payment, due Money, at time.Time) *Payment {
	return &Payment{OrderID: charge.OrderID, Step: RefundStep, Amount: due, StartedAt: at}
}

// NewPartialRefund returns the entry of an operator's refund.
func NewPartialRefund(o *Order, r *OrderRefund, at time.Time) *Payment {
	return &Payment{OrderID: o.ID, Step: PartialRefundStep(r.ID), Amount: o.RefundAmount(r), StartedAt: at}
}

func (p *Payment) expect(want ...PaymentState) error {
	if slices.Contains(want, p.State) {
		return nil
	}
	return Errorf(CodeInvalidState, "the %s of order %s is %s", p.Step, p.OrderID, cmp.Or(string(p.State), "not begun"))
}

// Begin starts a new entry.
func (p *Payment) Begin() error {
	if err := p.expect(PaymentNew); err != nil {
		return err
	}
	p.State = PaymentStarted
	return nil
}

// Call records that a call of the provider starts now, whether it is the first one or another.
func (p *Payment) Call(at time.Time) error {
	if err := p.expect(PaymentNew, PaymentStarted); err != nil {
		return err
	}
	p.State, p.CalledAt, p.RenewAt, p.Action = PaymentStarted, at, time.Time{}, false
	return nil
}

// NoteUnsettled records a reply that settled nothing. After CodePaymentUnavailable the call had no
// effect, and the state before it counts; otherwise the outcome is unknown.
func (p *Payment) NoteUnsettled(before Payment, reply error, at time.Time) error {
	if err := p.expect(PaymentStarted); err != nil {
		return err
	}
	p.RenewAt = renewal(reply, before.RenewAt, at)
	if CodeOf(reply) == CodePaymentUnavailable {
		p.CalledAt, p.RenewAt = before.CalledAt, cmp.Or(p.RenewAt, before.RenewAt)
	}
	return nil
}

// NoteKeySpent records when another attempt may begin, if the reply says that the key is spent. It
// reports whether that changed the entry.
func (p *Payment) NoteKeySpent(reply error, at time.Time) bool {
	renewAt := renewal(reply, p.RenewAt, at)
	if p.State != PaymentStarted || renewAt.IsZero() || renewAt.Equal(p.RenewAt) {
		return false
	}
	p.RenewAt = renewAt
	return true
}

// NoteDeclined records that the provider declined the last attempt. The next one may begin at once,
// with another payment method.
func (p *Payment) NoteDeclined(reply error) error {
	if err := p.expect(PaymentStarted); err != nil {
		return err
	}
	p.Reason, p.PublicReason = cmp.Or(MessageOf(reply), string(CodePaymentDeclined)), PublicOf(reply)
	p.CalledAt, p.RenewAt, p.Action, p.ProviderID = time.Time{}, time.Time{}, false, ""
	return nil
}

// NoteAction records that the customer must confirm the last attempt.
func (p *Payment) NoteAction(a *ActionRequired) error {
	if err := p.expect(PaymentStarted); err != nil {
		return err
	}
	p.ProviderID, p.Action = a.ProviderID, true
	p.CalledAt, p.RenewAt = time.Time{}, time.Time{}
	return nil
}

// ActionPending reports whether the customer must confirm the last attempt, as far as is known.
func (p *Payment) ActionPending() bool { return p.State == PaymentStarted && p.Action }

// AttemptDeclined reports whether the provider declined the last attempt of a charge that is not
// settled.
func (p *Payment) AttemptDeclined() bool { return p.State == PaymentStarted && p.Reason != "" }

// Renew begins the next attempt if the last one was refused and its waiting time is over. It
// reports whether it did.
func (p *Payment) Renew(now time.Time) bool {
	if p.State != PaymentStarted || p.RenewAt.IsZero() || now.Before(p.RenewAt) {
		return false
	}
	p.Attempt, p.RenewAt = max(p.Attempt, 1)+1, time.Time{}
	return true
}

// RenewWith begins the next attempt of a declined charge, with another payment method. Returns
// CodeInvalidState if the last attempt was not declined.
func (p *Payment) RenewWith(method string) error {
	if !p.AttemptDeclined() {
		return Errorf(CodeInvalidState, "the last attempt of the %s of order %s was not declined", p.Step, p.OrderID)
	}
	p.Attempt, p.Method = max(p.Attempt, 1)+1, method
	p.Reason, p.PublicReason = "", ""
	return nil
}

// Secure records a charge that the provider authorised or captured, as the receipt says.
func (p *Payment) Secure(r Receipt, at time.Time) error {
	if r.HeldUntil.IsZero() {
		return p.Capture(r, at)
	}
	return p.Authorize(r)
}

// Capture settles a charge that the provider captured, at once or after an authorisation. It
// returns an error if the amount differs.
func (p *Payment) Capture(r Receipt, at time.Time) error {
	return p.succeed(ChargeStep, "captured", r, at, PaymentStarted, PaymentHeld)
}

// Refund settles a refund that the provider paid out. It returns an error if the amount differs.
func (p *Payment) Refund(r Receipt, at time.Time) error {
	return p.succeed(RefundStep, "refunded", r, at, PaymentStarted)
}

func (p *Payment) succeed(step, done string, r Receipt, at time.Time, from ...PaymentState) error {
	if err := p.accept(step, done, r, from...); err != nil {
		return err
	}
	p.ProviderID = r.ProviderID
	p.settle(PaymentSucceeded, at)
	return nil
}

// accept checks that the entry may take a receipt of this step.
func (p *Payment) accept(step, done string, r Receipt, from ...PaymentState) error {
	if err := p.expect(from...); err != nil {
		return err
	}
	if p.Step != step && !(step == RefundStep && p.isPartialRefund()) {
		return Errorf(CodeInvalidState, "the provider %s the %s of order %s", done, p.Step, p.OrderID)
	}
	if r.Amount != p.Amount {
		return fmt.Errorf("provider %s %s instead of %s (%s)", done, r.Amount, p.Amount, r.ProviderID)
	}
	return nil
}

// Decline settles a charge that the provider declined.
func (p *Payment) Decline(reply error, at time.Time) error {
	if err := p.expect(PaymentStarted); err != nil {
		return err
	}
	p.Reason, p.PublicReason = MessageOf(reply), PublicOf(reply)
	p.settle(PaymentFailed, at)
	return nil
}

// Void settles a charge that the provider does not know, or whose authorisation it has released.
// Returns CodePaymentUncertain while the last call may still take effect, unless the reply proves
// that it cannot.
func (p *Payment) Void(reply error, at time.Time) error {
	if err := p.expect(PaymentNew, PaymentStarted, PaymentHeld); err != nil {
		return err
	}
	if err := p.checkNoOpenCall(reply, at); err != nil {
		return err
	}
	p.settle(PaymentVoided, at)
	return nil
}

// checkNoOpenCall returns CodePaymentUncertain while the last call may still take effect, unless
// the reply proves that it cannot.
func (p *Payment) checkNoOpenCall(reply error, at time.Time) error {
	if left := p.CalledAt.Add(UncertainFor).Sub(at); !p.CalledAt.IsZero() && left > 0 && !HadNoEffect(reply) {
		return Errorf(CodePaymentUncertain, "the charge of order %s may still take effect: ask again in %s", p.OrderID,
			left)
	}
	return nil
}

// MarkNotDue settles a new entry of a charge of zero.
func (p *Payment) MarkNotDue(at time.Time) error {
	if err := p.expect(PaymentNew); err != nil {
		return err
	}
	if p.Amount.Amount != 0 {
		return Errorf(CodeInvalidState, "%s of order %s is due", p.Amount, p.OrderID)
	}
	p.settle(PaymentNotDue, at)
	return nil
}

func (p *Payment) settle(s PaymentState, at time.Time) {
	p.State, p.SettledAt, p.CalledAt, p.Replaced, p.Action = s, at, time.Time{}, "", false
}

// DeclineError returns the CodePaymentDeclined error of a declined charge.
func (p *Payment) DeclineError() error {
	return &Error{Code: CodePaymentDeclined, Message: p.Reason, Public: p.PublicReason}
}

// Replaceable lists what the ledger may hold when an entry is written.
type Replaceable struct {
	None        bool // no entry
	Started     bool // a STARTED entry
	SameStarted bool // a STARTED entry with the same Revision
	Held        bool // an AUTHORIZED entry with the same Revision
}

// CanReplace returns what the ledger may hold when this entry is written. A settled entry never
// changes.
func (p *Payment) CanReplace() Replaceable {
	switch p.State {
	case PaymentStarted:
		return Replaceable{None: p.Revision == 0, SameStarted: p.Revision > 0}
	case PaymentHeld, PaymentSucceeded:
		return Replaceable{Started: true, Held: true}
	case PaymentFailed: // the decline of an earlier attempt must not settle a later one
		return Replaceable{SameStarted: true}
	case PaymentVoided:
		return Replaceable{None: true, Started: true, Held: true}
	case PaymentNotDue:
		return Replaceable{None: true}
	}
	return Replaceable{}
}

// Counted reports whether a write of the entry raises its Revision.
func (p *Payment) Counted() bool { return p.State == PaymentStarted || p.State == PaymentHeld }
