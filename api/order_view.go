package api

import (
	"strconv"
	"strings"

	"github.com/orderflow-dev/orderflow"
)

// The views are what answers hold of an order; their fields are the contract's schemas. They are
// built field by field and never marshalled from the stored order, so that internal data (task
// tokens, versions, actors) is not exposed.

type placedView struct {
	OrderID  string           `json:"orderId"`
	Status   orderflow.Status `json:"status"`
	Total    orderflow.Money  `json:"total"`
	Price    *priceView       `json:"price,omitempty"`
	Lines    []lineView       `json:"lines"`
	PlacedAt moment           `json:"placedAt"`
}

type orderView struct {
	OrderID         string                  `json:"orderId"`
	Status          orderflow.Status        `json:"status"`
	PaymentStatus   orderflow.PaymentStatus `json:"paymentStatus"`
	Lines           []lineView              `json:"lines"`
	Price           priceView               `json:"price"`
	Total           orderflow.Money         `json:"total"`
	Email           string                  `json:"email"`
	Language        string                  `json:"language,omitempty"`
	ShippingAddress orderflow.Address       `json:"shippingAddress"`
	PaymentMethod   string                  `json:"paymentMethod"`
	PlacedAt        moment                  `json:"placedAt"`
	UpdatedAt       moment                  `json:"updatedAt"`
	Attention       bool                    `json:"attention"`
	CancelRequested bool                    `json:"cancelRequested"`
	Shipment        *shipmentView           `json:"shipment,omitempty"`
	Refunds         []refundView            `json:"refunds,omitempty"`
	Returns         []returnView            `json:"returns,omitempty"`
	Timeline        []timelineView          `json:"timeline"`
	// PaymentMethodRequest is set while the customer may give another payment method.
	PaymentMethodRequest *methodRequestView `json:"paymentMethodRequest,omitempty"`
}

type shipmentView struct {
	ShipmentID     string                   `json:"shipmentId"`
	Status         orderflow.ShipmentStatus `json:"status"`
	Carrier        string                   `json:"carrier,omitempty"`
	TrackingNumber string                   `json:"trackingNumber,omitempty"`
	Reason         string                   `json:"reason,omitempty"`
	DeliveredAt    *moment                  `json:"deliveredAt,omitempty"`
}

type timelineView struct {
	Sequence      int64                   `json:"sequence"`
	At            moment                  `json:"at"`
	Type          orderflow.ChangeType    `json:"type"`
	Status        orderflow.Status        `json:"status"`
	PaymentStatus orderflow.PaymentStatus `json:"paymentStatus"`
	Attention     bool                    `json:"attention"`
	Reason        string                  `json:"reason,omitempty"`
	Message       string                  `json:"message,omitempty"`
	RefundID      string                  `json:"refundId,omitempty"`
	RefundAmount  *orderflow.Money        `json:"refundAmount,omitempty"`
	ReturnID      string                  `json:"returnId,omitempty"`
}

type summaryView struct {
	OrderID       string                  `json:"orderId"`
	Status        orderflow.Status        `json:"status"`
	PaymentStatus orderflow.PaymentStatus `json:"paymentStatus"`
	Total         orderflow.Money         `json:"total"`
	LineCount     int                     `json:"lineCount"`
	PlacedAt      moment                  `json:"placedAt"`
	UpdatedAt     moment                  `json:"updatedAt"`
	Attention     bool                    `json:"attention"`
}

func viewOrder(o *orderflow.Order) orderView {
	v := orderView{
		OrderID: o.ID, Status: o.Status, PaymentStatus: o.PaymentStatus, Lines: viewLines(o), Price: viewPrice(o),
		Total: o.Total, Email: o.Email, Language: o.Language, ShippingAddress: o.ShippingAddress, PaymentMethod: o.PaymentMethod,
		PlacedAt: moment{o.PlacedAt}, UpdatedAt: moment{o.UpdatedAt},
		Attention: o.Attention != nil, CancelRequested: o.Cancel != nil, Shipment: viewShipment(o.Shipment),
		Refunds: viewRefunds(o), Returns: viewReturns(o), PaymentMethodRequest: viewMethodRequest(o),
	}
	for _, c := range o.Timeline {
		v.Timeline = append(v.Timeline, viewChange(c))
	}
	return v
}

// viewChange returns a change as its customer sees it.
func viewChange(c orderflow.Change) timelineView {
	v := timelineView{Sequence: c.Sequence, At: moment{c.At}, Type: c.Type, Status: c.Status,
		PaymentStatus: c.PaymentStatus, Attention: c.Attention, Reason: c.Reason, Message: c.Message}
	v.RefundID, v.RefundAmount, v.ReturnID = c.RefundID, c.RefundAmount, c.ReturnID
	if internal(c) {
		v.Reason = ""
	}
	return v
}

// internal reports whether the reason of a change is not for its customer. Why an order needs
// attention, what a provider says of a refund, and what operators write is internal, except why
// they refused a return.
func internal(c orderflow.Change) bool {
	switch c.Type {
	case orderflow.OrderAttentionChanged, orderflow.OrderRefundRequested, orderflow.OrderRefundChanged:
		return true
	case orderflow.OrderReturnRefused:
		return false
	}
	return strings.HasPrefix(c.Actor, "operator:")
}

func viewShipment(s *orderflow.Shipment) *shipmentView {
	if s == nil {
		return nil
	}
	v := &shipmentView{ShipmentID: s.ID, Status: s.Status, Carrier: s.Carrier, TrackingNumber: s.TrackingNumber, Reason: s.Reason}
	if s.DeliveredAt != nil {
		v.DeliveredAt = &moment{*s.DeliveredAt}
	}
	return v
}

func viewSummary(o *orderflow.Order) summaryView {
	return summaryView{
		OrderID: o.ID, Status: o.Status, PaymentStatus: o.PaymentStatus, Total: o.Total, LineCount: len(o.Lines),
		PlacedAt: moment{o.PlacedAt}, UpdatedAt: moment{o.UpdatedAt}, Attention: o.Attention != nil,
	}
}

// orderTag returns the entity tag of an order, which counts its writes.
func orderTag(o *orderflow.Order) string { return `"` + strconv.FormatInt(o.Version, 10) + `"` }
