package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/orderflow-dev/orderflow"
)

// Codes of failures that only the API has.
const (
	codeMalformedRequest      orderflow.Code = "MalformedRequest"
	codeInvalidParameter      orderflow.Code = "InvalidParameter"
	codeInvalidRequest        orderflow.Code = "InvalidRequest"
	codeIdempotencyKeyMissing orderflow.Code = "IdempotencyKeyMissing"
	codeIdempotencyKeyInvalid orderflow.Code = "IdempotencyKeyInvalid"
	codeIdempotencyKeyReused  orderflow.Code = "IdempotencyKeyReused"
	codeIdempotencyInFlight   orderflow.Code = "IdempotencyInFlight"
	codeUnauthenticated       orderflow.Code = "Unauthenticated"
	codeInsufficientScope     orderflow.Code = "InsufficientScope"
	codeOperatorsOnly         orderflow.Code = "OperatorsOnly"
	codeMethodNotAllowed      orderflow.Code = "MethodNotAllowed"
	codePreconditionFailed    orderflow.Code = "PreconditionFailed"
	codeBodyTooLarge          orderflow.Code = "BodyTooLarge"
	codeUnsupportedMediaType  orderflow.Code = "UnsupportedMediaType"
	codeUnavailable           orderflow.Code = "Unavailable"
	codeInternal              orderflow.Code = "Internal"
)

// statuses is the one place that maps codes to HTTP statuses. A code that is not listed is an
// internal error: 500.
var statuses = map[orderflow.Code]int{
	codeMalformedRequest:      http.StatusBadRequest,
	codeInvalidParameter:      http.StatusBadRequest,
	codeIdempotencyKeyMissing: http.StatusBadRequest,
	codeIdempotencyKeyInvalid: http.StatusBadRequest,

	codeUnauthenticated:            http.StatusUnauthorized,
	orderflow.CodeInvalidSignature: http.StatusUnauthorized,
	codeInsufficientScope:          http.StatusForbidden,
	codeOperatorsOnly:              http.StatusForbidden,
	orderflow.CodeNotFound:         http.StatusNotFound,
	codeMethodNotAllowed:           http.StatusMethodNotAllowed,

	orderflow.CodePriceChanged:    http.StatusConflict,
	orderflow.CodePromotionUsed:   http.StatusConflict,
	orderflow.CodeTooLateToCancel: http.StatusConflict,
	orderflow.CodeNotRedrivable:   http.StatusConflict,
	orderflow.CodeNotRestartable:  http.StatusConflict,
	orderflow.CodeOrderCancelled:  http.StatusConflict,
	orderflow.CodeAlreadyDecided:  http.StatusConflict,
	orderflow.CodeInvalidState:    http.StatusConflict,
	orderflow.CodeOutOfStock:      http.StatusConflict,
	codeIdempotencyInFlight:       http.StatusConflict,

	orderflow.CodeAuthorizationLapsed: http.StatusConflict,

	orderflow.CodeRefundExceedsPaid:    http.StatusConflict,
	orderflow.CodeDuplicateRefund:      http.StatusConflict,
	orderflow.CodeReturnTooLate:        http.StatusConflict,
	orderflow.CodeReturnExceedsShipped: http.StatusConflict,

	codePreconditionFailed:   http.StatusPreconditionFailed,
	codeBodyTooLarge:         http.StatusRequestEntityTooLarge,
	codeUnsupportedMediaType: http.StatusUnsupportedMediaType,

	orderflow.CodeTooManyOrders: http.StatusTooManyRequests,

	codeInvalidRequest:             http.StatusUnprocessableEntity,
	orderflow.CodeInvalidOrder:     http.StatusUnprocessableEntity,
	orderflow.CodeUnknownProduct:   http.StatusUnprocessableEntity,
	orderflow.CodeDiscontinued:     http.StatusUnprocessableEntity,
	orderflow.CodeCurrencyMismatch: http.StatusUnprocessableEntity,
	orderflow.CodeInvalidAmount:    http.StatusUnprocessableEntity,
	orderflow.CodeAmountOverflow:   http.StatusUnprocessableEntity,
	orderflow.CodeFreeOrder:        http.StatusUnprocessableEntity,
	codeIdempotencyKeyReused:       http.StatusUnprocessableEntity,

	orderflow.CodeUnknownPromotion:      http.StatusUnprocessableEntity,
	orderflow.CodePromotionNotStarted:   http.StatusUnprocessableEntity,
	orderflow.CodePromotionExpired:      http.StatusUnprocessableEntity,
	orderflow.CodePromotionCurrency:     http.StatusUnprocessableEntity,
	orderflow.CodeUnknownShippingMethod: http.StatusUnprocessableEntity,
	orderflow.CodeNoShippingMethod:      http.StatusUnprocessableEntity,

	codeUnavailable:         http.StatusServiceUnavailable,
	orderflow.CodeConflict:  http.StatusServiceUnavailable,
	orderflow.CodeThrottled: http.StatusServiceUnavailable,
}

