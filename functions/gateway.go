package functions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/payment"
	"github.com/orderflow-dev/orderflow/tasks"
)

// gatewayName is the variable that selects the gateway: stripe or sandbox. An empty key never does.
const gatewayName = "PAYMENT_GATEWAY"

// errNoStripe is the error of a function that charges with Stripe in a program without Stripe's
// client.
var errNoStripe = errors.New(gatewayName + " is stripe, but only the deployed program can charge with Stripe: " +
	"run the functions as its processes (orderflow up --isolated)")

// RefuseStripe returns an error if a function's environment selects Stripe. A program without
// Stripe's client calls it before it starts.
func RefuseStripe(environment map[string]string) error {
	if environment[gatewayName] == "stripe" {
		return errNoStripe
	}
	return nil
}

// gateway returns the gateway that the environment names. Another name, or none, is an error.
func (p *parts) gateway() tasks.Gateway {
	switch name := p.env.required(gatewayName); name {
	case "stripe":
		return p.stripe()
	case "sandbox":
		return p.sandbox()
	case "":
	default:
		p.env.errs = append(p.env.errs, fmt.Errorf("environment variable %s is neither stripe nor sandbox: %q", gatewayName, name))
	}
	return nil
}

// circuit returns the gateway for charges. Where orders wait for the provider, their calls do not
// prolong its outage.
func (p *parts) circuit(patience time.Duration) tasks.Gateway {
	g := p.gateway()
	if g == nil || patience == 0 {
		return g
	}
	return &tasks.Circuit{Gateway: g, Now: p.opts.Clock}
}

func (p *parts) stripe() tasks.Gateway {
	key := p.env.required("STRIPE_SECRET_KEY")
	if p.opts.Stripe == nil {
		p.env.errs = append(p.env.errs, errNoStripe)
		return nil
	}
	return p.opts.Stripe(key, p.opts.HTTPClient, p.opts.Clock)
}

func (p *parts) sandbox() tasks.Gateway {
	table := p.env.required("SANDBOX_TABLE")
	return NewSandbox(p.db(), table, p.opts.Clock)
}

// NewSandbox returns the sandbox provider whose records are in a table.
func NewSandbox(db *dynamodb.Client, table string, now func() time.Time) payment.Sandbox {
	return payment.Sandbox{Memory: sandboxMemory{cloud.Sandbox{DB: db, Table: table}}, Now: now}
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
