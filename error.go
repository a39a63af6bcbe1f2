package orderflow

import (
	"errors"
	"fmt"
)

// Code names a failure. The codes of business failures are the error names that the state machine
// catches.
type Code string

// Business failures. The state machine catches and compensates them; the order ends REJECTED or
// CANCELLED.
const (
	CodeInvalidOrder    Code = "InvalidOrder"
	CodeOutOfStock      Code = "OutOfStock"
	CodePaymentDeclined Code = "PaymentDeclined"
	CodeShipmentFailed  Code = "ShipmentFailed"
	CodeOrderCancelled  Code = "OrderCancelled"
	CodeReviewRequired  Code = "ReviewRequired" // not an end: the order waits for an operator
	// not an end: the customer may confirm the payment, or give another payment method
	CodePaymentMethodRequired Code = "PaymentMethodRequired"
	CodeReviewRefused         Code = "ReviewRefused"
	CodeReviewTimedOut        Code = "ReviewTimedOut"
)

// Technical failures. They are retried and then left uncaught, so that the execution fails at the
// step and can be redriven there.
const (
	CodePaymentUnavailable Code = "PaymentUnavailable" // the provider was not reached: nothing was captured
	// the provider's reply was lost: look the payment up before anything else
	CodePaymentUncertain Code = "PaymentUncertain"
	// the customer must confirm the payment with the provider. No step fails with it
	CodePaymentActionRequired Code = "PaymentActionRequired"
	// the provider is down, and the order waits: the step is retried. It marks the order meanwhile
	CodeWaitingForProvider Code = "WaitingForPaymentProvider"
	// the provider accepted the refund; the money has not arrived yet
	CodeRefundPending Code = "RefundPending"
	// the authorisation has ended before its capture or dispatch: it must be renewed first
	CodeAuthorizationLapsed Code = "AuthorizationLapsed"
	// the provider refused or returned the refund: an operator must act
	CodeRefundFailed Code = "RefundFailed"
	CodeConflict     Code = "Conflict" // the order was changed concurrently
	CodeThrottled    Code = "Throttled"
	// CodeNotificationUnavailable: the topic for customer notifications was not reached.
	CodeNotificationUnavailable Code = "NotificationUnavailable"
	// CodeInternal is the code of an error that leaves a task without one: a missing table, or a
	// bug.
	CodeInternal Code = "Internal"
)

// CodeTokenGone refuses an answer to a task token for which no step waits.
const CodeTokenGone Code = "TokenGone"

// Codes that mark an order for operators, in addition to the errors at which executions fail.
const (
	CodeShipmentUnanswered Code = "ShipmentUnanswered" // the execution waits for a carrier that does not answer
	CodeReviewUnanswered   Code = "ReviewUnanswered"   // the execution waits for a review that is due soon
	CodeAnswerRefused      Code = "AnswerRefused"      // the execution waits but refuses the known answer
	CodeOrderOpen          Code = "OrderOpen"          // the execution succeeded but the order did not end
	// the carrier dispatched after a cancel, or after it reported a failure
	CodeDispatchedLate     Code = "DispatchedLate"
	CodeNotificationFailed Code = "NotificationFailed" // a notification was not sent; the order goes on
	CodeRefundUnsettled    Code = "RefundUnsettled"    // an operator's refund is not paid out yet
	CodeRefundReturned     Code = "RefundReturned"     // the provider refused or returned an operator's refund
	// the authorisation ends within a day, and the provider declined its renewal
	CodeAuthorizationLapsing Code = "AuthorizationLapsing"
)

// Refusals of a request.
const (
	CodeNotFound         Code = "NotFound"
	CodeTooLateToCancel  Code = "TooLateToCancel"
	CodeAlreadyDecided   Code = "AlreadyDecided" // an operator decided otherwise, or before
	CodeInvalidState     Code = "InvalidState"   // the order's status does not allow the change
	CodePriceChanged     Code = "PriceChanged"
	CodeUnknownProduct   Code = "UnknownProduct"
	CodeDiscontinued     Code = "ProductDiscontinued" // the product is not offered any more
	CodeTooManyOrders    Code = "TooManyOrders"       // the customer placed as many orders as one hour allows
	CodeCurrencyMismatch Code = "CurrencyMismatch"
	CodeAmountOverflow   Code = "AmountOverflow"
	CodeFreeOrder        Code = "FreeOrder" // the total is zero, and free orders are not accepted
	// CodeRefundExceedsPaid: more than what was paid and not refunded.
	CodeRefundExceedsPaid Code = "RefundExceedsPaid"
	CodeDuplicateRefund   Code = "DuplicateRefund" // the same refund under another key
	CodeReturnTooLate     Code = "ReturnTooLate"
	// CodeReturnExceedsShipped: more units than were shipped and are not returned.
	CodeReturnExceedsShipped Code = "ReturnExceedsShipped"
)

// Error is a failure with a machine-readable code.
type Error struct {
	Code    Code
	Message string
	Public  string // the reason as a sentence for customers; "" if it is not for them
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Errorf returns an Error with a formatted message.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the first Error in err's chain, or "" if there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// MessageOf returns the error's message for operators, without its code.
func MessageOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return err.Error()
}

// PublicOf returns the error's message for customers; "" if there is none.
func PublicOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Public
	}
	return ""
}
