package tasks

import (
	"context"
	"sync"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// After circuitOpens calls in a row that the provider did not settle, one call every circuitPause
// probes it.
const (
	circuitOpens = 5
	circuitPause = 10 * time.Second
)

// Circuit is a gateway that does not call a provider that is down: after a few charges in a row that
// were not settled, only one every few seconds goes through, until one is settled. The others get
// CodePaymentUnavailable. It counts the calls of one process. Calls that undo a charge go through.
type Circuit struct {
	Gateway
	Now Clock

	mu        sync.Mutex
	unsettled int       // in a row
	probeAt   time.Time // when the next call goes through
}

// Charge calls the provider unless it is down.
func (c *Circuit) Charge(ctx context.Context, charge orderflow.Charge) (orderflow.Receipt, error) {
	return c.through(func() (orderflow.Receipt, error) { return c.Gateway.Charge(ctx, charge) })
}

// Lookup calls the provider unless it is down.
func (c *Circuit) Lookup(ctx context.Context, p orderflow.Payment) (orderflow.Receipt, error) {
	return c.through(func() (orderflow.Receipt, error) { return c.Gateway.Lookup(ctx, p) })
}

func (c *Circuit) through(call func() (orderflow.Receipt, error)) (orderflow.Receipt, error) {
	if err := c.enter(); err != nil {
		return orderflow.Receipt{}, err
	}
	receipt, err := call()
	c.leave(err)
	return receipt, err
}

// enter returns an error while the provider is down and no probe is due.
func (c *Circuit) enter() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unsettled < circuitOpens {
		return nil
	}
	now := c.Now()
	if now.Before(c.probeAt) {
		return orderflow.Errorf(orderflow.CodePaymentUnavailable,
			"the payment provider is down: it did not settle the last calls")
	}
	c.probeAt = now.Add(circuitPause)
	return nil
}

// leave counts the outcome of a call. A proof that the key is spent is an answer of the provider.
func (c *Circuit) leave(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil || orderflow.HadNoEffect(err) || !outage(providerError(err)) {
		c.unsettled = 0
		return
	}
	if c.unsettled++; c.unsettled >= circuitOpens {
		c.probeAt = c.Now().Add(circuitPause)
	}
}
