package functions

import (
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/orderflow-dev/orderflow/tasks"
)

func newCarrier(p *parts) lambda.Handler {
	return handle(p, tasks.Carrier{
		Orders: p.orders("ORDERS_TABLE"),
		Client: p.opts.HTTPClient, WebhookURL: p.env.required("WEBHOOK_URL"), Secret: p.env.required("WEBHOOK_SECRET"),
		Delay: p.env.duration("CARRIER_DELAY_MILLISECONDS", time.Millisecond), Now: p.opts.Clock, Log: p.opts.Logger,
		Errors: p.messageErrors(),
	}.Handle)
}
