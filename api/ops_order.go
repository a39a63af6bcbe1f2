package api

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// Operators see what the customer sees of an order, and more. attention and timeline replace those
// of the customer's view.

type opsSummaryView struct {
	summaryView
	CustomerID      string                `json:"customerId"`
	StockStatus     orderflow.StockStatus `json:"stockStatus"`
	CancelRequested bool                  `json:"cancelRequested"`
	Attention       *attentionView        `json:"attention,omitempty"`
	Review          *reviewView           `json:"review,omitempty"`
}

type opsOrderView struct {
	orderView
	CustomerID  string                `json:"customerId"`
	StockStatus orderflow.StockStatus `json:"stockStatus"`
	Attention   *attentionView        `json:"attention,omitempty"`
	Review      *reviewView           `json:"review,omitempty"`
	WaitingAt   string                `json:"waitingAt,omitempty"`
	Holds       []orderflow.StockHold `json:"holds,omitempty"`
	HoldUntil   *moment               `json:"holdUntil,omitempty"`
	Timeline    []opsChangeView       `json:"timeline"`
	Version     int64                 `json:"version"`
	Refunds     []opsRefundView       `json:"refunds,omitempty"`
	Returns     []opsReturnView       `json:"returns,omitempty"`
	Execution   *executionView        `json:"execution,omitempty"`
}

// attentionView and opsChangeView are the stored values; only times are formatted differently.
type attentionView struct {
	orderflow.Attention
	Since moment `json:"since"`
}

type opsChangeView struct {
	orderflow.Change
	At        moment `json:"at"`
	Attention bool   `json:"attention"`
}

func viewAttention(a *orderflow.Attention) *attentionView {
	if a == nil {
		return nil
	}
	return &attentionView{*a, moment{a.Since}}
}

func viewOpsSummary(o *orderflow.Order) opsSummaryView {
	return opsSummaryView{
		summaryView: viewSummary(o), CustomerID: o.CustomerID, StockStatus: o.StockStatus, CancelRequested: o.Cancel != nil,
		Attention: viewAttention(o.Attention), Review: viewReview(o.Review),
	}
}

func (s *server) opsListOrders(r *request) (*reply, error) {
	f := orderflow.OrderFilter{
		CustomerID: r.values["customerId"], Status: orderflow.Status(r.values["status"]), Failure: r.values["failure"],
		Email: r.values["email"],
	}
	attention := r.values["attention"]
	if attention != "" {
		f.Attention = new(attention == "true")
	}
	list := func(after string, limit int) ([]*orderflow.Order, string, error) {
		return s.OrderLists.FindOrders(r.Context(), f, after, limit)
	}
	orders, next, err := page(r, schemaOrderId, list, viewOpsSummary, string(f.Status), attention, f.Failure, f.CustomerID,
		f.Email)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return jsonReply(http.StatusOK, struct {
		Orders []opsSummaryView `json:"orders"`
		Next   string           `json:"next,omitempty"`
	}{orders, next})
}

// viewHolds returns where the order's stock is held, and until when if it is not paid.
func viewHolds(o *orderflow.Order) (holds []orderflow.StockHold, until *moment) {
	for _, m := range o.StockMoves(orderflow.Reserve) {
		holds = append(holds, orderflow.StockHold{
			SKU: m.SKU, Warehouse: cmp.Or(m.Warehouse, orderflow.MainWarehouse), Quantity: m.Quantity,
		})
	}
	if !o.HoldUntil.IsZero() && o.Status != orderflow.Paid && o.Status != orderflow.Shipping {
		until = &moment{o.HoldUntil}
	}
	return holds, until
}

func (s *server) opsGetOrder(r *request) (*reply, error) {
	o, err := s.order(r)
	if err != nil {
		return nil, err
	}
	v := opsOrderView{
		orderView: viewOrder(o), CustomerID: o.CustomerID, StockStatus: o.StockStatus,
		Attention: viewAttention(o.Attention), Review: viewReview(o.Review),
		Timeline: []opsChangeView{}, Version: o.Version, Refunds: viewOpsRefunds(o), Returns: viewOpsReturns(o),
	}
	for _, c := range o.Timeline {
		v.Timeline = append(v.Timeline, opsChangeView{c, moment{c.At}, c.Attention})
	}
	if o.Wait != nil && o.Answer() == nil {
		v.WaitingAt = o.Wait.Step
	}
	if o.StockStatus == orderflow.StockReserved {
		v.Holds, v.HoldUntil = viewHolds(o)
	}
	if v.Execution, err = s.execution(r.Context(), o.ExecutionName()); err != nil {
		return nil, err
	}
	return jsonReply(http.StatusOK, v)
}
