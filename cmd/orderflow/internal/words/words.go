// Package words describes changes of an order, and their reasons, in words.
package words

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/client"
)

// reasons are the codes of failures in words.
var reasons = map[orderflow.Code]string{
	orderflow.CodeInvalidOrder:          "it could not be fulfilled as it was ordered",
	orderflow.CodeOutOfStock:            "not everything in it was in stock",
	orderflow.CodePaymentDeclined:       "the payment was declined",
	orderflow.CodePaymentUnavailable:    "the payment provider could not be reached",
	orderflow.CodeWaitingForProvider:    "it waits until the payment provider answers again",
	orderflow.CodePaymentUncertain:      "the payment provider's answer was lost",
	orderflow.CodeShipmentFailed:        "the shipment failed",
	orderflow.CodeShipmentUnanswered:    "the carrier does not answer",
	orderflow.CodeAnswerRefused:         "the execution does not accept the known answer",
	orderflow.CodePaymentMethodRequired: "the customer must confirm the payment, or give another payment method",
	orderflow.CodePaymentActionRequired: "the customer must confirm the payment",
	orderflow.CodeReviewRequired:        "an operator reviews it",
	orderflow.CodeReviewRefused:         "an operator refused it in a review",
	orderflow.CodeReviewTimedOut:        "no operator reviewed it in time",
	orderflow.CodeReviewUnanswered:      "the deadline of its review is near",
	orderflow.CodeOrderOpen:             "the execution succeeded, but the order did not end",
	orderflow.CodeExecutionLost:         "there is no record of its execution",
	orderflow.CodeDispatchedLate:        "the carrier dispatched the goods too late",
	orderflow.CodeNotificationFailed:    "the customer could not be notified",
	orderflow.CodeConflict:              "other changes of the order conflicted with it repeatedly",
	orderflow.CodeThrottled:             "AWS throttled the requests of a step",
	orderflow.CodeInternal:              "a step failed with an unknown error; the message names it",
	orderflow.CodeOrderCancelled:        "it was cancelled",
	orderflow.CodeHoldExpired:           "it held its stock for too long without being paid",
	orderflow.CodeRefundPending:         "the refund is pending",
	orderflow.CodeRefundFailed:          "the refund was refused or returned",
	orderflow.CodeRefundUnsettled:       "a refund is not paid out yet",
	orderflow.CodeRefundReturned:        "a refund was refused or returned",

	orderflow.CodeAuthorizationLapsed:  "the authorisation of the payment has lapsed",
	orderflow.CodeAuthorizationLapsing: "the authorisation of the payment lapses, and its renewal was declined",

	orderflow.CodeNotificationUnavailable: "the topic of customer notifications could not be reached",
}

// Reasons returns the reasons of a review in words.
func Reasons(r *orderflow.Review) string {
	var list []string
	for _, reason := range r.Reasons {
		list = append(list, Because(string(reason)))
	}
	return strings.Join(list, ", ")
}

var camelCase = regexp.MustCompile(`^([A-Z][a-z]+){2,}$`)

// Because returns a reason in words. A text of an operator or a customer is unchanged; a code that
// has no text is split into its words.
func Because(reason string) string {
	if text, ok := reasons[orderflow.Code(reason)]; ok {
		return text
	}
	if camelCase.MatchString(reason) {
		return strings.ToLower(strings.TrimSpace(regexp.MustCompile(`[A-Z]`).ReplaceAllString(reason, " $0")))
	}
	return reason
}

// Describe describes a change of an order, and its reason.
func Describe(o client.Order, c orderflow.Change) string {
	what := describeChange(o, c)
	if c.Message != "" { // a sentence
		return what + ". " + c.Message
	}
	if c.Reason == "" || repeatsStatus(c) {
		return what
	}
	return what + ": " + Because(c.Reason)
}

