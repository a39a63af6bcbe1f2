package events

import (
	"fmt"
	"time"

	"github.com/orderflow-dev/orderflow"
)

// The members that only some types have.
const (
	previousStatus = "previousStatus"
	message        = "message"
	refundID       = "refundId"
	refundAmount   = "refundAmount"
	returnID       = "returnId"
	shipmentID     = "shipmentId"
)

// Types lists every type, in the order in which an order may go through them.
var Types = named([]Type{
	{
		Name: orderflow.OrderPlaced, When: "The API has accepted the order. It is always the first event of an order.",
		Example: example(1, orderflow.Placed, "NONE", "NONE", "customer:ada"),
	},
	{
		Name: orderflow.OrderStatusChanged, When: "The order has a new status.", With: []string{previousStatus},
		Example: example(5, orderflow.Fulfilled, "CAPTURED", "SHIPPED", "step:record",
			func(e *orderflow.EventDetail) { e.PreviousStatus, e.ShipmentID = orderflow.Shipping, shipment }),
	},
	{
		Name: orderflow.OrderPaymentChanged, When: "The payment status has changed, but not the order's status.",
		Example: example(4, orderflow.Shipping, "CAPTURED", "RESERVED", "step:record",
			func(e *orderflow.EventDetail) { e.ShipmentID = shipment }),
	},
	{
		Name: orderflow.OrderStockChanged, When: "The stock status has changed, but not the order's status.",
		Example: example(4, orderflow.Confirmed, "DECLINED", "RELEASED", "step:release"),
	},
	{
		Name: orderflow.OrderCancelRequested, When: "The customer or an operator has cancelled the order, or it held its stock for too long. " +
			"What was done is undone next.",
		Example: example(3, orderflow.Confirmed, "NONE", "RESERVED", "customer:ada"),
	},
	{
		Name: orderflow.OrderAttentionChanged, When: "The order begins or ceases to need an operator (`attention`), or needs one for another reason.",
		Example: example(3, orderflow.Confirmed, "NONE", "RESERVED", "step:watch",
			func(e *orderflow.EventDetail) { e.Attention, e.Reason = true, "PaymentUnavailable" }),
	},
	{
		Name: orderflow.OrderReviewRequested, When: "An operator must decide about the order before it is charged.",
		Example: example(3, orderflow.InReview, "NONE", "RESERVED", "step:charge", func(e *orderflow.EventDetail) { e.Reason = "ReviewRequired" }),
	},
	{
		Name: orderflow.OrderReviewRenewed, When: "The step that waits for the decision was repeated. For Orderflow's own use.",
		Example: example(4, orderflow.InReview, "NONE", "RESERVED", "step:review"),
	},
	{
		Name: orderflow.OrderMethodRequested,
		When: "The payment was declined, or the customer must confirm it (`reason` `PaymentActionRequired`), and the order waits " +
			"for its customer; again if that step was repeated. The `Order Payment Changed` before it has the reason.",
		Example: example(4, orderflow.Confirmed, "DECLINED", "RESERVED", "step:payment-method"),
	},
	{
		Name: orderflow.OrderMethodChanged, When: "The customer has given another payment method, which is charged next.",
		Example: example(5, orderflow.Confirmed, "NONE", "RESERVED", "customer:ada"),
	},
	{
		Name: orderflow.OrderActionCompleted,
		When: "The payment provider tells that the customer has confirmed the payment, or has failed to. " +
			"The charge asks the provider next.",
		Example: example(5, orderflow.Confirmed, "NONE", "RESERVED", "provider"),
	},
	{
		Name: orderflow.OrderContactChanged,
		When: "An operator has corrected the e-mail address or the shipping address. The event does not have them.",
		Example: example(4, orderflow.Confirmed, "NONE", "RESERVED", "operator:olga",
			func(e *orderflow.EventDetail) { e.Reason = "the customer called" }),
	},
	{
		Name: orderflow.OrderReviewed, When: "An operator has refused the order, or none has decided in time. An approval is an `Order Status Changed` to `CONFIRMED`.",
		Example: example(4, orderflow.InReview, "NONE", "RESERVED", "operator:olga", func(e *orderflow.EventDetail) { e.Reason = "the address does not exist" }),
	},
	{
		Name: orderflow.ShipmentRequested, When: "The carrier is asked to ship. The sandbox carrier consumes it, or your adapter.", With: []string{shipmentID},
		Example: example(3, orderflow.Paid, "AUTHORIZED", "RESERVED", "step:ship", func(e *orderflow.EventDetail) { e.ShipmentID = shipment }),
	},
	{
		Name: orderflow.ShipmentRenewed, When: "The carrier has not answered: it is asked again, for the same shipment.", With: []string{shipmentID},
		Example: example(4, orderflow.Paid, "AUTHORIZED", "RESERVED", "step:ship", func(e *orderflow.EventDetail) { e.ShipmentID = shipment }),
	},
	{
		Name: orderflow.ShipmentFailed, When: "The carrier cannot ship. The payment is undone next.", With: []string{shipmentID},
		Example: example(4, orderflow.Paid, "AUTHORIZED", "RESERVED", "carrier", func(e *orderflow.EventDetail) { e.ShipmentID, e.Reason = shipment, "address unknown" }),
	},
	{
		Name: orderflow.ShipmentCorrected, When: "The carrier has replaced its name or the tracking number.", With: []string{shipmentID},
		Example: example(6, orderflow.Fulfilled, "CAPTURED", "SHIPPED", "carrier", func(e *orderflow.EventDetail) { e.ShipmentID = shipment }),
	},
	{
		Name: orderflow.ShipmentDelivered, When: "The customer has the goods.", With: []string{shipmentID},
		Example: example(7, orderflow.Fulfilled, "CAPTURED", "SHIPPED", "carrier", func(e *orderflow.EventDetail) { e.ShipmentID = shipment }),
	},
	{
		Name: orderflow.ShipmentDispatchedLate, When: "The carrier took the goods after a cancel or a failure. An operator must settle it.", With: []string{shipmentID},
		Example: example(7, orderflow.Cancelled, "REFUNDED", "RELEASED", "carrier", func(e *orderflow.EventDetail) { e.ShipmentID, e.Attention = shipment, true }),
	},
	{
		Name: orderflow.OrderReturnRequested, When: "The customer wants to send goods back.", With: []string{returnID},
		Example: example(6, orderflow.Fulfilled, "CAPTURED", "SHIPPED", "customer:ada", func(e *orderflow.EventDetail) { e.ShipmentID, e.ReturnID = shipment, goods }),
	},
	{
		Name: orderflow.OrderReturnReceived, When: "The goods have arrived.", With: []string{returnID},
		Example: example(7, orderflow.Fulfilled, "CAPTURED", "SHIPPED", "operator:olga", func(e *orderflow.EventDetail) { e.ShipmentID, e.ReturnID = shipment, goods }),
	},
	{
		Name: orderflow.OrderReturnRefused, When: "An operator has refused the return.", With: []string{returnID, message},
		Example: example(7, orderflow.Fulfilled, "CAPTURED", "SHIPPED", "operator:olga",
			func(e *orderflow.EventDetail) {
				e.ShipmentID, e.ReturnID, e.Message = shipment, goods, "the goods are worn"
			}),
	},
	{
		Name: orderflow.OrderRefundRequested, When: "A refund is due: the provider is asked next.", With: []string{refundID, refundAmount},
		Example: example(8, orderflow.Fulfilled, "CAPTURED", "SHIPPED", "operator:olga", refunded),
	},
	{
		Name: orderflow.OrderRefundRenewed, When: "The refund is tried again. For Orderflow's own use.", With: []string{refundID, refundAmount},
		Example: example(9, orderflow.Fulfilled, "CAPTURED", "SHIPPED", "operator:olga", refunded),
	},
	{
		Name: orderflow.OrderRefundChanged, When: "The provider has accepted the refund, or has refused or returned it.", With: []string{refundID, refundAmount},
		Example: example(9, orderflow.Fulfilled, "REFUND_PENDING", "SHIPPED", "step:repay", refunded),
	},
	{
		Name: orderflow.OrderRefunded, When: "The customer has the money.", With: []string{refundID, refundAmount},
		Example: example(10, orderflow.Fulfilled, "PARTIALLY_REFUNDED", "SHIPPED", "step:repay", refunded),
	},
})

