package orderflow

import (
	"errors"
	"fmt"
)

// Code names a failure. The codes of business failures are the error names that the state machine catches.
type Code string

// Business failures: caught by the state machine, compensated, and the order ends REJECTED or CANCELLED.
const (
	CodeInvalidOrder    Code = "InvalidOrder"
	CodeOutOfStock      Code = "OutOfStock"
	CodePaymentDeclined Code = "PaymentDeclined"
	CodeShipmentFailed  Code = "ShipmentFailed"
	CodeOrderCancelled  Code = "OrderCancelled"
)

// Technical failures: retried, then left uncaught, so that the execution fails at the step and can be redriven there.
const (
	CodePaymentUnavailable Code = "PaymentUnavailable" // the provider could not be reached: nothing was captured
	CodePaymentUncertain   Code = "PaymentUncertain"   // the provider's answer was lost: ask it before anything else
	CodeRefundPending      Code = "RefundPending"      // the provider has taken the refund on, and the money is on its way
	CodeRefundFailed       Code = "RefundFailed"       // the provider refused the refund, or it came back: an operator has to look
	CodeConflict           Code = "Conflict"           // somebody else changed the order at the same time
	CodeThrottled          Code = "Throttled"
	// CodeNotificationUnavailable: the topic that customers are told by could not be reached.
	CodeNotificationUnavailable Code = "NotificationUnavailable"
	// CodeInternal is given to what leaves a task without a code: a table that is gone, or a mistake in the program.
	CodeInternal Code = "Internal"
)

// CodeTokenGone refuses an answer to a task token whose step no longer waits.
const CodeTokenGone Code = "TokenGone"

// The codes that mark an order for operators, besides the errors at which executions fail.
const (
	CodeShipmentUnanswered Code = "ShipmentUnanswered" // the execution runs, and waits for a carrier that does not answer
	CodeAnswerRefused      Code = "AnswerRefused"      // the execution waits, and does not take the answer that is known
	CodeOrderOpen          Code = "OrderOpen"          // the execution succeeded, but the order did not end
	CodeDispatchedLate     Code = "DispatchedLate"     // the carrier took the goods after a cancel, or after it had given up
	CodeNotificationFailed Code = "NotificationFailed" // the customer could not be told; the order goes on
)

// Refusals of a request.
const (
	CodeNotFound         Code = "NotFound"
	CodeTooLateToCancel  Code = "TooLateToCancel"
	CodeInvalidState     Code = "InvalidState" // the order's status does not allow the change
	CodePriceChanged     Code = "PriceChanged"
	CodeUnknownProduct   Code = "UnknownProduct"
	CodeCurrencyMismatch Code = "CurrencyMismatch"
	CodeAmountOverflow   Code = "AmountOverflow"
	CodeFreeOrder        Code = "FreeOrder" // the order costs nothing, and such orders are not taken
)

// Error is a failure with a machine-readable code.
type Error struct {
	Code    Code
	Message string
	Public  string // why, in a sentence for customers; "" if they are not told
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Errorf makes an Error.
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

// MessageOf is what an error says to operators, without its code.
func MessageOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return err.Error()
}

// PublicOf is what an error says to customers; "" if they are not told.
func PublicOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Public
	}
	return ""
}
