// Package decline decides what a declined or failed payment means, based on Stripe's error codes.
// It does not depend on Stripe's client; the sandbox uses the same codes.
package decline

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/orderflow-dev/orderflow"
)

// Outcome is the meaning of a provider reply for the requested payment.
type Outcome int

const (
	// ByRequest: a part of the request was refused. The part decides whether the order or the
	// program is at fault.
	ByRequest Outcome = iota
	// Refused: finally declined, a business failure.
	Refused
	// Again: a temporary decline; another attempt may succeed.
	Again
	// Unavailable: the call had no effect, and the same call may succeed later.
	Unavailable
	// Broken: refused until an operator fixes the account or the configuration.
	Broken
	// Unknown: the money may have moved, so the provider must be asked.
	Unknown
	// InFlight: unknown, because the same call is still running.
	InFlight
)

// Decision is an outcome and, for a declined payment, the reason for the customer.
type Decision struct {
	Outcome
	Reason string
}

// Err returns the error of a declined payment: the code for operators, the reason for the customer.
// If another attempt may succeed, the error is a KeySpent.
func (d Decision) Err(code string) error {
	if d.Outcome == Again {
		err := orderflow.Errorf(orderflow.CodePaymentUnavailable, "declined for now: %s", code)
		return &orderflow.KeySpent{Err: err, Proven: true}
	}
	return &orderflow.Error{Code: orderflow.CodePaymentDeclined, Message: code, Public: d.Reason}
}

// Answer is the content of a Stripe error reply.
type Answer struct {
	Status                         int // HTTP status
	Type, Code, DeclineCode, Param string
}

// Name returns the most precise code of the answer.
func (a Answer) Name() string { return cmp.Or(a.DeclineCode, a.Code, a.Type, "declined") }

// Reasons for customers. As Stripe advises, they do not reveal suspected fraud or lost and stolen
// cards.
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

// statusDecisions holds the decisions that depend only on the HTTP status. All other refusals (4xx)
// depend on their codes, and any status that is neither a success nor a refusal is unknown
// (https://docs.stripe.com/api/errors).
var statusDecisions = map[int]Decision{
	401: {Outcome: Unavailable}, // invalid key: refused before any processing
	403: {Outcome: Unavailable}, // the permissions of the key
	408: {Outcome: InFlight},
	409: {Outcome: InFlight}, // the same call is running
	424: {Outcome: Unknown},  // a party behind Stripe failed
	429: {Outcome: Unavailable},
}

// typeDecisions holds the decisions that depend on the error's type. card_error and
// invalid_request_error depend on the code.
var typeDecisions = map[string]Decision{
	"api_error": {Outcome: Unknown},
	// the key was used for another request: ask for its outcome
	"idempotency_error":         {Outcome: Unknown},
	"card_error":                {Outcome: Refused, Reason: WasDeclined},
	"invalid_request_error":     {Outcome: ByRequest},
	"rate_limit":                {Outcome: Unavailable},
	"temporary_session_expired": {Outcome: Unavailable},
	// Names in older versions of the API.
	"api_connection_error": {Outcome: Unknown},
	"authentication_error": {Outcome: Unavailable},
	"permission_error":     {Outcome: Unavailable},
	"rate_limit_error":     {Outcome: Unavailable},
}

// paramReasons lists the parts of a charge that come from the order: a refusal that names one is
// the order's fault. Any other invalid request is a fault of this program or its configuration.
var paramReasons = map[string]string{
	"amount": WrongAmount, "currency": WrongCurrency, "payment_method": NotUsable, "payment_method_data": NotUsable,
}

// codeDecisions maps each code of codeGroups to its decision.
var codeDecisions = func() map[string]Decision {
	all := map[string]Decision{}
	for _, group := range codeGroups {
		for _, code := range group.codes {
			all[code] = group.Decision
		}
	}
	return all
}()

// Decide returns the decision on an answer. A decline by the card's bank counts with any HTTP
// status.
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

// Refusal returns the decision on a definite refusal. The decline code takes precedence over the
// code, and the code over the type.
func (a Answer) Refusal() Decision {
	if d, ok := declineDecisions[a.DeclineCode]; ok {
		return d
	}
	byCode, known := codeDecisions[a.Code]
	if !known {
		byCode = declineDecisions[a.Code] // some codes occur in both fields
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

// byRequest decides by the refused part of the request. Status 402 also occurs for valid requests.
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
