package api

import (
	"fmt"
	"net/http"

	"orderflow"
)

type opsSummaryView struct {
	OrderID         string                  `json:"orderId"`
	CustomerID      string                  `json:"customerId"`
	Status          orderflow.Status        `json:"status"`
	PaymentStatus   orderflow.PaymentStatus `json:"paymentStatus"`
	StockStatus     orderflow.StockStatus   `json:"stockStatus"`
	Total           orderflow.Money         `json:"total"`
	LineCount       int                     `json:"lineCount"`
	PlacedAt        moment                  `json:"placedAt"`
	UpdatedAt       moment                  `json:"updatedAt"`
	CancelRequested bool                    `json:"cancelRequested"`
	Attention       *attentionView          `json:"attention,omitempty"`
}

// attentionView and opsChangeView are what is stored, but for how times are written.
type attentionView struct {
	orderflow.Attention
	Since moment `json:"since"`
}

type opsChangeView struct {
	orderflow.Change
	At moment `json:"at"`
}

func viewAttention(a *orderflow.Attention) *attentionView {
	if a == nil {
		return nil
	}
	return &attentionView{*a, moment{a.Since}}
}

type opsOrderView struct {
	OrderID         string                  `json:"orderId"`
	CustomerID      string                  `json:"customerId"`
	Status          orderflow.Status        `json:"status"`
	PaymentStatus   orderflow.PaymentStatus `json:"paymentStatus"`
	StockStatus     orderflow.StockStatus   `json:"stockStatus"`
	Lines           []orderflow.Line        `json:"lines"`
	Total           orderflow.Money         `json:"total"`
	Email           string                  `json:"email"`
	ShippingAddress orderflow.Address       `json:"shippingAddress"`
	PaymentMethod   string                  `json:"paymentMethod"`
	PlacedAt        moment                  `json:"placedAt"`
	UpdatedAt       moment                  `json:"updatedAt"`
	CancelRequested bool                    `json:"cancelRequested"`
	Attention       *attentionView          `json:"attention,omitempty"`
	Shipment        *shipmentView           `json:"shipment,omitempty"`
	WaitingAt       string                  `json:"waitingAt,omitempty"`
	Timeline        []opsChangeView         `json:"timeline"`
	Version         int64                   `json:"version"`
	Execution       *executionView          `json:"execution,omitempty"`
}

func (s *server) opsListOrders(r *request) (*reply, error) {
	status, attention := r.values["status"], r.values["attention"]
	c := newCursor(r, schemaOrderId, status, attention)
	after, err := c.decode(r.values["cursor"])
	if err != nil {
		return nil, err
	}
	var needs *bool
	if attention != "" {
		needs = new(attention == "true")
	}
	orders, next, err := s.OrderLists.AllOrders(r.Context(), orderflow.Status(status), needs, after, r.limit())
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	page := struct {
		Orders []opsSummaryView `json:"orders"`
		Next   string           `json:"next,omitempty"`
	}{Orders: []opsSummaryView{}, Next: c.encode(next)}
	for _, o := range orders {
		page.Orders = append(page.Orders, opsSummaryView{
			o.ID, o.CustomerID, o.Status, o.PaymentStatus, o.StockStatus, o.Total, len(o.Lines), moment{o.PlacedAt}, moment{o.UpdatedAt}, o.Cancel != nil,
			viewAttention(o.Attention),
		})
	}
	return jsonReply(http.StatusOK, page)
}

func (s *server) opsGetOrder(r *request) (*reply, error) {
	o, err := s.order(r)
	if err != nil {
		return nil, err
	}
	v := opsOrderView{
		OrderID: o.ID, CustomerID: o.CustomerID, Status: o.Status, PaymentStatus: o.PaymentStatus, StockStatus: o.StockStatus,
		Lines: o.Lines, Total: o.Total, Email: o.Email, ShippingAddress: o.ShippingAddress, PaymentMethod: o.PaymentMethod,
		PlacedAt: moment{o.PlacedAt}, UpdatedAt: moment{o.UpdatedAt}, CancelRequested: o.Cancel != nil, Attention: viewAttention(o.Attention),
		Shipment: viewShipment(o.Shipment), Timeline: []opsChangeView{}, Version: o.Version,
	}
	for _, c := range o.Timeline {
		v.Timeline = append(v.Timeline, opsChangeView{c, moment{c.At}})
	}
	if o.Wait != nil {
		v.WaitingAt = o.Wait.Step
	}
	if v.Execution, err = s.execution(r.Context(), o.ID); err != nil {
		return nil, err
	}
	return jsonReply(http.StatusOK, v)
}