// named sets the detail type of each example.
func named(types []Type) []Type {
	for i, t := range types {
		types[i].Example.Type = t.Name
	}
	return types
}

// The ids of the examples.
const (
	order    = "ord_000sksmeyf00rq2d2yxq4fhqgr"
	shipment = "shp_000sksmeyf00rq2d2yxq4fhqgr"
	refund   = "rfd_000sksmeyf00rq2d2yxq4fhqgr"
	goods    = "ret_000sksmeyf00rq2d2yxq4fhqgr"
)

// example returns an event of the order of the examples.
func example(sequence int64, s orderflow.Status, p orderflow.PaymentStatus, stock orderflow.StockStatus, actor string,
	edits ...func(*orderflow.EventDetail)) orderflow.EventDetail {
	e := orderflow.EventDetail{
		SchemaVersion: orderflow.SchemaVersion, EventID: fmt.Sprintf("%s-%d", order, sequence), OrderID: order, CustomerID: "ada",
		Total: orderflow.Money{Amount: 9800, Currency: "USD"},
		Change: orderflow.Change{
			Sequence: sequence, At: time.Date(2026, 1, 15, 9, 30, int(sequence), 0, time.UTC), Status: s, PaymentStatus: p,
			StockStatus: stock, Actor: actor,
		},
	}
	for _, edit := range edits {
		edit(&e)
	}
	return e
}

func refunded(e *orderflow.EventDetail) {
	e.ShipmentID, e.RefundID, e.RefundAmount = shipment, refund, &orderflow.Money{Amount: 1650, Currency: "USD"}
}
