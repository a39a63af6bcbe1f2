package api

import (
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// opsRestartOrder replaces the order's execution, which has ended or is lost, by a new one.
func (s *server) opsRestartOrder(r *request) (*reply, error) {
	by, err := s.byOperator(r)
	if err != nil {
		return nil, err
	}
	o, err := s.order(r)
	if err != nil {
		return nil, err
	}
	e, err := s.Executions.Execution(r.Context(), o.ExecutionName())
	if err != nil && orderflow.CodeOf(err) != orderflow.CodeNotFound {
		return nil, fmt.Errorf("describe execution: %w", err)
	}
	if err == nil && !e.Status.Ended() {
		return nil, orderflow.Errorf(orderflow.CodeNotRestartable, "the execution is %s", e.Status)
	}
	restarts := o.Restarts
	o, err = s.changeOrder(r.Context(), o.ID, func(o *orderflow.Order) error {
		if o.Restarts != restarts {
			return orderflow.Errorf(orderflow.CodeNotRestartable, "the order has just been restarted")
		}
		return o.Restart(by)
	})
	if err != nil {
		return nil, err
	}
	if err := s.Executions.Start(r.Context(), o.ExecutionName()); err != nil {
		s.logFailure(r.Request, err) // the reconciler finds the order without an execution, and starts it
	}
	answer, err := jsonReply(http.StatusAccepted, struct {
		OrderID   string           `json:"orderId"`
		Status    orderflow.Status `json:"status"`
		Execution string           `json:"execution"`
	}{o.ID, o.Status, o.ExecutionName()})
	if err != nil {
		return nil, err
	}
	answer.header.Set("Location", "/ops/orders/"+o.ID)
	return answer, nil
}
