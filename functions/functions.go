// Package functions wires each Lambda function of template.yaml, from its environment to the
// handler that the Lambda runtime calls.
package functions

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/tasks"
)

// Options are a function's dependencies besides AWS. The zero value of a field means the real one.
type Options struct {
	Clock      func() time.Time
	Random     io.Reader
	HTTPClient *http.Client // reaches the payment provider and the webhook
	Logger     *slog.Logger
	Stripe     StripeClient // nil: creating a function that charges with Stripe fails
}

// StripeClient returns the Stripe gateway. It is passed in, so that only a program that charges
// links Stripe's client.
type StripeClient func(key string, client *http.Client, now func() time.Time) tasks.Gateway

// httpTimeout is shorter than every function's timeout, so that the function notices and records a
// lost reply.
const httpTimeout = 10 * time.Second

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.HTTPClient == nil {
		o.HTTPClient = newHTTPClient()
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// newHTTPClient keeps as many idle connections to its one host as a batch of messages uses at once.
func newHTTPClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 10
	return &http.Client{Timeout: httpTimeout, Transport: transport}
}

// constructors create the handlers, by their Handler name in template.yaml.
var constructors = map[string]func(*parts) lambda.Handler{
	"api-orders":    newAPI("orders", apiOrders),
	"api-products":  newAPI("products", apiProducts),
	"api-customers": newAPI("customers", apiCustomers),
	"api-operators": newAPI("operators", apiOperators),
	"api-webhooks":  newAPI("webhooks", apiWebhooks),
	"api-service":   newAPI("service", apiService),
	"publish":       newPublish,
	"start": func(p *parts) lambda.Handler {
		return handle(p, tasks.Start{Executions: p.executions("STATE_MACHINE_ARN"), Log: p.opts.Logger, Errors: p.messageErrors()}.Handle)
	},
	"wake": func(p *parts) lambda.Handler {
		return handle(p, tasks.Wake{
			Orders: p.orders("ORDERS_TABLE"), Tokens: p.executions("STATE_MACHINE_ARN"),
			Executions: p.executions("STATE_MACHINE_ARN"), Now: p.opts.Clock, Log: p.opts.Logger,
			Notify: p.notify(), Errors: p.messageErrors(),
		}.Handle)
	},
	"watch": func(p *parts) lambda.Handler {
		return handle(p, tasks.Watch{
			Orders: p.orders("ORDERS_TABLE"), Alerts: p.topic("ALERTS_TOPIC_ARN"), History: p.tokens(), Now: p.opts.Clock,
		}.Handle)
	},
	"reconcile": newReconcile,
	"carrier":   newCarrier,
	"repair": func(p *parts) lambda.Handler {
		orders := p.orders("ORDERS_TABLE")
		return handle(p, tasks.Repair{
			Jobs: &cloud.Jobs{DB: p.db(), Table: p.env.required("JOBS_TABLE")}, Orders: orders, Lists: p.lists(orders),
			Executions: p.executions("STATE_MACHINE_ARN"), Now: p.opts.Clock, Log: p.opts.Logger,
		}.Handle)
	},
	"validate": func(p *parts) lambda.Handler {
		return handle(p, tasks.Validate{Orders: p.orders("ORDERS_TABLE"), Catalogue: p.catalogue()}.Handle)
	},
	"notify": newNotify,
	"mail":   newMail,
	"reserve": func(p *parts) lambda.Handler {
		stock := p.catalogue()
		stock.Consistent = true
		return handle(p, tasks.Reserve{
			Orders: p.stockOrders(), Steps: p.steps(), Catalogue: stock, Now: p.opts.Clock,
			HoldFor: p.env.duration("HOLD_MINUTES", time.Minute),
		}.Handle)
	},
	"release": func(p *parts) lambda.Handler {
		return handle(p, tasks.Release{Orders: p.stockOrders(), Steps: p.steps(), Now: p.opts.Clock}.Handle)
	},
	"record": func(p *parts) lambda.Handler {
		orders := p.stockOrders()
		orders.Payments = p.env.required("PAYMENTS_TABLE")
		return handle(p, tasks.Record{
			Orders: orders, Steps: p.steps(), Ledger: p.ledger(), Gateway: p.gateway(), Now: p.opts.Clock,
		}.Handle)
	},
	"charge": func(p *parts) lambda.Handler {
		patience := p.env.duration("OUTAGE_SECONDS", time.Second)
		orders := p.orders("ORDERS_TABLE")
		orders.Payments = p.env.required("PAYMENTS_TABLE")
		return handle(p, tasks.Charge{
			Orders: orders, Ledger: p.ledger(), Gateway: p.circuit(patience), Rules: p.reviewRules(),
			Now: p.opts.Clock, AtPlacement: p.env.required("CAPTURE_AT") == "placement", Patience: patience,
			AskAgain: p.env.required("DECLINED_PAYMENT") == "ask",
		}.Handle)
	},
	"review": func(p *parts) lambda.Handler {
		return handle(p, tasks.Review{Orders: p.orders("ORDERS_TABLE"), Notify: p.notify(), Now: p.opts.Clock}.Handle)
	},
	"payment-method": func(p *parts) lambda.Handler {
		return handle(p, tasks.PaymentMethod{
			Orders: p.orders("ORDERS_TABLE"), Notify: p.moneyNotices(), Now: p.opts.Clock,
		}.Handle)
	},
	"refund": func(p *parts) lambda.Handler {
		orders := p.orders("ORDERS_TABLE")
		orders.Steps, orders.Payments = p.env.required("STEPS_TABLE"), p.env.required("PAYMENTS_TABLE")
		return handle(p, tasks.Refund{
			Orders: orders, Steps: p.steps(), Ledger: p.ledger(), Gateway: p.gateway(), Now: p.opts.Clock,
		}.Handle)
	},
	"repay": func(p *parts) lambda.Handler {
		orders := p.orders("ORDERS_TABLE")
		orders.Payments = p.env.required("PAYMENTS_TABLE")
		return handle(p, tasks.Repay{
			Orders: orders, Ledger: p.ledger(), Gateway: p.gateway(), Notify: p.moneyNotices(), Now: p.opts.Clock,
			Log: p.opts.Logger, Errors: p.messageErrors(),
		}.Handle)
	},
	"ship": func(p *parts) lambda.Handler {
		return handle(p, tasks.Ship{Orders: p.orders("ORDERS_TABLE"), Now: p.opts.Clock}.Handle)
	},
	"close": func(p *parts) lambda.Handler {
		orders := p.orders("ORDERS_TABLE")
		orders.Pricing = p.env.required("PRICING_TABLE")
		return handle(p, tasks.Close{Orders: orders, Now: p.opts.Clock}.Handle)
	},
}

