package tasks

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// provider is a fake payment provider with the weaknesses of real ones: it keeps an idempotency key
// for only 24 hours, and a call with a lost reply may take effect later.
type provider struct {
	mu       sync.Mutex
	now      Clock
	captures []capture
	holds    []*hold
	actions  []*action
	holdFor  time.Duration
	declined map[string]bool
	refunds  []orderflow.Refund
	delayed  []capture // not in effect before their time
	calls    int
	made     int // counts charges that have or will have an effect
	// before may fail a call before it takes effect. after may lose its reply. delay may lose a
	// charge's reply and return how much later the charge takes effect. They run without the lock.
	before, after func(ctx context.Context) error
	delay         func(ctx context.Context) time.Duration
	// spoil may return an error that is saved under a charge's key. slow may return one for a
	// refund; the money is sent unless the error is saved. They run with the lock.
	spoil, slow func(ctx context.Context) error
	saved       map[string]error // by key
	// refuse may decline another authorisation of an order; refused reports whether it did.
	refuse  func(ctx context.Context) bool
	refused bool
}

// hold is an authorised charge. end is how it ended: "captured" or "voided".
type hold struct {
	capture
	end string
}

func (h *hold) live(now time.Time) bool { return h.end == "" && now.Before(h.HeldUntil) }

type capture struct {
	key string
	orderflow.Receipt
	at time.Time
	// asks: the customer must confirm it first.
	asks bool
}

func newProvider(now Clock) *provider {
	return &provider{
		now: now, declined: map[string]bool{}, saved: map[string]error{}, holdFor: 7 * 24 * time.Hour,
	}
}

// save calls a hook, and keeps its error if it is to be repeated for the key.
func (p *provider) save(ctx context.Context, key string, hook func(context.Context) error) error {
	if err := p.saved[key]; err != nil || hook == nil {
		return err
	}
	err := hook(ctx)
	if _, spent := errors.AsType[*orderflow.KeySpent](err); spent {
		p.saved[key] = err
	}
	return err
}

// captured returns the captures under a key since a time.
func (p *provider) captured(key string, since time.Time) (orderflow.Receipt, bool) {
	for _, c := range p.captures {
		if c.key == key && !c.at.Before(since) {
			return c.Receipt, true
		}
	}
	return orderflow.Receipt{}, false
}

// held returns the authorisation under a key since a time; nil if there is none.
func (p *provider) held(key string, since time.Time) *hold {
	for _, h := range p.holds {
		if h.key == key && !h.at.Before(since) {
			return h
		}
	}
	return nil
}

// done reports whether a charge with the key had an effect since a time, and returns its receipt.
func (p *provider) done(key string, since time.Time) (orderflow.Receipt, bool) {
	if h := p.held(key, since); h != nil {
		return h.Receipt, true
	}
	return p.captured(key, since)
}

// take applies a charge.
func (p *provider) take(c capture) {
	if c.asks {
		p.actions = append(p.actions, &action{capture: c})
	} else if c.HeldUntil.IsZero() {
		p.captures = append(p.captures, c)
	} else {
		p.holds = append(p.holds, &hold{capture: c})
	}
}

// settle applies delayed charges up to the given time.
func (p *provider) settle(until time.Time) {
	left := p.delayed[:0]
	for _, c := range p.delayed {
		if c.at.After(until) {
			left = append(left, c)
		} else if _, done := p.done(c.key, c.at.Add(-24*time.Hour)); !done && p.action(c.key) == nil {
			p.take(c)
		}
	}
	p.delayed = left
}

func (p *provider) Charge(ctx context.Context, c orderflow.Charge) (orderflow.Receipt, error) {
	return p.call(ctx, func() (orderflow.Receipt, error) {
		if a := p.action(c.Key); a != nil && a.end != confirmedEnd {
			return a.answer()
		}
		if p.declined[c.Key] || c.PaymentMethod == "declined" || c.PaymentMethod == "secured" && !c.OnSession && !p.authenticated() {
			p.declined[c.Key] = true
			return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentDeclined, "insufficient_funds")
		}
		if r, done := p.done(c.Key, p.now().Add(-24*time.Hour)); done {
			return r, nil
		}
		if len(p.holds) > 0 && p.refuse != nil && p.refuse(ctx) {
			p.refused = true
			return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentDeclined, "insufficient_funds")
		}
		if err := p.save(ctx, c.Key, p.spoil); err != nil {
			return orderflow.Receipt{}, err
		}
		p.made++
		made := capture{
			key: c.Key, at: p.now(),
			Receipt: orderflow.Receipt{ProviderID: fmt.Sprintf("pi_%d", p.made), Amount: c.Amount},
		}
		made.asks = c.PaymentMethod == "secured" && c.OnSession
		if c.Manual {
			made.HeldUntil = p.now().Add(p.holdFor)
		}
		if p.delay != nil {
			if d := p.delay(ctx); d > 0 {
				made.at = made.at.Add(d)
				p.delayed = append(p.delayed, made)
				return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentUncertain, "timeout")
			}
		}
		if p.take(made); made.asks {
			return p.action(c.Key).answer()
		}
		return made.Receipt, nil
	})
}

