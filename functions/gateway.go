package functions

import (
	"context"
	"errors"

	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/payment"
	"github.com/orderflow-dev/orderflow/tasks"
)

// stripeKey is the variable that selects Stripe.
const stripeKey = "STRIPE_SECRET_KEY"

// errNoStripe is the error of a function that has Stripe's key in a program without Stripe's
// client.
var errNoStripe = errors.New(stripeKey + " is set, but only the deployed program can charge with Stripe: " +
	"run the functions as its processes (orderflow up --isolated)")

// RefuseStripe returns an error if a function's environment has Stripe's key. A program without
// Stripe's client calls it before it starts.
func RefuseStripe(environment map[string]string) error {
	if environment[stripeKey] != "" {
		return errNoStripe
	}
	return nil
}

// gateway returns Stripe if there is a key for it, otherwise the sandbox.
func (p *parts) gateway() tasks.Gateway {
	table := p.env.required("SANDBOX_TABLE")
	if key := p.env.get(stripeKey); key != "" {
		if p.opts.Stripe == nil {
			p.env.errs = append(p.env.errs, errNoStripe)
			return nil
		}
		return p.opts.Stripe(key, p.opts.HTTPClient, p.opts.Clock)
	}
	return payment.Sandbox{Memory: sandboxMemory{cloud.Sandbox{DB: p.db(), Table: table}}, Now: p.opts.Clock}
}

// sandboxMemory stores the sandbox's records in a table.
type sandboxMemory struct{ table cloud.Sandbox }

func (m sandboxMemory) Recall(ctx context.Context, key string) (payment.Record, error) {
	r, err := m.table.Recall(ctx, key)
	return payment.Record(r), err
}

func (m sandboxMemory) Remember(ctx context.Context, r payment.Record) (payment.Record, bool, error) {
	saved, first, err := m.table.Remember(ctx, cloud.SandboxRecord(r))
	return payment.Record(saved), first, err
}

func (m sandboxMemory) Take(ctx context.Context, chargeID, key string, amount, most int64) (bool, error) {
	return m.table.Take(ctx, chargeID, key, amount, most)
}

func (m sandboxMemory) Count(ctx context.Context, key string) (int, error) {
	return m.table.Count(ctx, key)
}
