package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/orderflow-dev/orderflow"
)

// opsRedriveOrder redrives a failed execution, then records the operator and the reason in the
// order.
func (s *server) opsRedriveOrder(r *request) (*reply, error) {
	by, err := s.byOperator(r)
	if err != nil {
		return nil, err
	}
	o, err := s.order(r)
	if err != nil {
		return nil, err
	}
	e, err := s.redrive(r.Context(), o)
	if err != nil {
		return nil, err
	}
	changed, err := s.changeOrder(r.Context(), o.ID, func(o *orderflow.Order) error {
		o.NoteRedrive(e.RedriveCount, by)
		return nil
	})
	if err != nil {
		s.logFailure(r.Request, err) // the execution is redriven, and its status event clears the attention too
	} else {
		o = changed
	}
	answer, err := jsonReply(http.StatusAccepted, struct {
		OrderID      string           `json:"orderId"`
		Status       orderflow.Status `json:"status"`
		ExecutionARN string           `json:"executionArn"`
		RedriveCount int              `json:"redriveCount"`
	}{OrderID: o.ID, Status: o.Status, ExecutionARN: e.ARN, RedriveCount: e.RedriveCount + 1})
	if err != nil {
		return nil, err
	}
	answer.header.Set("Location", "/ops/orders/"+o.ID)
	return answer, nil
}

// redrive redrives the execution and returns its description from before. The token counts the
// redrives, so that two operators who ask at the same time, or one who asks twice, redrive it once.
// Returns CodeNotRedrivable with the reason.
func (s *server) redrive(ctx context.Context, o *orderflow.Order) (orderflow.Execution, error) {
	name := o.ExecutionName()
	e, err := s.Executions.Execution(ctx, name)
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return e, orderflow.Errorf(orderflow.CodeNotRedrivable, "no execution was started for order %s", o.ID)
	}
	if err != nil {
		return e, fmt.Errorf("describe execution: %w", err)
	}
	if !e.Redrivable {
		return e, orderflow.Errorf(orderflow.CodeNotRedrivable, "%s",
			cmp.Or(e.NotRedrivable, "the execution is "+string(e.Status)))
	}
	if err := s.Executions.Redrive(ctx, name, name+"-"+strconv.Itoa(e.RedriveCount)); err != nil {
		return e, fmt.Errorf("redrive execution: %w", err)
	}
	return e, nil
}
