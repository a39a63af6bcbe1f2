package tasks

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/orderflow-dev/orderflow"
)

// Alerter alerts operators.
type Alerter interface {
	Alert(ctx context.Context, a orderflow.Alert) error
}

// History reads the histories of executions.
type History interface {
	// FailedStep returns the state at which an ended execution failed. ended is false if the
	// execution has been redriven since.
	FailedStep(ctx context.Context, executionARN string) (step string, ended bool, err error)
}

// attend marks orders whose execution failed or makes no progress, and alerts operators.
type attend struct {
	orders  Orders
	alerts  Alerter
	history History
	now     Clock
	actor   string
}

func (a attend) by() orderflow.By { return orderflow.By{At: a.now().UTC(), Actor: a.actor} }

// failed marks the order of a failed execution, alerts operators, and reports whether it did.
func (a attend) failed(ctx context.Context, orderID string, mark orderflow.Attention) (bool, error) {
	step, ended, err := a.history.FailedStep(ctx, mark.ExecutionARN)
	if err != nil {
		return false, fmt.Errorf("find failed step: %w", err)
	}
	if !ended {
		return false, nil // the execution was redriven since
	}
	mark.Step = step
	return a.mark(ctx, orderID, mark)
}

// mark commits the mark before it alerts, so that the mark does not depend on the topic. A repeated
// event finds the mark and alerts again.
func (a attend) mark(ctx context.Context, orderID string, mark orderflow.Attention) (bool, error) {
	o, err := update(ctx, a.orders, orderID, func(o *orderflow.Order, _ *orderflow.Write) error {
		o.MarkAttention(mark, a.by())
		return nil
	})
	if err != nil {
		return false, err
	}
	if m := o.Attention; m == nil || m.ExecutionARN != mark.ExecutionARN || m.RedriveCount != mark.RedriveCount {
		return false, nil
	}
	if o.FailedByOutage() {
		return true, nil // one alert for all orders of the incident
	}
	if err := a.alert(ctx, orderID, *o.Attention); err != nil {
		return false, err
	}
	return true, nil
}

// alert sends an alert for a mark. Marks of a failed execution and other marks have different ids,
// and so have those of different executions.
func (a attend) alert(ctx context.Context, orderID string, mark orderflow.Attention) error {
	execution := orderID
	if orderflow.OrderOfExecution(mark.ExecutionARN) == orderID {
		execution = mark.ExecutionARN[strings.LastIndexByte(mark.ExecutionARN, ':')+1:]
	}
	id := fmt.Sprintf("%s/attention/%d", execution, mark.RedriveCount)
	if mark.Kind() != orderflow.AttentionFailed {
		id += "/" + mark.Code
	}
	if mark.RefundID != "" {
		id += "/" + mark.RefundID
	}
	return a.alerts.Alert(ctx, orderflow.Alert{DedupeID: id, OrderID: orderID, Attention: mark})
}

// change commits the changes that f makes to the order, and reports whether it changed anything.
func (a attend) change(ctx context.Context, orderID string, f func(*orderflow.Order) bool) (changed bool, err error) {
	_, err = update(ctx, a.orders, orderID, func(o *orderflow.Order, _ *orderflow.Write) error {
		changed = f(o)
		return nil
	})
	return changed && err == nil, err
}

// redriven removes the mark of a failure before the given redrive of an execution, and reports
// whether there was one. Events may come out of order: the mark of a later failure stays, and so
// does that of an execution after a restart.
func (a attend) redriven(ctx context.Context, name string, redriveCount int) (bool, error) {
	return a.change(ctx, orderflow.OrderOfExecution(name), func(o *orderflow.Order) bool {
		return name == o.ExecutionName() && o.ClearAttention(redriveCount, a.by())
	})
}

// attention describes why an execution ended although its order did not. An execution that timed
// out or was aborted may have no error of its own.
func attention(x orderflow.Execution) orderflow.Attention {
	code, cause := x.Error, x.Cause
	switch {
	case x.Status == orderflow.ExecutionSucceeded:
		code, cause = string(orderflow.CodeOrderOpen), "the execution succeeded, but the order did not end"
	case code != "":
	case x.Status == orderflow.ExecutionTimedOut:
		code, cause = "States.Timeout", "the execution took too long"
	case x.Status == orderflow.ExecutionAborted:
		code = "ExecutionAborted"
	default:
		code = "States.TaskFailed"
	}
	return orderflow.Attention{Code: code, Message: message(cause), ExecutionARN: x.ARN, RedriveCount: x.RedriveCount}
}

// maxMessage is how many bytes of a cause are kept with the order.
const maxMessage = 1000

// message returns the readable part of a cause: Lambda's is {"errorMessage","errorType"}.
func message(cause string) string {
	var lambda struct {
		Message string `json:"errorMessage"`
	}
	if json.Unmarshal([]byte(cause), &lambda) == nil && lambda.Message != "" {
		cause = lambda.Message
	}
	if len(cause) <= maxMessage {
		return cause
	}
	cut := maxMessage
	for !utf8.RuneStart(cause[cut]) {
		cut--
	}
	return cause[:cut]
}
