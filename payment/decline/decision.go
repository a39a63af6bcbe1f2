// Package decline decides what a refusal of a payment means, by the codes with which Stripe refuses. It knows nothing of Stripe's client:
// the sandbox refuses by the same codes.
package decline

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/orderflow-dev/orderflow"
)

// Outcome is what an answer of the provider means for the payment that was asked for.
type Outcome int

const (
	// ByRequest: refused because of a part of the request. Which part decides whose fault that is.
	ByRequest Outcome = iota
	// Refused for good: a business failure.
	Refused
	// Again: declined this time; another attempt may succeed.
	Again
	// Unavailable: nothing happened, and the same call may succeed later.
	Unavailable
	// Broken: refused until an operator mends the account or the configuration.
	Broken
	// Unknown: the money may have moved. The provider has to be asked.
	Unknown
	// InFlight: unknown, while the same call is still being worked on.
	InFlight
)

// Decision is an outcome and, if the payment was declined, what the customer may read of it.
type Decision struct {
	Outcome
	Reason string
}

// Err is the error of a payment that was declined with a code. The code is for operators, the reason for the customer. Where another attempt
// may succeed, the key of this one is spent.
func (d Decision) Err(code string) error {
	if d.Outcome == Again {
		err := orderflow.Errorf(orderflow.CodePaymentUnavailable, "declined for now: %s", code)
		return &orderflow.KeySpent{Err: err, Proven: true}
	}
	return &orderflow.Error{Code: orderflow.CodePaymentDeclined, Message: code, Public: d.Reason}
}

// Answer is what Stripe's answer says of an error.
type Answer struct {
	Status                         int // of HTTP
	Type, Code, DeclineCode, Param string
}

// Name is the most precise of the answer's codes.
func (a Answer) Name() string { return cmp.Or(a.DeclineCode, a.Code, a.Type, "declined") }

// What customers may read. Suspicions of fraud, lost and stolen cards are not told apart from other refusals, as Stripe advises.
const (
	WasDeclined     = "The payment was declined."
	BankDeclined    = "The bank declined the payment. Please use another payment method, or ask the bank."
	TooSmall        = "The amount is below what this payment method accepts."
	TooLarge        = "The amount is above what this payment method accepts."
	WrongAmount     = "This payment method does not accept the order's amount."
	WrongCurrency   = "This payment method does not accept the order's currency."
	NoFunds         = "There are insufficient funds for the payment."
	OverLimit       = "The payment is over a limit of the payment method."
	HasExpired      = "The card has expired."
	WrongDetails    = "The details of the payment method are not correct."
	NotUsable       = "This payment method cannot be used."
	WantsTheHolder  = "The bank asks the holder of the payment method for a confirmation. Please use another payment method."
	WasPaidBefore   = "The bank took the payment for a repetition of another one."
	WasStopped      = "The payment was stopped before it was complete."
	TooManyDeclines = "The card was declined too often. Please use another payment method."
)

// statusDecisions are those that the HTTP status alone decides. All other refusals (4xx) depend on what they say, and anything that is neither a
// success nor a refusal is unknown (https://docs.stripe.com/api/errors).
var statusDecisions = map[int]Decision{
	401: {Outcome: Unavailable}, // the key: refused before anything was looked at
	403: {Outcome: Unavailable}, // the permissions of the key
	408: {Outcome: InFlight},
	409: {Outcome: InFlight}, // the same call runs at the same time
	424: {Outcome: Unknown},  // a party behind Stripe failed
	429: {Outcome: Unavailable},
}

// typeDecisions are those that the error's type decides. card_error and invalid_request_error depend on the code.
var typeDecisions = map[string]Decision{
	"api_error":                 {Outcome: Unknown},
	"idempotency_error":         {Outcome: Unknown}, // the key was used for something else: ask what
	"card_error":                {Outcome: Refused, Reason: WasDeclined},
	"invalid_request_error":     {Outcome: ByRequest},
	"rate_limit":                {Outcome: Unavailable},
	"temporary_session_expired": {Outcome: Unavailable},
	// Older versions of the API name these.
	"api_connection_error": {Outcome: Unknown},
	"authentication_error": {Outcome: Unavailable},
	"permission_error":     {Outcome: Unavailable},
	"rate_limit_error":     {Outcome: Unavailable},
}

// paramReasons are the parts of a charge that come from the order: a refusal that names one is the order's fault. Whatever else is wrong
// with a request is a fault of this program, or of its configuration.
var paramReasons = map[string]string{
	"amount": WrongAmount, "currency": WrongCurrency, "payment_method": NotUsable, "payment_method_data": NotUsable,
}

// codeDecisions are codeGroups by code.
var codeDecisions = func() map[string]Decision {
	all := map[string]Decision{}
	for _, group := range codeGroups {
		for _, code := range group.codes {
			all[code] = group.Decision
		}
	}
	return all
}()

// Decide finds the decision on an answer. What the bank says of a card stands, with whatever status it is refused.
func (a Answer) Decide() Decision {
	d, ok := statusDecisions[a.Status]
	if ok && !(a.Type == "card_error" && d.Outcome == Unavailable) {
		return d
	}
	if a.Status < 400 || a.Status >= 500 {
		return Decision{Outcome: Unknown}
	}
	return a.Refusal()
}

// Refusal finds the decision on a definite refusal: the decline code before the code, the code before the type.
func (a Answer) Refusal() Decision {
	if d, ok := declineDecisions[a.DeclineCode]; ok {
		return d
	}
	byCode, known := codeDecisions[a.Code]
	if !known {
		byCode = declineDecisions[a.Code] // some are said in either place
	}
	byType := typeDecisions[a.Type]
	switch {
	case byCode.Outcome == InFlight || byCode.Outcome == Unavailable:
		return byCode
	case byType.Outcome == Unknown || byType.Outcome == Unavailable:
		return byType
	case byCode.Outcome != ByRequest:
		return byCode
	case byType.Outcome == Refused || a.DeclineCode != "":
		return Decision{Refused, WasDeclined}
	}
	return a.byRequest()
}

// byRequest asks whose part of the request was refused. 402 is said of requests in which nothing is wrong.
func (a Answer) byRequest() Decision {
	param, _, _ := strings.Cut(a.Param, "[")
	if reason, ok := paramReasons[param]; ok {
		return Decision{Refused, reason}
	}
	if a.Status == http.StatusPaymentRequired {
		return Decision{Refused, WasDeclined}
	}
	return Decision{Outcome: Broken}
}
