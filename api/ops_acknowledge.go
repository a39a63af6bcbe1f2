package api

import (
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// opsAcknowledgeOrder records that an operator has dealt with the reason why the order needs
// attention.
func (s *server) opsAcknowledgeOrder(r *request) (*reply, error) {
	by, err := s.byOperator(r)
	if err != nil {
		return nil, err
	}
	o, err := s.changeOrder(r.Context(), r.values["orderId"], func(o *orderflow.Order) error { return o.Acknowledge(by) })
	if err != nil {
		return nil, err
	}
	return jsonReply(http.StatusOK, struct {
		OrderID string           `json:"orderId"`
		Status  orderflow.Status `json:"status"`
	}{o.ID, o.Status})
}
