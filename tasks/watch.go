package tasks

import (
	"context"
	"fmt"

	"github.com/orderflow-dev/orderflow"
)

// Watch sees executions end and be redriven (EventBridge, Step Functions Execution Status Change): an order whose execution failed needs
// attention, one whose execution was redriven does not any more.
type Watch struct {
	Orders  Orders
	Alerts  Alerter
	History History
	Now     Clock
}

// StatusChange is the event. Its detail has null where there is nothing to say.
type StatusChange struct {
	Detail struct {
		ExecutionARN string                    `json:"executionArn"`
		Name         string                    `json:"name"` // the order's id
		Status       orderflow.ExecutionStatus `json:"status"`
		RedriveCount int                       `json:"redriveCount"`
		Error        string                    `json:"error"`
		Cause        string                    `json:"cause"`
	} `json:"detail"`
}

// Watched is the result of Watch.
type Watched struct {
	Changed bool `json:"changed"` // whether operators were alerted, or a mark was taken away
}

// Handle marks or unmarks the order. Events may come late, twice and out of order.
func (w Watch) Handle(ctx context.Context, e StatusChange) (Watched, error) {
	a := attend{w.Orders, w.Alerts, w.History, w.Now, "step:watch"}
	d := e.Detail
	if d.Name == "" || d.ExecutionARN == "" {
		return Watched{}, fmt.Errorf("watch execution: the event names none")
	}
	var changed bool
	var err error
	switch {
	case d.Status == orderflow.ExecutionRunning:
		changed, err = a.redriven(ctx, d.Name, d.RedriveCount)
	case d.Status.Failed():
		x := orderflow.Execution{ARN: d.ExecutionARN, Status: d.Status, Error: d.Error, Cause: d.Cause, RedriveCount: d.RedriveCount}
		changed, err = a.failed(ctx, d.Name, attention(x))
	}
	if err != nil {
		return Watched{}, fmt.Errorf("watch execution: %w", err)
	}
	return Watched{changed}, nil
}
