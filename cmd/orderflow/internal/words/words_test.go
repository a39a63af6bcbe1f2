package words

import (
	"encoding/json"
	"testing"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
)

func TestBecause(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"PaymentDeclined":    "the payment was declined",
		"OutOfStock":         "not everything in it was in stock",
		"AmountTooSmall":     "amount too small",
		"looks like fraud":   "looks like fraud",
		"Fraud":              "Fraud",
		"a NOTE of Olga's":   "a NOTE of Olga's",
		"ShipmentUnanswered": "the carrier does not answer",
		"Internal":           "a step failed with an unknown error; the message names it",
		"":                   "",
	} {
		if got := Because(reason); got != want {
			t.Errorf("because(%q) = %q, want %q", reason, got, want)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	order := client.Order{Total: orderflow.Money{Amount: 6900, Currency: "USD"}, Attention: json.RawMessage("true"),
		Timeline: []orderflow.Change{{Sequence: 2}, {Sequence: 4, Attention: true, Status: orderflow.InReview},
			{Sequence: 6, Type: orderflow.ShipmentCorrected}}}
	order.Shipment = &orderflow.Shipment{Carrier: "Post", TrackingNumber: "T1"}
	for want, c := range map[string]orderflow.Change{
		"the order could not be fulfilled. The card has expired.": {Type: orderflow.OrderStatusChanged,
			Status: orderflow.Rejected, Reason: "PaymentDeclined", Message: "The card has expired."},
		"the refund of 69.00 USD is pending": {Type: orderflow.OrderPaymentChanged,
			PaymentStatus: orderflow.PaymentRefundPending},
		"the order for 69.00 USD was placed": {Type: orderflow.OrderPlaced,
			Status: orderflow.Placed},
		"69.00 USD were paid": {Type: orderflow.OrderStatusChanged,
			Status: orderflow.Paid},
		"Post has the goods, tracking number T1": {Type: orderflow.OrderStatusChanged,
			Status: orderflow.Shipping, Sequence: 7},
		"the carrier has the goods": {Type: orderflow.OrderStatusChanged,
			Status: orderflow.Shipping, Sequence: 5},
		"the carrier corrected its notice: the carrier has the goods": {Type: orderflow.ShipmentCorrected,
			Sequence: 5},
		"the carrier corrected its notice: Post has the goods, tracking number T1": {Type: orderflow.ShipmentCorrected,
			Sequence: 6},
		"the carrier has delivered the goods": {Type: orderflow.ShipmentDelivered},
		"the order could not be fulfilled: the payment was declined": {Type: orderflow.OrderStatusChanged,
			Status: orderflow.Rejected, Reason: "PaymentDeclined"},
		"the order was cancelled": {Type: orderflow.OrderStatusChanged,
			Status: orderflow.Cancelled, Reason: "OrderCancelled"},
		"the order was cancelled: the shipment failed": {Type: orderflow.OrderStatusChanged,
			Status: orderflow.Cancelled, Reason: "ShipmentFailed"},
		"the order waits for a review": {Type: orderflow.OrderStatusChanged,
			Status: orderflow.InReview, Reason: "ReviewRequired"},
		"the order was approved: a known customer": {Type: orderflow.OrderStatusChanged,
			Status: orderflow.Confirmed, Sequence: 5, Reason: "a known customer"},
		"a review was requested":         {Type: orderflow.OrderReviewRequested},
		"the review was requested again": {Type: orderflow.OrderReviewRenewed},
		"the review ended. We are sorry, we cannot accept this order.": {Type: orderflow.OrderReviewed,
			Reason: "a stolen card", Message: "We are sorry, we cannot accept this order."},
		"5.00 USD were refunded": {Type: orderflow.OrderRefunded, RefundAmount: &orderflow.Money{Amount: 500,
			Currency: "USD"}},
		"a return was refused. The goods are worn.": {Type: orderflow.OrderReturnRefused, Message: "The goods are worn."},
		"a refund of 5.00 USD was requested: goodwill": {Type: orderflow.OrderRefundRequested, Reason: "goodwill",
			RefundAmount: &orderflow.Money{Amount: 500, Currency: "USD"}},
		"69.00 USD were refunded": {Type: orderflow.OrderPaymentChanged,
			PaymentStatus: orderflow.PaymentRefunded},
		"nothing was charged: the payment was declined": {Type: orderflow.OrderPaymentChanged,
			PaymentStatus: orderflow.PaymentDeclined, Reason: "PaymentDeclined"},
		"a cancel was accepted: found it cheaper": {Type: orderflow.OrderCancelRequested,
			Reason: "found it cheaper"},
		"the order needs an operator": {Type: orderflow.OrderAttentionChanged,
			Sequence: 4, Attention: true},
		"the order needs no operator any more": {Type: orderflow.OrderAttentionChanged,
			Sequence: 5},
		"the order waits until the payment provider answers again": {Type: orderflow.OrderAttentionChanged,
			Attention: true, Actor: "step:charge", Reason: "WaitingForPaymentProvider"},
		"the order needs an operator: the carrier does not answer": {Type: orderflow.OrderAttentionChanged,
			Sequence: 4, Attention: true, Reason: "ShipmentUnanswered", Actor: "step:watch"},
		"an operator took care of the order": {Type: orderflow.OrderAttentionChanged,
			Sequence: 3},
		"the order still needs an operator": {Type: orderflow.OrderAttentionChanged,
			Sequence: 5, Attention: true},
		"an operator took care of the order: the provider is back": {Type: orderflow.OrderAttentionChanged,
			Sequence: 5, Reason: "the provider is back", Actor: "operator:olga"},
		"the order needs no operator any more: it was sent": {Type: orderflow.OrderAttentionChanged,
			Sequence: 5, Reason: "it was sent", Actor: "step:reconcile"},
		"Order Weighed":                              {Type: "Order Weighed"},
		"Order Weighed: it is heavy":                 {Type: "Order Weighed", Reason: "it is heavy"},
		"the shipment failed: address unknown":       {Type: orderflow.ShipmentFailed, Reason: "address unknown"},
		"the order is valid, its goods are reserved": {Type: orderflow.OrderStatusChanged, Status: orderflow.Confirmed},
		"the shipment was requested":                 {Type: orderflow.ShipmentRequested},
	} {
		if got := Describe(order, c); got != want {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
}

// TestExplain checks that the reason for attention is stated once, with its message, in one line.
func TestExplain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, message, want string }{
		{"DispatchedLate", "the carrier has dispatched the goods, which should have stayed: Post T1",
			"the carrier has dispatched the goods, which should have stayed: Post T1"},
		{"DispatchedLate", "", "the carrier dispatched the goods too late"},
		{"ShipmentUnanswered", "the carrier has not answered since noon", "the carrier has not answered since noon"},
		{"PaymentUnavailable", "no route to provider", "the payment provider could not be reached. no route to provider"},
		{"PaymentUnavailable", "", "the payment provider could not be reached"},
		{"NotificationFailed", "topic is gone:\n  404", "the customer could not be notified. topic is gone: 404"},
		{"States.Timeout", "the execution took too long", "the execution took too long"},
		{"States.Timeout", "", "States.Timeout"},
		{"CardStolen", "card stolen", "card stolen"},
	} {
		if got := Explain(orderflow.Attention{Code: c.code, Message: c.message}); got != c.want {
			t.Errorf("%s, %q: %q, want %q", c.code, c.message, got, c.want)
		}
	}
}