// Fault is one fault of a request.
type Fault struct {
	Pointer   string `json:"pointer,omitempty"`   // JSON pointer (RFC 6901) into the body
	Parameter string `json:"parameter,omitempty"` // or the name of a query parameter
	Detail    string `json:"detail"`
}

// Problem is the body of every failure (RFC 9457, application/problem+json).
type Problem struct {
	Type   string           `json:"type"`
	Title  string           `json:"title"`
	Status int              `json:"status"`
	Detail string           `json:"detail"`
	Code   orderflow.Code   `json:"code"`
	Errors []Fault          `json:"errors,omitempty"`
	Total  *orderflow.Money `json:"total,omitempty"` // of PriceChanged: the new total
}

// refusal is an error with the details of a problem.
type refusal struct {
	code   orderflow.Code
	detail string
	faults []Fault
	total  *orderflow.Money
	header http.Header
}

func (r *refusal) Error() string { return string(r.code) + ": " + r.detail }

func refusef(code orderflow.Code, format string, args ...any) *refusal {
	return &refusal{code: code, detail: fmt.Sprintf(format, args...)}
}

// refuseFaults returns a refusal with the faults, or nil if there are none.
func refuseFaults(code orderflow.Code, faults []Fault) error {
	switch len(faults) {
	case 0:
		return nil
	case 1:
		return &refusal{code: code, detail: "the request has a fault", faults: faults}
	case maxFaults:
		return &refusal{code: code, detail: fmt.Sprintf("the request has at least %d faults", maxFaults), faults: faults}
	}
	return &refusal{code: code, detail: fmt.Sprintf("the request has %d faults", len(faults)), faults: faults}
}

// refusalOf returns the refusal in err's chain, or one made of its orderflow.Error.
func refusalOf(err error) *refusal {
	if no, ok := errors.AsType[*refusal](err); ok {
		return no
	}
	if e, ok := errors.AsType[*orderflow.Error](err); ok {
		return &refusal{code: e.Code, detail: e.Message}
	}
	return &refusal{}
}

// refuse returns the answer to a request that failed. An error without a known code is logged and
// answered with 500.
func (s *server) refuse(r *http.Request, err error) *reply {
	no := refusalOf(err)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		no = refusef(codeUnavailable, "the service took too long")
	}
	status, known := statuses[no.code]
	if !known {
		s.logFailure(r, err)
		return failure()
	}
	if status == http.StatusServiceUnavailable {
		s.logFailure(r, err)
		no.header = http.Header{"Retry-After": {"1"}}
	}
	return problem(status, no)
}

// failure returns the answer for an internal error.
func failure() *reply {
	return problem(http.StatusInternalServerError, refusef(codeInternal, "the service failed"))
}

func problem(status int, no *refusal) *reply {
	body, err := json.Marshal(Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: no.detail, Code: no.code,
		Errors: no.faults, Total: no.total,
	})
	if err != nil { // cannot happen: every field has a JSON form
		panic(err)
	}
	header := no.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/problem+json")
	header.Set("Cache-Control", "no-store")
	return &reply{status: status, header: header, body: body}
}
