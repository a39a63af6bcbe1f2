package payment

import (
	"cmp"
	"errors"
	"net"
	"net/url"

	"github.com/stripe/stripe-go/v85"

	"orderflow"
)

// chargeError gives an error of a call that charges its code, as decide says. Stripe's own messages are left out: they may quote what the
// customer typed.
func chargeError(err error) error {
	e, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		return connectionError(err)
	}
	switch d := decide(e); d.outcome {
	case refused:
		return declinedError(declineCode(e), d.reason)
	case again:
		return againError(declineCode(e))
	case broken:
		return &orderflow.KeySpent{Err: answered(orderflow.CodePaymentUnavailable, e), Proven: replayed(e)}
	default:
		return notRefused(e, d)
	}
}

// refundError gives an error of a call that refunds its code. There is no business failure: what was captured is due.
func refundError(err error) error {
	e, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		return connectionError(err)
	}
	switch d := decide(e); d.outcome {
	case refused, again, broken:
		return &orderflow.KeySpent{Err: answered(orderflow.CodeRefundFailed, e), Proven: replayed(e)}
	default:
		return notRefused(e, d)
	}
}

// notRefused is the error of an answer that is no definite refusal.
func notRefused(e *stripe.Error, d decision) error {
	switch d.outcome {
	case unavailable:
		return answered(orderflow.CodePaymentUnavailable, e)
	case inFlight:
		return answered(orderflow.CodePaymentUncertain, e)
	}
	return &orderflow.KeySpent{Err: answered(orderflow.CodePaymentUncertain, e)}
}

// lookupError gives an error of a call that asks its code. It says nothing about the payment that was asked for.
func lookupError(err error) error {
	e, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		return connectionError(err)
	}
	if d := decide(e); d.outcome == unknown || d.outcome == inFlight {
		return answered(orderflow.CodePaymentUncertain, e)
	}
	return answered(orderflow.CodePaymentUnavailable, e)
}

// declinedError is a business failure: code is for operators, reason for the customer.
func declinedError(code, reason string) error {
	return &orderflow.Error{Code: orderflow.CodePaymentDeclined, Message: code, Public: reason}
}

// againError is the error of an attempt that was declined, where the next one may not be. Its key will never do anything else.
func againError(code string) error {
	err := orderflow.Errorf(orderflow.CodePaymentUnavailable, "declined for now: %s", code)
	return &orderflow.KeySpent{Err: err, Proven: true}
}

func answered(code orderflow.Code, e *stripe.Error) error {
	what := string(e.Type)
	if e.Code != "" {
		what += " " + string(e.Code)
	}
	return orderflow.Errorf(code, "stripe answered %d (%s), request %s", e.HTTPStatusCode, what, e.RequestID)
}

// replayed reports whether Stripe gave a saved answer again, as it does for the key from now on.
func replayed(e *stripe.Error) bool {
	return e.LastResponse != nil && e.LastResponse.Header.Get("Idempotent-Replayed") == "true"
}

func declineCode(e *stripe.Error) string {
	return cmp.Or(string(e.DeclineCode), string(e.Code), string(e.Type), "declined")
}

// connectionError tells a request that never left from one whose reply was lost or makes no sense. What the client says of a reply is left
// out: it quotes it.
func connectionError(err error) error {
	op, dialled := errors.AsType[*net.OpError](err)
	_, unresolved := errors.AsType[*net.DNSError](err)
	if unresolved || dialled && op.Op == "dial" {
		return orderflow.Errorf(orderflow.CodePaymentUnavailable, "stripe cannot be reached: %v", err)
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return orderflow.Errorf(orderflow.CodePaymentUncertain, "stripe's reply was lost: %v", err)
	}
	return orderflow.Errorf(orderflow.CodePaymentUncertain, "stripe's reply was cut off, or is not one of its own")
}
