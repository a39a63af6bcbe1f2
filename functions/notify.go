package functions

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/orderflow-dev/orderflow/tasks"
)

func newNotify(p *parts) lambda.Handler { return handle(p, p.notify().Handle) }

func (p *parts) notify() tasks.Notify {
	orders, steps := p.orders("ORDERS_TABLE"), p.steps()
	orders.Steps = steps.Table
	return tasks.Notify{
		Orders: orders, Steps: steps, Customers: p.customers(), Notifier: p.topic("NOTIFICATIONS_TOPIC_ARN"),
	}
}
