package orderflow

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// ChangeType is the kind of a Change. It is the detail-type of the event that publishes the change.
type ChangeType string

// The change types.
const (
	OrderPlaced           ChangeType = "Order Placed"
	OrderStatusChanged    ChangeType = "Order Status Changed"
	OrderCancelRequested  ChangeType = "Order Cancel Requested"
	OrderPaymentChanged   ChangeType = "Order Payment Changed"
	OrderStockChanged     ChangeType = "Order Stock Changed"
	OrderAttentionChanged ChangeType = "Order Attention Changed"
	OrderReviewRequested  ChangeType = "Order Review Requested" // an operator's decision is due
	// the waiting step has a new token: answer again
	OrderReviewRenewed   ChangeType = "Order Review Renewed"
	OrderReviewed        ChangeType = "Order Reviewed"                 // refused, or not decided in time
	OrderMethodRequested ChangeType = "Order Payment Method Requested" // the customer may give another one; or answer again
	OrderMethodChanged   ChangeType = "Order Payment Method Changed"
	// the customer has confirmed the payment, or failed to: ask the provider
	OrderActionCompleted ChangeType = "Order Payment Action Completed"
	OrderContactChanged  ChangeType = "Order Contact Changed" // the e-mail address or the shipping address
	ShipmentRequested    ChangeType = "Shipment Requested"    // a request to the carrier is due
	// the waiting step has a new token, or the carrier is silent: request or answer again
	ShipmentRenewed ChangeType = "Shipment Renewed"
	ShipmentFailed  ChangeType = "Shipment Failed" // the carrier reported a failure
	// after a cancel or a failure: the goods may be gone
	ShipmentDispatchedLate ChangeType = "Shipment Dispatched Late"
	// a refund is due: ask the provider
	OrderRefundRequested ChangeType = "Order Refund Requested"
	// the refund may be lost, or its money has not arrived: ask the provider again
	OrderRefundRenewed   ChangeType = "Order Refund Renewed"
	OrderRefundChanged   ChangeType = "Order Refund Changed" // pending or failed
	OrderRefunded        ChangeType = "Order Refunded"       // the money of a refund has arrived
	OrderReturnRequested ChangeType = "Order Return Requested"
	OrderReturnReceived  ChangeType = "Order Return Received"
	OrderReturnRefused   ChangeType = "Order Return Refused"
	// the carrier replaced the carrier name or tracking number
	ShipmentCorrected ChangeType = "Shipment Corrected"
	ShipmentDelivered ChangeType = "Shipment Delivered" // the customer has the goods
)

// Change is one entry of an order's timeline, with the order's state right after it. It holds no
// personal data, so it can be published as it is.
type Change struct {
	Sequence       int64         `json:"sequence"`
	At             time.Time     `json:"at"`
	Type           ChangeType    `json:"type"`
	Status         Status        `json:"status"`
	PreviousStatus Status        `json:"previousStatus,omitempty"` // set only if the status changed
	PaymentStatus  PaymentStatus `json:"paymentStatus"`
	StockStatus    StockStatus   `json:"stockStatus"`
	Attention      bool          `json:"attention,omitempty"`
	Actor          string        `json:"actor"`             // "customer:ID", "operator:ID", "step:NAME", "carrier", "provider"
	Reason         string        `json:"reason,omitempty"`  // a Code, or an operator's words
	Message        string        `json:"message,omitempty"` // the reason as a sentence for the customer
	RefundID       string        `json:"refundId,omitempty"`
	RefundAmount   *Money        `json:"refundAmount,omitempty"`
	ReturnID       string        `json:"returnId,omitempty"`
}

// record appends c as the order's next change and fills in the order's state.
func (o *Order) record(c Change) {
	o.Sequence++
	o.UpdatedAt = c.At
	c.Sequence, c.Attention = o.Sequence, o.Attention != nil
	c.Status, c.PaymentStatus, c.StockStatus = o.Status, o.PaymentStatus, o.StockStatus
	o.Timeline = append(o.Timeline, c)
}

// moveTo changes the status and records it.
func (o *Order) moveTo(s Status, c Change) {
	c.Type, c.PreviousStatus = OrderStatusChanged, o.Status
	o.Status = s
	o.record(c)
}

// SchemaVersion is the version of the events' schemas (events/schemas). A version only gains
// members; an incompatible change is a new version.
const SchemaVersion = 1

// EventDetail is the detail of the EventBridge event that publishes a change. The pair (orderId,
// sequence) identifies it, and so does the event id.
type EventDetail struct {
	SchemaVersion int    `json:"schemaVersion"`
	EventID       string `json:"eventId"` // the same whenever the change is published
	OrderID       string `json:"orderId"`
	CustomerID    string `json:"customerId"`
	Total         Money  `json:"total"`
	Change
	Attention  bool   `json:"attention"` // as in Change, also if it is false
	ShipmentID string `json:"shipmentId,omitempty"`
}

// Event returns the event detail that publishes change c of o.
func (o *Order) Event(c Change) EventDetail {
	d := EventDetail{
		SchemaVersion: SchemaVersion, EventID: fmt.Sprintf("%s-%d", o.ID, c.Sequence),
		OrderID: o.ID, CustomerID: o.CustomerID, Total: o.Total, Change: c, Attention: c.Attention,
	}
	if o.Shipment != nil {
		d.ShipmentID = o.Shipment.ID
	}
	return d
}

// EventsSince returns the event details of the changes after a sequence.
func (o *Order) EventsSince(sequence int64) []EventDetail {
	var out []EventDetail
	for _, c := range o.Timeline {
		if c.Sequence > sequence {
			out = append(out, o.Event(c))
		}
	}
	return out
}

// State is the part of an order that its events carry; Fold rebuilds it.
type State struct {
	Sequence      int64
	Status        Status
	PaymentStatus PaymentStatus
	StockStatus   StockStatus
	Attention     bool
	Timeline      []Change
}

// State returns the part of the order that its events carry.
func (o *Order) State() State {
	return State{
		Sequence: o.Sequence, Status: o.Status, PaymentStatus: o.PaymentStatus, StockStatus: o.StockStatus,
		Attention: o.Attention != nil, Timeline: slices.Clone(o.Timeline),
	}
}

// Fold rebuilds an order's state from its published events, which may be in any order and repeated.
// It returns an error if one is missing.
func Fold(events []EventDetail) (State, error) {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b EventDetail) int { return cmp.Compare(a.Sequence, b.Sequence) })
	events = slices.CompactFunc(events, func(a, b EventDetail) bool { return a.Sequence == b.Sequence })
	var s State
	for i, e := range events {
		if e.Sequence != int64(i+1) {
			return State{}, fmt.Errorf("fold order %s: event %d is missing", e.OrderID, i+1)
		}
		e.Change.Attention = e.Attention // decoded JSON sets only one of them
		s = State{
			Sequence: e.Sequence, Status: e.Status, PaymentStatus: e.PaymentStatus, StockStatus: e.StockStatus,
			Attention: e.Attention, Timeline: append(s.Timeline, e.Change),
		}
	}
	return s, nil
}