// Names returns the sorted names of the functions.
func Names() []string { return slices.Sorted(maps.Keys(constructors)) }

// New creates the handler of one function. It reads the environment by getenv immediately. A
// missing or malformed variable is an error that names it.
func New(name string, cfg aws.Config, getenv func(string) string, opts Options) (lambda.Handler, error) {
	construct, ok := constructors[name]
	if !ok {
		return nil, fmt.Errorf("make function: unknown function %q, want one of %v", name, Names())
	}
	p := &parts{cfg: cfg, env: environment{get: getenv}, opts: opts.withDefaults()}
	h := construct(p)
	if err := p.env.err(); err != nil {
		return nil, fmt.Errorf("make function %s: %w", name, err)
	}
	return h, nil
}

// parts creates the dependencies of functions.
type parts struct {
	cfg    aws.Config
	env    environment
	opts   Options
	dynamo *dynamodb.Client
}

// db is the only client of a function. Clients share nothing else, and take time to create.
func (p *parts) db() *dynamodb.Client {
	if p.dynamo == nil {
		p.dynamo = dynamodb.NewFromConfig(p.cfg)
	}
	return p.dynamo
}

func (p *parts) orders(table string) *cloud.Orders {
	return &cloud.Orders{DB: p.db(), Table: p.env.required(table)}
}

// stockOrders returns orders that are committed together with steps and stock.
func (p *parts) stockOrders() *cloud.Orders {
	o := p.orders("ORDERS_TABLE")
	o.Steps, o.Products = p.env.required("STEPS_TABLE"), p.env.required("PRODUCTS_TABLE")
	return o
}

func (p *parts) steps() *cloud.Steps {
	return &cloud.Steps{DB: p.db(), Table: p.env.required("STEPS_TABLE")}
}

func (p *parts) ledger() *cloud.Payments {
	return &cloud.Payments{DB: p.db(), Table: p.env.required("PAYMENTS_TABLE")}
}

// messageErrors keeps why messages of a queue failed.
func (p *parts) messageErrors() *cloud.MessageErrors {
	return &cloud.MessageErrors{DB: p.db(), Table: p.env.required("MESSAGE_ERRORS_TABLE"), Now: p.opts.Clock}
}

func (p *parts) catalogue() *cloud.Catalogue {
	return &cloud.Catalogue{DB: p.db(), Table: p.env.required("PRODUCTS_TABLE"), Log: p.opts.Logger}
}

func (p *parts) customers() *cloud.Customers {
	return &cloud.Customers{DB: p.db(), Table: p.env.required("CUSTOMERS_TABLE")}
}

func (p *parts) bus(name string) *cloud.Bus {
	return &cloud.Bus{Client: eventbridge.NewFromConfig(p.cfg), Name: p.env.required(name)}
}

func (p *parts) topic(arn string) *cloud.Topic {
	return &cloud.Topic{Client: sns.NewFromConfig(p.cfg), ARN: p.env.required(arn)}
}

func (p *parts) lists(orders *cloud.Orders) *cloud.OrderLists {
	return &cloud.OrderLists{DB: orders.DB, Table: orders.Table, Log: p.opts.Logger}
}

func (p *parts) executions(stateMachine string) *cloud.Executions {
	return &cloud.Executions{Client: sfn.NewFromConfig(p.cfg), StateMachine: p.env.required(stateMachine)}
}

// tokens returns executions that are identified only by task token or ARN.
func (p *parts) tokens() *cloud.Executions {
	return &cloud.Executions{Client: sfn.NewFromConfig(p.cfg)}
}
