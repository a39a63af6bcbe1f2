package functions

import (
	"context"

	"orderflow/cloud"
	"orderflow/payment"
	"orderflow/tasks"
)

// gateway is Stripe if there is a key for it, the sandbox otherwise.
func (p *parts) gateway() tasks.Gateway {
	table := p.env.required("SANDBOX_TABLE")
	if key := p.env.get("STRIPE_SECRET_KEY"); key != "" {
		return payment.NewStripe(payment.StripeOptions{Key: key, HTTPClient: p.opts.HTTPClient, Now: p.opts.Clock})
	}
	return payment.Sandbox{Memory: sandboxMemory{cloud.Sandbox{DB: p.db(), Table: table}}}
}

// sandboxMemory lets the sandbox remember in a table.
type sandboxMemory struct{ table cloud.Sandbox }

func (m sandboxMemory) Recall(ctx context.Context, key string) (payment.Record, error) {
	r, err := m.table.Recall(ctx, key)
	return payment.Record(r), err
}

func (m sandboxMemory) Remember(ctx context.Context, r payment.Record) (payment.Record, bool, error) {
	stands, first, err := m.table.Remember(ctx, cloud.SandboxRecord(r))
	return payment.Record(stands), first, err
}

func (m sandboxMemory) Count(ctx context.Context, key string) (int, error) {
	return m.table.Count(ctx, key)
}
