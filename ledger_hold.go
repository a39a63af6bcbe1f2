package orderflow

import "time"

// Transitions of an entry whose amount is authorised and not captured yet.

// Authorize records that the provider authorised the charge. It returns an error if the amount
// differs.
func (p *Payment) Authorize(r Receipt) error {
	if err := p.accept(ChargeStep, "authorised", r, PaymentStarted); err != nil {
		return err
	}
	p.State, p.ProviderID, p.HeldUntil, p.CalledAt = PaymentHeld, r.ProviderID, r.HeldUntil, time.Time{}
	return nil
}

// Hold returns the current authorisation.
func (p *Payment) Hold() Hold { return p.hold(p.ProviderID) }

func (p *Payment) hold(id string) Hold {
	return Hold{OrderID: p.OrderID, ProviderID: id, Amount: p.Amount}
}

// ReplacedHold returns the authorisation that a renewal has replaced and that must be voided; ok is
// false if there is none.
func (p *Payment) ReplacedHold() (h Hold, ok bool) { return p.hold(p.Replaced), p.Replaced != "" }

// Renewing reports whether the outcome of a renewal is unknown.
func (p *Payment) Renewing() bool { return p.State == PaymentHeld && !p.CalledAt.IsZero() }

// BeginRenewal begins the attempt that renews an authorisation.
func (p *Payment) BeginRenewal(at time.Time) error {
	if err := p.expect(PaymentHeld); err != nil {
		return err
	}
	p.Attempt, p.CalledAt = max(p.Attempt, 1)+1, at
	return nil
}

// Reauthorize records a renewal that the provider authorised. The old authorisation stays live
// until it is voided.
func (p *Payment) Reauthorize(r Receipt) error {
	if err := p.accept(ChargeStep, "authorised", r, PaymentHeld); err != nil {
		return err
	}
	if r.ProviderID != p.ProviderID {
		p.Replaced = p.ProviderID
	}
	p.ProviderID, p.HeldUntil, p.CalledAt = r.ProviderID, r.HeldUntil, time.Time{}
	return nil
}

// EndRenewal records that a renewal had no effect. Returns CodePaymentUncertain while its call may
// still take effect, unless the reply is conclusive.
func (p *Payment) EndRenewal(conclusive bool, at time.Time) error {
	if err := p.expect(PaymentHeld); err != nil {
		return err
	}
	if !conclusive {
		if err := p.checkNoOpenCall(nil, at); err != nil {
			return err
		}
	}
	p.CalledAt = time.Time{}
	return nil
}
