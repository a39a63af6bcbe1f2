package functions

import (
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/api"
	"github.com/orderflow-dev/orderflow/api/httpapi"
	"github.com/orderflow-dev/orderflow/cloud"
)

// pricesKept is how long the API caches shipping methods and taxes.
const pricesKept = 30 * time.Second

func newAPI(p *parts) lambda.Handler {
	orders := p.orders("ORDERS_TABLE")
	orders.Products = p.env.required("PRODUCTS_TABLE") // for the stock of returned goods
	pricing := &cloud.Pricing{DB: orders.DB, Table: p.env.required("PRICING_TABLE"), Keep: pricesKept, Now: p.opts.Clock}
	return handle(p, httpapi.New(api.New(api.Options{
		Orders: orders,
		Placements: &cloud.Placements{
			DB: orders.DB, Orders: orders.Table, Idempotency: p.env.required("IDEMPOTENCY_TABLE"),
			Pricing:       pricing.Table,
			OrdersPerHour: p.env.number("ORDERS_PER_HOUR"),
		},
		Pricing:    pricing,
		OrderLists: p.lists(orders),
		Catalogue:  p.catalogue(),
		Stockroom: &cloud.Stockroom{
			DB: orders.DB, Products: p.env.required("PRODUCTS_TABLE"), Movements: p.env.required("MOVEMENTS_TABLE"),
			Idempotency: p.env.required("IDEMPOTENCY_TABLE"),
		},
		Jobs: &cloud.Jobs{
			DB: orders.DB, Table: p.env.required("JOBS_TABLE"), Idempotency: p.env.required("IDEMPOTENCY_TABLE"),
		},
		JobRuns: &cloud.JobRuns{
			Client: sfn.NewFromConfig(p.cfg), StateMachine: p.env.required("REPAIR_STATE_MACHINE_ARN"),
		},
		NewJobID:         func(now time.Time) (string, error) { return orderflow.NewJobID(now, p.opts.Random) },
		Customers:        p.customers(),
		Executions:       p.executions("STATE_MACHINE_ARN"),
		WebhookSecret:    p.env.required("WEBHOOK_SECRET"),
		RefuseFreeOrders: p.env.required("FREE_ORDERS") == "refuse",
		SignIn:           signIn(p),
		ReturnWindow:     p.env.duration("RETURN_WINDOW_DAYS", 24*time.Hour),
		Now:              p.opts.Clock,
		NewOrderID:       func(now time.Time) (string, error) { return orderflow.NewOrderID(now, p.opts.Random) },
		NewMovementID:    func(now time.Time) (string, error) { return orderflow.NewMovementID(now, p.opts.Random) },
		Logger:           p.opts.Logger,
	})))
}

// signIn returns where operators sign in to the console, or the zero value if nowhere.
func signIn(p *parts) api.SignIn {
	s := api.SignIn{URL: p.env.required("SIGN_IN_URL"), ClientID: p.env.required("OPERATORS_CLIENT")}
	if s.URL == "none" {
		return api.SignIn{}
	}
	return s
}
