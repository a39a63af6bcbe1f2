// Package words says in words what happened to an order, and why.
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

// reasons are the codes of failures, as people say them.
var reasons = map[orderflow.Code]string{
	orderflow.CodeInvalidOrder:       "it could not be fulfilled as it was ordered",
	orderflow.CodeOutOfStock:         "not everything in it was in stock",
	orderflow.CodePaymentDeclined:    "the payment was declined",
	orderflow.CodePaymentUnavailable: "the payment provider could not be reached",
	orderflow.CodePaymentUncertain:   "the payment provider's answer was lost",
	orderflow.CodeShipmentFailed:     "the carrier gave up",
	orderflow.CodeShipmentUnanswered: "the carrier does not answer",
	orderflow.CodeAnswerRefused:      "the execution does not take the carrier's answer",
	orderflow.CodeOrderOpen:          "the execution succeeded, but the order did not end",
	orderflow.CodeDispatchedLate:     "the carrier dispatched goods that should have stayed",
	orderflow.CodeNotificationFailed: "the customer could not be told",
	orderflow.CodeConflict:           "it was changed by something else at the same time, again and again",
	orderflow.CodeThrottled:          "AWS refused the requests of a step as too many",
	orderflow.CodeInternal:           "a step met an error that it does not know; the message says which",
	orderflow.CodeOrderCancelled:     "it was cancelled",
	orderflow.CodeRefundPending:      "the refund is on its way",
	orderflow.CodeRefundFailed:       "the refund was refused, or came back",

	orderflow.CodeNotificationUnavailable: "the topic that customers are told by could not be reached",
}

var camelCase = regexp.MustCompile(`^([A-Z][a-z]+){2,}$`)

// Because is a reason in words. What an operator or a customer wrote stays as it is; a code without words of its own is taken apart.
func Because(reason string) string {
	if text, ok := reasons[orderflow.Code(reason)]; ok {
		return text
	}
	if camelCase.MatchString(reason) {
		return strings.ToLower(strings.TrimSpace(regexp.MustCompile(`[A-Z]`).ReplaceAllString(reason, " $0")))
	}
	return reason
}

// Story says what a change of an order was, and why.
func Story(o client.Order, c orderflow.Change) string {
	what := happened(o, c)
	if c.Message != "" { // a sentence
		return what + ". " + c.Message
	}
	if c.Reason == "" || saysItself(c) {
		return what
	}
	return what + ": " + Because(c.Reason)
}

// saysItself reports whether the reason of a change is the change again: an order is CANCELLED because it was cancelled.
func saysItself(c orderflow.Change) bool {
	return c.Status == orderflow.Cancelled && c.Reason == string(orderflow.CodeOrderCancelled)
}

// Explained is what a mark is about, in one line: its code in words, and its message. Neither says again what the other says.
func Explained(a orderflow.Attention) string {
	words, message := Because(a.Code), strings.Join(strings.Fields(a.Message), " ")
	switch orderflow.Code(a.Code) {
	case orderflow.CodeDispatchedLate, orderflow.CodeShipmentUnanswered, orderflow.CodeAnswerRefused, orderflow.CodeOrderOpen:
		return cmp.Or(message, words) // the message says it in full
	}
	if words == a.Code || message == "" || message == words {
		return cmp.Or(message, words)
	}
	return words + ". " + message
}

// AtStep is " at" the step of a mark, "" for one without a step.
func AtStep(a orderflow.Attention) string {
	if a.Step == "" {
		return ""
	}
	return " at " + a.Step
}

