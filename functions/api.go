package functions

import (
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/api"
	"github.com/orderflow-dev/orderflow/api/httpapi"
	"github.com/orderflow-dev/orderflow/cloud"
)

// pricesKept is how long the API caches shipping methods and taxes.
const pricesKept = 30 * time.Second

// newAPI returns the constructor of a function of the API. It serves the operations with a tag of the
// contract, and reaches only what they need.
func newAPI(tag string, options func(*parts) api.Options) func(*parts) lambda.Handler {
	return func(p *parts) lambda.Handler {
		o := options(p)
		o.Service, o.Now, o.Logger = tag, p.opts.Clock, p.opts.Logger
		return handle(p, httpapi.New(api.New(o)))
	}
}

func apiProducts(p *parts) api.Options { return api.Options{Catalogue: p.catalogue()} }

func apiCustomers(p *parts) api.Options { return api.Options{Customers: p.customers()} }

func apiService(p *parts) api.Options { return api.Options{SignIn: signIn(p)} }

func apiWebhooks(p *parts) api.Options {
	return api.Options{
		Orders: p.orders("ORDERS_TABLE"), WebhookSecret: p.env.required("WEBHOOK_SECRET"),
		PaymentWebhookSecret: p.env.required("PAYMENT_WEBHOOK_SECRET"),
	}
}

func apiOrders(p *parts) api.Options {
	orders := p.orders("ORDERS_TABLE")
	pricing := &cloud.Pricing{DB: orders.DB, Table: p.env.required("PRICING_TABLE"), Keep: pricesKept, Now: p.opts.Clock}
	return api.Options{
		Orders:     orders,
		OrderLists: p.lists(orders),
		Placements: &cloud.Placements{
			DB: orders.DB, Orders: orders.Table, Idempotency: p.env.required("IDEMPOTENCY_TABLE"),
			Pricing:       pricing.Table,
			OrdersPerHour: p.env.number("ORDERS_PER_HOUR"),
		},
		Pricing:          pricing,
		Catalogue:        p.catalogue(),
		RefuseFreeOrders: p.env.required("FREE_ORDERS") == "refuse",
		ReturnWindow:     p.env.duration("RETURN_WINDOW_DAYS", 24*time.Hour),
		NewOrderID:       func(now time.Time) (string, error) { return orderflow.NewOrderID(now, p.opts.Random) },
	}
}

func apiOperators(p *parts) api.Options {
	orders := p.orders("ORDERS_TABLE")
	orders.Products = p.env.required("PRODUCTS_TABLE") // for the stock of returned goods
	idempotency := p.env.required("IDEMPOTENCY_TABLE")
	return api.Options{
		Orders:     orders,
		OrderLists: p.lists(orders),
		Placements: &cloud.Placements{DB: orders.DB, Idempotency: idempotency}, // the answers to requests
		Catalogue:  p.catalogue(),
		Stockroom: &cloud.Stockroom{
			DB: orders.DB, Products: orders.Products, Movements: p.env.required("MOVEMENTS_TABLE"), Idempotency: idempotency,
		},
		Jobs:      &cloud.Jobs{DB: orders.DB, Table: p.env.required("JOBS_TABLE"), Idempotency: idempotency},
		Audit:     &cloud.Audit{DB: orders.DB, Table: p.env.required("AUDIT_TABLE"), Now: p.opts.Clock},
		Queues:    &cloud.Queues{Client: sqs.NewFromConfig(p.cfg), URLs: strings.Fields(p.env.required("QUEUE_URLS")), Errors: p.messageErrors()},
		Mails:     p.mails(),
		MailQueue: &cloud.Queue{Client: sqs.NewFromConfig(p.cfg), URL: p.env.required("MAIL_QUEUE_URL")},
		JobRuns: &cloud.JobRuns{
			Client: sfn.NewFromConfig(p.cfg), StateMachine: p.env.required("REPAIR_STATE_MACHINE_ARN"),
		},
		Executions:    p.executions("STATE_MACHINE_ARN"),
		NewJobID:      func(now time.Time) (string, error) { return orderflow.NewJobID(now, p.opts.Random) },
		NewAct:        func(now time.Time) (*orderflow.Act, error) { return orderflow.NewAct(now, p.opts.Random) },
		NewMovementID: func(now time.Time) (string, error) { return orderflow.NewMovementID(now, p.opts.Random) },
	}
}

// signIn returns where operators sign in to the console, or the zero value if nowhere.
func signIn(p *parts) api.SignIn {
	s := api.SignIn{URL: p.env.unlessNone("SIGN_IN_URL"), ClientID: p.env.required("OPERATORS_CLIENT")}
	if s.URL == "" {
		return api.SignIn{}
	}
	return s
}
