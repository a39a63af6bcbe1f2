package api

import (
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// How many orders that need attention are grouped, and how many are read at once.
const (
	maxGrouped   = 5000
	groupedBatch = 99 // with the one that tells of a next page, a full batch of rows
)

type failureView struct {
	ID      string            `json:"failure"`
	Code    string            `json:"code"`
	Step    string            `json:"step,omitempty"`
	Message string            `json:"message"`
	Orders  int               `json:"orders"`
	Value   []orderflow.Money `json:"value"`
	Oldest  moment            `json:"oldest"`
	Newest  moment            `json:"newest"`
	Samples []string          `json:"samples"`
}

func (s *server) opsListFailures(r *request) (*reply, error) {
	var orders []*orderflow.Order
	after := ""
	for len(orders) < maxGrouped {
		f := orderflow.OrderFilter{Attention: new(true)}
		some, next, err := s.OrderLists.FindOrders(r.Context(), f, after, groupedBatch)
		if err != nil {
			return nil, fmt.Errorf("list failures: %w", err)
		}
		orders = append(orders, some...)
		if after = next; after == "" {
			break
		}
	}
	views := []failureView{}
	for _, f := range orderflow.Failures(orders) {
		views = append(views, failureView{
			ID: f.ID, Code: f.Code, Step: f.Step, Message: f.Message, Orders: f.Orders, Value: f.Value,
			Oldest: moment{f.Oldest}, Newest: moment{f.Newest}, Samples: f.Samples,
		})
	}
	return jsonReply(http.StatusOK, struct {
		Failures  []failureView `json:"failures"`
		Truncated bool          `json:"truncated"`
	}{views, after != ""})
}
