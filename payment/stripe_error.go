package payment

import (
	"cmp"
	"errors"
	"net"
	"net/http"

	"github.com/stripe/stripe-go/v85"

	"orderflow"
)

// stripeError gives an error of Stripe's API its code (https://docs.stripe.com/api/errors). Stripe's own messages are left out: they may
// quote what the customer typed.
func stripeError(err error) error {
	e, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		return connectionError(err)
	}
	what := string(e.Type)
	if e.Code != "" {
		what += " " + string(e.Code)
	}
	switch {
	case e.Type == stripe.ErrorTypeCard:
		return orderflow.Errorf(orderflow.CodePaymentDeclined, "%s", declineCode(e))
	case e.Type == stripe.ErrorTypeInvalidRequest && e.Param == "payment_method": // there is no such card
		return orderflow.Errorf(orderflow.CodePaymentDeclined, "%s", declineCode(e))
	case e.HTTPStatusCode == http.StatusTooManyRequests:
		return unavailableBecause(what, e)
	case e.HTTPStatusCode >= 500 || e.HTTPStatusCode == http.StatusConflict || e.Type == stripe.ErrorTypeAPI || e.Type == stripe.ErrorTypeIdempotency:
		return orderflow.Errorf(orderflow.CodePaymentUncertain, "stripe answered %d (%s), request %s", e.HTTPStatusCode, what, e.RequestID)
	}
	return unavailableBecause(what, e) // refused before anything happened: the key, the account, the request
}

func unavailableBecause(what string, e *stripe.Error) error {
	return orderflow.Errorf(orderflow.CodePaymentUnavailable, "stripe answered %d (%s), request %s", e.HTTPStatusCode, what, e.RequestID)
}

func declineCode(e *stripe.Error) string {
	return cmp.Or(string(e.DeclineCode), string(e.Code), "declined")
}

// connectionError tells a request that never left from one whose reply was lost.
func connectionError(err error) error {
	op, dialled := errors.AsType[*net.OpError](err)
	_, unresolved := errors.AsType[*net.DNSError](err)
	if unresolved || dialled && op.Op == "dial" {
		return orderflow.Errorf(orderflow.CodePaymentUnavailable, "stripe cannot be reached: %v", err)
	}
	return orderflow.Errorf(orderflow.CodePaymentUncertain, "stripe's reply was lost: %v", err)
}
