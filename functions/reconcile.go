package functions

import (
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/orderflow-dev/orderflow/tasks"
)

func newReconcile(p *parts) lambda.Handler {
	orders, executions := p.orders("ORDERS_TABLE"), p.executions("STATE_MACHINE_ARN")
	orders.Payments = p.env.required("PAYMENTS_TABLE")
	return handle(p, tasks.Reconcile{
		Orders: orders, Stalled: orders, Executions: executions, History: executions, Tokens: executions,
		Alerts: p.topic("ALERTS_TOPIC_ARN"), Notify: p.notify(), Ledger: p.ledger(), Gateway: p.gateway(),
		StartLetters: p.letters("START_DEAD_LETTERS"), WakeLetters: p.letters("WAKE_DEAD_LETTERS"),
		CarrierLetters: p.letters("CARRIER_DEAD_LETTERS"), RepayLetters: p.letters("REPAY_DEAD_LETTERS"),
		Now: p.opts.Clock, After: p.env.duration("RECONCILE_AFTER_SECONDS", time.Second),
		Patience: p.env.duration("CARRIER_PATIENCE_SECONDS", time.Second), Log: p.opts.Logger,
	}.Handle)
}
