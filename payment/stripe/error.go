package stripe

import (
	"errors"
	"net"
	"net/url"

	"github.com/stripe/stripe-go/v85"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/payment/decline"
)

// chargeError gives an error of a call that charges its code, as its decision says. Stripe's own messages are left out: they may quote what the
// customer typed.
func chargeError(err error) error {
	e, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		return connectionError(err)
	}
	switch d := answerOf(e).Decide(); d.Outcome {
	case decline.Refused, decline.Again:
		return d.Err(answerOf(e).Name())
	case decline.Broken:
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
	switch d := answerOf(e).Decide(); d.Outcome {
	case decline.Refused, decline.Again, decline.Broken:
		return &orderflow.KeySpent{Err: answered(orderflow.CodeRefundFailed, e), Proven: replayed(e)}
	default:
		return notRefused(e, d)
	}
}

// notRefused is the error of an answer that is no definite refusal.
func notRefused(e *stripe.Error, d decline.Decision) error {
	switch d.Outcome {
	case decline.Unavailable:
		return answered(orderflow.CodePaymentUnavailable, e)
	case decline.InFlight:
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
	if d := answerOf(e).Decide(); d.Outcome == decline.Unknown || d.Outcome == decline.InFlight {
		return answered(orderflow.CodePaymentUncertain, e)
	}
	return answered(orderflow.CodePaymentUnavailable, e)
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

// answerOf is what an error says, without Stripe's types.
func answerOf(e *stripe.Error) decline.Answer {
	return decline.Answer{Status: e.HTTPStatusCode, Type: string(e.Type), Code: string(e.Code), DeclineCode: string(e.DeclineCode), Param: e.Param}
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
