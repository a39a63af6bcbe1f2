// Package awsapi is the wire of the local stack: AWS JSON 1.0/1.1, the query protocol and REST, and
// hands each call to the service that it names. SDK clients reach it in process through Transport,
// everything else over HTTP; both take the same way.
package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Service is one AWS service of the local stack.
type Service interface {
	// Do performs one operation. The input is the JSON body of the request; the result is
	// marshalled as the answer (nil gives {}). An operation outside the subset returns
	// NotImplemented(op). Errors that are not *Error reach the client as InternalFailure.
	Do(ctx context.Context, op string, input json.RawMessage) (any, error)
	// Grants lists what the caller must be allowed to do before Do is called: one IAM action and
	// resource ARN each. Malformed input gives no grants: Do refuses it.
	Grants(op string, input json.RawMessage) []Grant
}

// Grant is a permission that an operation needs, e.g. {"dynamodb:PutItem",
// "arn:aws:dynamodb:us-east-1:000000000000:table/orders"}.
type Grant struct{ Action, Resource string }

// Error is an error as AWS answers it.
type Error struct {
	Type    string // short name, e.g. "ConditionalCheckFailedException"
	Message string
	Status  int            // HTTP status; 0 means 400
	Fields  map[string]any // further members of the error body, e.g. CancellationReasons

	cause error
}

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// Unwrap is what made input malformed, see Decode; nil for other errors.
func (e *Error) Unwrap() error { return e.cause }

// Errorf makes a client error (400) of the given type.
func Errorf(typ, format string, args ...any) *Error {
	return &Error{Type: typ, Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

// IsType reports whether an error is, or wraps, an *Error of the given type.
func IsType(err error, typ string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Type == typ
}

// NotImplemented is the answer to an operation that the local stack does not have: 501, with the
// operation's name.
func NotImplemented(op string) *Error {
	return &Error{Type: "NotImplemented", Message: "orderflow's local stack does not implement " + op, Status: http.StatusNotImplemented}
}

// Decode reads an operation's input; a malformed one is AWS's SerializationException. Unknown
// members are ignored, as AWS does.
func Decode(input json.RawMessage, v any) error {
	if len(input) == 0 {
		return nil
	}
	if err := json.Unmarshal(input, v); err != nil {
		return &Error{Type: "SerializationException", Message: err.Error(), Status: http.StatusBadRequest, cause: err}
	}
	return nil
}

// Identity is the caller of an operation.
type Identity struct {
	// AccessKey is the access key id of the request's signature: for a function or state machine,
	// the name of its role. Empty or unknown keys belong to the operator of the machine, who may do
	// everything.
	AccessKey string
}

type identityKey struct{}

// WithIdentity marks ctx with the identity of the caller.
func WithIdentity(ctx context.Context, id Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, id)
}

// IdentityFrom returns the caller's identity; the zero Identity if none was set.
func IdentityFrom(ctx context.Context) Identity {
	id, _ := ctx.Value(identityKey{}).(Identity)
	return id
}

// Authorizer decides whether a caller may do what an operation needs; it returns an *Error
// (AccessDeniedException) if not.
type Authorizer func(ctx context.Context, id Identity, g Grant) error

// Router is the set of services of one stack. The zero Router has none. Fill it before use.
type Router struct {
	services  map[string]Service // by the name that IAM and SigV4 use: dynamodb, states, events, sqs, sns, lambda
	Authorize Authorizer         // nil allows everything
}

// Register adds a service under its SigV4 name.
func (r *Router) Register(name string, s Service) {
	if r.services == nil {
		r.services = map[string]Service{}
	}
	r.services[name] = s
}

// Call performs one operation as the identity in ctx: the way of every request from outside, and of
// one service to another (a rule's target, a state machine's task, an event source mapping), so
// that permissions are checked in one place.
func (r *Router) Call(ctx context.Context, service, op string, input json.RawMessage) (any, error) {
	return r.Perform(ctx, service, op, JSON(input))
}

// Perform is Call with input in any form. The service must be an Opener for others than JSON.
func (r *Router) Perform(ctx context.Context, service, op string, in Input) (any, error) {
	s, ok := r.services[service]
	if !ok {
		return nil, NotImplemented(service + ":" + op)
	}
	call, err := open(s, op, in)
	if err != nil {
		return nil, err
	}
	if r.Authorize != nil {
		for _, g := range call.Grants() {
			if err := r.Authorize(ctx, IdentityFrom(ctx), g); err != nil {
				return nil, err
			}
		}
	}
	return call.Do(ctx)
}

// Caller performs an operation of another service as the identity in ctx: Router.CallJSON.
type Caller func(ctx context.Context, service, op string, input any) (json.RawMessage, error)

// Invoker queues an asynchronous invocation of a Lambda function, for the identity in ctx.
type Invoker func(ctx context.Context, functionARN string, payload []byte) error

// CallJSON is Call with a marshalled result.
func (r *Router) CallJSON(ctx context.Context, service, op string, input any) (json.RawMessage, error) {
	in, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("marshal %s:%s: %w", service, op, err)
	}
	out, err := r.Call(ctx, service, op, in)
	if err != nil {
		return nil, err
	}
	return Marshal(out)
}

// appender is a result that encodes itself: without reflection, and without the check by
// encoding/json of a Marshaler's output.
type appender interface{ AppendJSON([]byte) []byte }

// Marshal encodes a result; nil is {}.
func Marshal(out any) (json.RawMessage, error) {
	switch v := out.(type) {
	case appender:
		return v.AppendJSON(nil), nil
	case nil:
		return json.RawMessage("{}"), nil
	case json.RawMessage:
		return v, nil
	}
	return json.Marshal(out)
}

// ResourceName is the last element of an ARN, or the name itself:
// "arn:aws:lambda:r:a:function:start" -> "start".
func ResourceName(arnOrName string) string {
	return arnOrName[strings.LastIndexAny(arnOrName, ":/")+1:]
}
