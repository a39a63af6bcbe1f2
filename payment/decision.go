package payment

import (
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v85"
)

// outcome is what an answer of the provider means for the payment that was asked for.
type outcome int

const (
	// byRequest: refused because of a part of the request. Which part decides whose fault that is.
	byRequest outcome = iota
	// refused for good: a business failure.
	refused
	// again: declined this time; another attempt may succeed.
	again
	// unavailable: nothing happened, and the same call may succeed later.
	unavailable
	// broken: refused until an operator mends the account or the configuration.
	broken
	// unknown: the money may have moved. The provider has to be asked.
	unknown
	// inFlight: unknown, while the same call is still being worked on.
	inFlight
)

// decision is an outcome and, if the payment was declined, what the customer may read of it.
type decision struct {
	outcome
	reason string
}

// What customers may read. Suspicions of fraud, lost and stolen cards are not told apart from other refusals, as Stripe advises.
const (
	wasDeclined     = "The payment was declined."
	bankDeclined    = "The bank declined the payment. Please use another payment method, or ask the bank."
	tooSmall        = "The amount is below what this payment method accepts."
	tooLarge        = "The amount is above what this payment method accepts."
	wrongAmount     = "This payment method does not accept the order's amount."
	wrongCurrency   = "This payment method does not accept the order's currency."
	noFunds         = "There are insufficient funds for the payment."
	overLimit       = "The payment is over a limit of the payment method."
	hasExpired      = "The card has expired."
	wrongDetails    = "The details of the payment method are not correct."
	notUsable       = "This payment method cannot be used."
	wantsTheHolder  = "The bank asks the holder of the payment method for a confirmation. Please use another payment method."
	wasPaidBefore   = "The bank took the payment for a repetition of another one."
	wasStopped      = "The payment was stopped before it was complete."
	tooManyDeclines = "The card was declined too often. Please use another payment method."
)

// statusDecisions are those that the HTTP status alone decides. All other refusals (4xx) depend on what they say, and anything that is neither a
// success nor a refusal is unknown (https://docs.stripe.com/api/errors).
var statusDecisions = map[int]decision{
	401: {outcome: unavailable}, // the key: refused before anything was looked at
	403: {outcome: unavailable}, // the permissions of the key
	408: {outcome: inFlight},
	409: {outcome: inFlight}, // the same call runs at the same time
	424: {outcome: unknown},  // a party behind Stripe failed
	429: {outcome: unavailable},
}

// typeDecisions are those that the error's type decides. card_error and invalid_request_error depend on the code.
var typeDecisions = map[stripe.ErrorType]decision{
	stripe.ErrorTypeAPI:                     {outcome: unknown},
	stripe.ErrorTypeIdempotency:             {outcome: unknown}, // the key was used for something else: ask what
	stripe.ErrorTypeCard:                    {outcome: refused, reason: wasDeclined},
	stripe.ErrorTypeInvalidRequest:          {outcome: byRequest},
	stripe.ErrorTypeRateLimit:               {outcome: unavailable},
	stripe.ErrorTypeTemporarySessionExpired: {outcome: unavailable},
	// Older versions of the API name these.
	"api_connection_error": {outcome: unknown},
	"authentication_error": {outcome: unavailable},
	"permission_error":     {outcome: unavailable},
	"rate_limit_error":     {outcome: unavailable},
}

// paramReasons are the parts of a charge that come from the order: a refusal that names one is the order's fault. Whatever else is wrong
// with a request is a fault of this program, or of its configuration.
var paramReasons = map[string]string{
	"amount": wrongAmount, "currency": wrongCurrency, "payment_method": notUsable, "payment_method_data": notUsable,
}

// codeDecisions are codeGroups by code.
var codeDecisions = func() map[stripe.ErrorCode]decision {
	all := map[stripe.ErrorCode]decision{}
	for _, group := range codeGroups {
		for _, code := range group.codes {
			all[code] = group.decision
		}
	}
	return all
}()

// decide finds the decision on an answer of Stripe's. What the bank says of a card stands, with whatever status it is refused.
func decide(e *stripe.Error) decision {
	d, ok := statusDecisions[e.HTTPStatusCode]
	if ok && !(e.Type == stripe.ErrorTypeCard && d.outcome == unavailable) {
		return d
	}
	if e.HTTPStatusCode < 400 || e.HTTPStatusCode >= 500 {
		return decision{outcome: unknown}
	}
	return decideRefusal(e)
}

// decideRefusal finds the decision on a definite refusal: the decline code before the code, the code before the type.
func decideRefusal(e *stripe.Error) decision {
	if d, ok := declineDecisions[e.DeclineCode]; ok {
		return d
	}
	byCode, known := codeDecisions[e.Code]
	if !known {
		byCode = declineDecisions[stripe.DeclineCode(e.Code)] // some are said in either place
	}
	byType := typeDecisions[e.Type]
	switch {
	case byCode.outcome == inFlight || byCode.outcome == unavailable:
		return byCode
	case byType.outcome == unknown || byType.outcome == unavailable:
		return byType
	case byCode.outcome != byRequest:
		return byCode
	case byType.outcome == refused || e.DeclineCode != "":
		return decision{refused, wasDeclined}
	}
	return decideByRequest(e)
}

// decideByRequest asks whose part of the request was refused. 402 is said of requests in which nothing is wrong.
func decideByRequest(e *stripe.Error) decision {
	param, _, _ := strings.Cut(e.Param, "[")
	if reason, ok := paramReasons[param]; ok {
		return decision{refused, reason}
	}
	if e.HTTPStatusCode == http.StatusPaymentRequired {
		return decision{refused, wasDeclined}
	}
	return decision{outcome: broken}
}
