package stripe

import (
	"errors"
	"net"
	"net/url"

	"github.com/stripe/stripe-go/v85"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/payment/decline"
)

// chargeError converts an error of a charge by its decision. It omits Stripe's messages, which may
// quote customer input.
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

// refundError converts an error of a refund. There is no business failure: the captured amount must
// be refunded.
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

// notRefused returns the error of a reply that is no definite refusal.
func notRefused(e *stripe.Error, d decline.Decision) error {
	switch d.Outcome {
	case decline.Unavailable:
		return answered(orderflow.CodePaymentUnavailable, e)
	case decline.InFlight:
		return answered(orderflow.CodePaymentUncertain, e)
	}
	return &orderflow.KeySpent{Err: answered(orderflow.CodePaymentUncertain, e)}
}

// lookupError converts an error of a lookup. Such an error reveals nothing about the payment.
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
	return orderflow.Errorf(code, "stripe returned %d (%s), request %s", e.HTTPStatusCode, what, e.RequestID)
}

// replayed reports whether Stripe returned a saved reply, which it now repeats for the key.
func replayed(e *stripe.Error) bool {
	return e.LastResponse != nil && e.LastResponse.Header.Get("Idempotent-Replayed") == "true"
}

// answerOf returns the content of an error without Stripe's types.
func answerOf(e *stripe.Error) decline.Answer {
	return decline.Answer{
		Status: e.HTTPStatusCode, Type: string(e.Type), Code: string(e.Code), DeclineCode: string(e.DeclineCode),
		Param: e.Param,
	}
}

// connectionError distinguishes a request that was never sent from one whose reply was lost or
// invalid. It omits the client's message about a reply, which quotes the reply.
func connectionError(err error) error {
	op, dialled := errors.AsType[*net.OpError](err)
	_, unresolved := errors.AsType[*net.DNSError](err)
	if unresolved || dialled && op.Op == "dial" {
		return orderflow.Errorf(orderflow.CodePaymentUnavailable, "stripe cannot be reached: %v", err)
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return orderflow.Errorf(orderflow.CodePaymentUncertain, "stripe's reply was lost: %v", err)
	}
	return orderflow.Errorf(orderflow.CodePaymentUncertain, "stripe's reply is incomplete or not from Stripe")
}
