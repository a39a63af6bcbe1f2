package tasks

import (
	"context"
	"errors"
	"fmt"

	"github.com/orderflow-dev/orderflow"
)

// Watch handles status events of executions (EventBridge, Step Functions Execution Status Change).
// An order whose execution failed needs attention; a redrive removes the mark.
type Watch struct {
	Orders  Orders
	Alerts  Alerter
	History History
	Now     Clock
}

// StatusChange is the event. Missing values of its detail are null.
type StatusChange struct {
	Detail struct {
		ExecutionARN string                    `json:"executionArn"`
		Name         string                    `json:"name"` // Order.ExecutionName
		Status       orderflow.ExecutionStatus `json:"status"`
		RedriveCount int                       `json:"redriveCount"`
		Error        string                    `json:"error"`
		Cause        string                    `json:"cause"`
	} `json:"detail"`
}

// Watched is the result of Watch.
type Watched struct {
	Changed bool `json:"changed"` // whether a mark was set or removed
}

// Handle marks or unmarks the order. Events may be late, repeated and out of order.
func (w Watch) Handle(ctx context.Context, e StatusChange) (Watched, error) {
	a := attend{orders: w.Orders, alerts: w.Alerts, history: w.History, now: w.Now, actor: "step:watch"}
	d := e.Detail
	if d.Name == "" || d.ExecutionARN == "" {
		return Watched{}, errors.New("watch execution: the event has no name or executionArn")
	}
	var changed bool
	var err error
	switch {
	case d.Status == orderflow.ExecutionRunning:
		changed, err = a.redriven(ctx, d.Name, d.RedriveCount)
	case d.Status.Failed():
		x := orderflow.Execution{
			ARN: d.ExecutionARN, Status: d.Status, Error: d.Error, Cause: d.Cause, RedriveCount: d.RedriveCount,
		}
		changed, err = a.failed(ctx, orderflow.OrderOfExecution(d.Name), attention(x))
	}
	if err != nil {
		return Watched{}, fmt.Errorf("watch execution: %w", err)
	}
	return Watched{changed}, nil
}
