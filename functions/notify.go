package functions

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/orderflow-dev/orderflow/tasks"
)

func newNotify(p *parts) lambda.Handler { return handle(p, p.notify().Handle) }

func (p *parts) notify() tasks.Notify {
	n := p.moneyNotices()
	n.Customers = p.customers()
	return n
}

// moneyNotices sends notifications that no customer can turn off.
func (p *parts) moneyNotices() tasks.Notify {
	return tasks.Notify{Orders: p.orders("ORDERS_TABLE"), Notifier: p.topic("NOTIFICATIONS_TOPIC_ARN")}
}
