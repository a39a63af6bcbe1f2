package tasks

import (
	"slices"

	"github.com/orderflow-dev/orderflow"
)

// confirmedEnd is the end of an action that the customer has done.
const confirmedEnd = "confirmed"

// action is a charge that the customer must confirm. end is how that ended: "confirmed", "failed" or
// "canceled".
type action struct {
	capture
	end string
}

// answer is the provider's answer for an action that is not confirmed.
func (a *action) answer() (orderflow.Receipt, error) {
	if a.end == "" {
		return orderflow.Receipt{}, &orderflow.ActionRequired{ProviderID: a.ProviderID, ClientSecret: a.ProviderID + "_secret"}
	}
	return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentDeclined, "authentication %s", a.end)
}

func (p *provider) action(key string) *action {
	for _, a := range p.actions {
		if a.key == key {
			return a
		}
	}
	return nil
}

func (p *provider) actionOf(providerID string) *action {
	for _, a := range p.actions {
		if a.ProviderID == providerID {
			return a
		}
	}
	return nil
}

// authenticated reports whether the customer has confirmed a charge: a renewal then needs no other
// confirmation.
func (p *provider) authenticated() bool {
	return slices.ContainsFunc(p.actions, func(a *action) bool { return a.end == confirmedEnd })
}

// open returns the action that the customer can still do, or nil.
func (p *provider) open() *action {
	for _, a := range p.actions {
		if a.end == "" {
			return a
		}
	}
	return nil
}

// confirm is what the customer does on the provider's page. It reports whether that was possible.
func (p *provider) confirm(clientSecret string, succeeds bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.open()
	if a == nil || a.ProviderID+"_secret" != clientSecret {
		return false
	}
	if !succeeds {
		a.end, p.declined[a.key] = "failed", true
		return true
	}
	a.end = confirmedEnd
	made := a.capture
	made.asks, made.at = false, p.now()
	if !made.HeldUntil.IsZero() {
		made.HeldUntil = made.at.Add(p.holdFor)
	}
	p.take(made)
	return true
}
