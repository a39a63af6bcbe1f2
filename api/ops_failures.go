package api

import (
	"context"
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
	orders, truncated, err := s.someOrders(r.Context(), orderflow.OrderFilter{Attention: new(true)})
	if err != nil {
		return nil, fmt.Errorf("list failures: %w", err)
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
	}{views, truncated})
}

// someOrders returns the orders that the filter selects, or the newest maxGrouped of them: truncated.
func (s *server) someOrders(ctx context.Context, f orderflow.OrderFilter) (orders []*orderflow.Order, truncated bool, err error) {
	after := ""
	for len(orders) < maxGrouped {
		some, next, err := s.OrderLists.FindOrders(ctx, f, after, groupedBatch)
		if err != nil {
			return nil, false, err
		}
		orders = append(orders, some...)
		if after = next; after == "" {
			break
		}
	}
	return orders, after != "", nil
}