func (p *provider) Lookup(ctx context.Context, e orderflow.Payment) (orderflow.Receipt, error) {
	return p.call(ctx, func() (orderflow.Receipt, error) {
		for _, key := range e.Keys() {
			if r, ok := p.captured(key, time.Time{}); ok {
				return r, nil
			}
		}
		for _, key := range e.Keys() {
			if h := p.held(key, time.Time{}); h != nil && h.live(p.now()) {
				return h.Receipt, nil
			}
		}
		for _, key := range e.Keys() {
			if a := p.action(key); a != nil && a.end == "" {
				return a.answer()
			}
		}
		if a := p.action(e.Key()); a != nil && a.end != confirmedEnd {
			return a.answer()
		}
		if h := p.held(e.Key(), time.Time{}); h != nil {
			if h.end == "" {
				return orderflow.Receipt{}, &orderflow.KeySpent{
					Err: orderflow.Errorf(orderflow.CodePaymentUnavailable, "expired"), Proven: true,
				}
			}
			return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentDeclined, "canceled")
		}
		if p.declined[e.Key()] {
			return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodePaymentDeclined, "insufficient_funds")
		}
		if orderflow.HadNoEffect(p.saved[e.Key()]) {
			return orderflow.Receipt{}, p.saved[e.Key()]
		}
		return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodeNotFound, "no charge %s", e.Key())
	})
}

func (p *provider) Capture(ctx context.Context, h orderflow.Hold) (orderflow.Receipt, error) {
	return p.call(ctx, func() (orderflow.Receipt, error) {
		made := p.find(h)
		switch {
		case made.end == "captured":
		case made.live(p.now()):
			made.end = "captured"
			c := made.capture
			c.at, c.HeldUntil = p.now(), time.Time{}
			p.take(c)
		default:
			return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodeAuthorizationLapsed, "%s is over", h.ProviderID)
		}
		return orderflow.Receipt{ProviderID: h.ProviderID, Amount: h.Amount}, nil
	})
}

func (p *provider) Void(ctx context.Context, h orderflow.Hold) error {
	_, err := p.call(ctx, func() (orderflow.Receipt, error) {
		if a := p.actionOf(h.ProviderID); a != nil {
			if a.end == "" {
				a.end = "canceled"
			}
			switch {
			case a.end != confirmedEnd:
				return orderflow.Receipt{}, nil
			case a.HeldUntil.IsZero():
				return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodeInvalidState, "%s is captured", h.ProviderID)
			}
		}
		made := p.find(h)
		if made.end == "captured" {
			return orderflow.Receipt{}, orderflow.Errorf(orderflow.CodeInvalidState, "%s is captured", h.ProviderID)
		}
		made.end = "voided"
		return orderflow.Receipt{}, nil
	})
	return err
}

// find returns an authorisation that must exist.
func (p *provider) find(h orderflow.Hold) *hold {
	for _, made := range p.holds {
		if made.ProviderID == h.ProviderID && made.Amount == h.Amount {
			return made
		}
	}
	panic("no authorisation " + h.ProviderID)
}

func (p *provider) Refund(ctx context.Context, r orderflow.Refund) (orderflow.Receipt, error) {
	return p.call(ctx, func() (orderflow.Receipt, error) {
		receipt := orderflow.Receipt{ProviderID: "re_" + r.ProviderID, Amount: r.Amount}
		refunded := int64(0)
		for _, done := range p.refunds {
			if done.ProviderID == r.ProviderID && done.Part == r.Part && (!r.Part || done.Key == r.Key) {
				return receipt, p.onItsWay(ctx)
			}
			refunded += done.Amount.Amount
		}
		if refunded+r.Amount.Amount > r.Captured.Amount {
			return orderflow.Receipt{}, &orderflow.KeySpent{
				Err: orderflow.Errorf(orderflow.CodeRefundFailed, "more than the charge"), Proven: true,
			}
		}
		err := p.save(ctx, r.Key, p.slow)
		if p.saved[r.Key] == nil {
			p.refunds = append(p.refunds, r)
		}
		return receipt, err
	})
}

// onItsWay may keep a sent refund pending.
func (p *provider) onItsWay(ctx context.Context) error {
	if p.slow == nil {
		return nil
	}
	if err := p.slow(ctx); orderflow.CodeOf(err) == orderflow.CodeRefundPending {
		return err
	}
	return nil
}

func (p *provider) call(ctx context.Context, f func() (orderflow.Receipt, error)) (orderflow.Receipt, error) {
	if p.before != nil {
		if err := p.before(ctx); err != nil {
			return orderflow.Receipt{}, err
		}
	}
	p.mu.Lock()
	p.calls++
	p.settle(p.now())
	r, err := f()
	p.mu.Unlock()
	if err == nil && p.after != nil {
		if err := p.after(ctx); err != nil {
			return orderflow.Receipt{}, err
		}
	}
	return r, err
}