// repeatsStatus reports whether the reason of a change only repeats the change: an order is
// CANCELLED because it was cancelled, IN_REVIEW because it needs a review, and waits because the
// payment provider is down.
func repeatsStatus(c orderflow.Change) bool {
	return c.Status == orderflow.Cancelled && c.Reason == string(orderflow.CodeOrderCancelled) ||
		c.Status == orderflow.InReview && c.Reason == string(orderflow.CodeReviewRequired) ||
		c.Reason == string(orderflow.CodeWaitingForProvider)
}

// Explain describes in one line why an order needs attention: the code in words, and the message,
// without repetition.
func Explain(a orderflow.Attention) string {
	words, message := Because(a.Code), strings.Join(strings.Fields(a.Message), " ")
	switch orderflow.Code(a.Code) {
	case orderflow.CodeDispatchedLate, orderflow.CodeShipmentUnanswered, orderflow.CodeAnswerRefused, orderflow.CodeReviewUnanswered,
		orderflow.CodeOrderOpen:
		return cmp.Or(message, words) // the message includes the code's meaning
	}
	if words == a.Code || message == "" || message == words {
		return cmp.Or(message, words)
	}
	return words + ". " + message
}

// AtStep returns " at" and the step of a mark, or "" without a step.
func AtStep(a orderflow.Attention) string {
	if a.Step == "" {
		return ""
	}
	return " at " + a.Step
}

func describeChange(o client.Order, c orderflow.Change) string {
	switch c.Type {
	case orderflow.OrderPlaced:
		return "the order for " + o.Total.String() + " was placed"
	case orderflow.OrderStatusChanged:
		return describeStatus(o, c)
	case orderflow.OrderCancelRequested:
		return "a cancel was accepted"
	case orderflow.OrderPaymentChanged:
		if c.Reason == string(orderflow.CodePaymentActionRequired) {
			return "the customer must confirm the payment"
		}
		return describePayment(o, c.PaymentStatus)
	case orderflow.OrderStockChanged:
		return "the stock was released"
	case orderflow.OrderAttentionChanged:
		return describeAttention(o, c)
	case orderflow.OrderMethodRequested:
		if c.Reason == string(orderflow.CodePaymentActionRequired) {
			return "the order waits for the customer's confirmation of the payment"
		}
		return "the order waits for another payment method"
	case orderflow.OrderMethodChanged:
		return "the customer gave another payment method"
	case orderflow.OrderActionCompleted:
		return "the customer dealt with the confirmation of the payment"
	case orderflow.OrderContactChanged:
		return "the e-mail address or the shipping address was corrected"
	case orderflow.OrderReviewRequested:
		return "a review was requested"
	case orderflow.OrderReviewRenewed:
		return "the review was requested again"
	case orderflow.OrderReviewed:
		return "the review ended"
	case orderflow.ShipmentRequested:
		return "the shipment was requested"
	case orderflow.ShipmentRenewed:
		return "the shipment was requested again"
	case orderflow.ShipmentFailed:
		return "the shipment failed"
	case orderflow.ShipmentCorrected:
		return "the carrier corrected its notice: " + describeShipment(o, c)
	case orderflow.ShipmentDelivered:
		return "the carrier has delivered the goods"
	case orderflow.ShipmentDispatchedLate:
		return "the carrier dispatched the goods too late"
	}
	return describeRefund(c)
}

// describeRefund describes a change of a refund or a return.
func describeRefund(c orderflow.Change) string {
	amount := "some money"
	if c.RefundAmount != nil {
		amount = c.RefundAmount.String()
	}
	switch c.Type {
	case orderflow.OrderRefundRequested:
		return "a refund of " + amount + " was requested"
	case orderflow.OrderRefundRenewed:
		return "the refund of " + amount + " was requested again"
	case orderflow.OrderRefundChanged:
		return "the refund of " + amount + " has not arrived"
	case orderflow.OrderRefunded:
		return amount + " were refunded"
	case orderflow.OrderReturnRequested:
		return "a return was announced"
	case orderflow.OrderReturnReceived:
		return "returned goods have arrived"
	case orderflow.OrderReturnRefused:
		return "a return was refused"
	}
	return string(c.Type)
}

