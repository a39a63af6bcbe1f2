package api

import (
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

func (s *server) getOrder(r *request) (*reply, error) {
	o, err := s.ownOrder(r)
	if err != nil {
		return nil, err
	}
	v := viewOrder(o)
	if v.PaymentMethodRequest != nil {
		v.PaymentMethodRequest.ClientSecret = o.MethodRequest.ClientSecret
	}
	answer, err := jsonReply(http.StatusOK, v)
	if err != nil {
		return nil, err
	}
	return answer.kept(r, "private, no-cache", orderTag(o)), nil
}

func (s *server) listOrders(r *request) (*reply, error) {
	f := orderflow.OrderFilter{CustomerID: r.caller.Subject, Status: orderflow.Status(r.values["status"])}
	list := func(after string, limit int) ([]*orderflow.Order, string, error) {
		return s.OrderLists.FindOrders(r.Context(), f, after, limit)
	}
	orders, next, err := page(r, schemaOrderId, list, viewSummary, f.CustomerID, string(f.Status))
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return jsonReply(http.StatusOK, struct {
		Orders []summaryView `json:"orders"`
		Next   string        `json:"next,omitempty"`
	}{orders, next})
}

func (s *server) cancelOrder(r *request) (*reply, error) {
	if _, err := s.ownOrder(r); err != nil {
		return nil, err
	}
	return s.cancel(r, "/orders/", orderflow.By{At: s.now(), Actor: "customer:" + r.caller.Subject})
}

// opsCancelOrder cancels any customer's order.
func (s *server) opsCancelOrder(r *request) (*reply, error) {
	by, err := s.byOperator(r)
	if err != nil {
		return nil, err
	}
	return s.cancel(r, "/ops/orders/", by)
}

// cancel requests the cancel of an order; place is where the order is found afterwards.
func (s *server) cancel(r *request, place string, by orderflow.By) (*reply, error) {
	o, err := s.changeOrder(r.Context(), r.values["orderId"], func(o *orderflow.Order) error { return o.RequestCancel(by) })
	if err != nil {
		return nil, err
	}
	at := o.UpdatedAt
	if o.Cancel != nil {
		at = o.Cancel.At
	}
	answer, err := jsonReply(http.StatusAccepted, struct {
		OrderID           string           `json:"orderId"`
		Status            orderflow.Status `json:"status"`
		CancelRequestedAt moment           `json:"cancelRequestedAt"`
	}{o.ID, o.Status, moment{at}})
	if err != nil {
		return nil, err
	}
	answer.header.Set("Location", place+o.ID)
	return answer, nil
}

// ownOrder loads an order of the caller. Another customer's order is not found: CodeNotFound.
func (s *server) ownOrder(r *request) (*orderflow.Order, error) {
	o, err := s.order(r)
	if err != nil {
		return nil, err
	}
	if o.CustomerID != r.caller.Subject {
		return nil, noOrder()
	}
	return o, nil
}

// order loads the order that the path names, of any customer.
func (s *server) order(r *request) (*orderflow.Order, error) {
	o, err := s.Orders.Order(r.Context(), r.values["orderId"])
	if orderflow.CodeOf(err) == orderflow.CodeNotFound {
		return nil, noOrder()
	}
	if err != nil {
		return nil, fmt.Errorf("load order: %w", err)
	}
	return o, nil
}

func noOrder() error { return orderflow.Errorf(orderflow.CodeNotFound, "there is no such order") }