func happened(o client.Order, c orderflow.Change) string {
	switch c.Type {
	case orderflow.OrderPlaced:
		return "the order for " + o.Total.String() + " was placed"
	case orderflow.OrderStatusChanged:
		return reached(o, c)
	case orderflow.OrderCancelRequested:
		return "a cancel was accepted"
	case orderflow.OrderPaymentChanged:
		return paid(o, c.PaymentStatus)
	case orderflow.OrderStockChanged:
		return "the goods went back to stock"
	case orderflow.OrderAttentionChanged:
		return attended(o, c)
	case orderflow.ShipmentRequested:
		return "the carrier was asked to take the goods"
	case orderflow.ShipmentRenewed:
		return "the carrier was asked again"
	case orderflow.ShipmentFailed:
		return "the carrier gave up"
	case orderflow.ShipmentCorrected:
		return "the carrier corrected its notice: " + shipped(o, c)
	case orderflow.ShipmentDispatchedLate:
		return "the carrier dispatched the goods, which should have stayed"
	}
	return string(c.Type)
}

// reached says what it means that an order has got the status of a change.
func reached(o client.Order, c orderflow.Change) string {
	switch c.Status {
	case orderflow.Confirmed:
		return "the order is valid, its goods are held"
	case orderflow.Paid:
		if o.Total.Amount == 0 {
			return "there is nothing to pay"
		}
		return o.Total.String() + " were paid"
	case orderflow.Shipping:
		return shipped(o, c)
	case orderflow.Fulfilled:
		return "the order is fulfilled"
	case orderflow.Rejected:
		return "the order could not be fulfilled"
	case orderflow.Cancelled:
		return "the order was cancelled"
	}
	return "the order is " + string(c.Status)
}

// shipped says who has the goods. The API has the last carrier and tracking number alone, so an earlier notice is told without them.
func shipped(o client.Order, c orderflow.Change) string {
	s := o.Shipment
	switch {
	case s == nil || s.Carrier == "" || o.Corrected(c):
		return "the carrier has the goods"
	case s.TrackingNumber == "":
		return s.Carrier + " has the goods"
	}
	return s.Carrier + " has the goods, tracking number " + s.TrackingNumber
}

// paid says what it means that an order's payment has a status.
func paid(o client.Order, s orderflow.PaymentStatus) string {
	switch s {
	case orderflow.PaymentCaptured:
		return o.Total.String() + " were charged"
	case orderflow.PaymentRefundPending:
		return "the refund of " + o.Total.String() + " is on its way"
	case orderflow.PaymentRefunded:
		return o.Total.String() + " were refunded"
	case orderflow.PaymentDeclined:
		return "nothing was charged"
	case orderflow.PaymentUncertain:
		return "it is not known whether the payment went through, the provider is asked"
	case orderflow.PaymentNone:
		return "nothing is charged"
	}
	return "the payment is " + string(s)
}

// attended says what changed about an order that needs, or needed, an operator. Customers are not told more than that it does.
func attended(o client.Order, c orderflow.Change) string {
	needed := o.Before(c).Attention
	switch {
	case !c.Attention && (!needed || strings.HasPrefix(c.Actor, "operator:")): // a redrive may take the mark away before it is noted
		return "an operator took care of the order"
	case !c.Attention:
		return "the order needs no operator any more"
	case needed:
		return "the order still needs an operator"
	}
	return "the order needs an operator"
}

// Why is the reason in words: those that the customer is told, if there are any. That a cancelled order was cancelled is no reason.
func Why(o client.Order) string {
	c := o.Ending()
	switch {
	case c == nil || saysItself(*c):
		return ""
	case c.Message != "":
		return c.Message
	}
	return Because(c.Reason)
}

// Attention is one line of what is to be known of the mark, "" without one.
func Attention(o client.Order) string {
	a := o.Mark()
	switch {
	case a.Code == "" && o.NeedsAttention():
		return "needs an operator"
	case a.Code == "":
		return ""
	}
	return a.Code + AtStep(a) + ": " + Explained(a)
}

// Since is from when on the order needs an operator, "" if the API does not say.
func Since(o client.Order) string {
	if a := o.Mark(); a.Code != "" {
		return Clock(a.Since)
	}
	return ""
}

// Clock is a time as people here read it.
func Clock(t time.Time) string { return t.Local().Format(time.DateTime) }

// Times is a number of times.
func Times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