// describeStatus describes that an order has reached the status of a change.
func describeStatus(o client.Order, c orderflow.Change) string {
	switch c.Status {
	case orderflow.InReview:
		return "the order waits for a review"
	case orderflow.Confirmed:
		if o.Before(c).Status == orderflow.InReview {
			return "the order was approved"
		}
		return "the order is valid, its goods are reserved"
	case orderflow.Paid:
		if o.Total.Amount == 0 {
			return "there is nothing to pay"
		}
		if c.PaymentStatus == orderflow.PaymentAuthorized {
			return o.Total.String() + " are authorised and charged when the goods leave"
		}
		return o.Total.String() + " were paid"
	case orderflow.Shipping:
		return describeShipment(o, c)
	case orderflow.Fulfilled:
		return "the order is fulfilled"
	case orderflow.Rejected:
		return "the order could not be fulfilled"
	case orderflow.Cancelled:
		return "the order was cancelled"
	}
	return "the order is " + string(c.Status)
}

// describeShipment describes who has the goods. The API has only the last carrier and tracking
// number, so the text for an earlier notice leaves them out.
func describeShipment(o client.Order, c orderflow.Change) string {
	s := o.Shipment
	switch {
	case s == nil || s.Carrier == "" || o.Corrected(c):
		return "the carrier has the goods"
	case s.TrackingNumber == "":
		return s.Carrier + " has the goods"
	}
	return s.Carrier + " has the goods, tracking number " + s.TrackingNumber
}

// describePayment describes a change of an order's payment status.
func describePayment(o client.Order, s orderflow.PaymentStatus) string {
	switch s {
	case orderflow.PaymentAuthorized:
		return o.Total.String() + " are authorised"
	case orderflow.PaymentCaptured:
		return o.Total.String() + " were charged"
	case orderflow.PaymentRefundPending:
		return "the refund of " + o.Total.String() + " is pending"
	case orderflow.PaymentRefunded:
		return o.Total.String() + " were refunded"
	case orderflow.PaymentDeclined:
		return "nothing was charged"
	case orderflow.PaymentUncertain:
		return "the outcome of the payment is unknown; the provider is being asked"
	case orderflow.PaymentNone:
		return "nothing is charged"
	}
	return "the payment is " + string(s)
}

// describeAttention describes a change of an order's attention. Customers only learn that it
// changed.
func describeAttention(o client.Order, c orderflow.Change) string {
	needed := o.Before(c).Attention
	switch {
	case c.Reason == string(orderflow.CodeWaitingForProvider):
		return "the order waits until the payment provider answers again"
	// a redrive may clear the attention before it is recorded
	case !c.Attention && (!needed || strings.HasPrefix(c.Actor, "operator:")):
		return "an operator took care of the order"
	case !c.Attention:
		return "the order needs no operator any more"
	case needed:
		return "the order still needs an operator"
	}
	return "the order needs an operator"
}

// Why returns the reason in words, preferably the customer's message. It is "" for a cancelled
// order whose reason only repeats that.
func Why(o client.Order) string {
	c := o.Ending()
	switch {
	case c == nil || repeatsStatus(*c):
		return ""
	case c.Message != "":
		return c.Message
	}
	return Because(c.Reason)
}

// Attention returns one line about why the order needs attention, or "" if it does not.
func Attention(o client.Order) string {
	a := o.Mark()
	switch {
	case a.Code == "" && o.NeedsAttention():
		return "needs an operator"
	case a.Code == "":
		return ""
	}
	return a.Code + AtStep(a) + ": " + Explain(a)
}

// Since returns the time since when the order needs attention, or "" if the API does not show it.
func Since(o client.Order) string {
	if a := o.Mark(); a.Code != "" {
		return Clock(a.Since)
	}
	return ""
}

// Clock formats a time in the local zone.
func Clock(t time.Time) string { return t.Local().Format(time.DateTime) }

// Times returns a number of times in words.
func Times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
