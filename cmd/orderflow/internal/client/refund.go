package client

import "github.com/orderflow-dev/orderflow"

// Refund is a refund of a part of an order.
type Refund struct {
	RefundID string                 `json:"refundId"`
	Status   orderflow.RefundStatus `json:"status"`
	Amount   orderflow.Money        `json:"amount"`
	Shipping orderflow.Money        `json:"shipping"`
	Lines    []orderflow.Units      `json:"lines"`
}

// Return is a return of goods of an order.
type Return struct {
	ReturnID string                 `json:"returnId"`
	Status   orderflow.ReturnStatus `json:"status"`
	Lines    []orderflow.Units      `json:"lines"`
}
