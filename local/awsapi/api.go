package awsapi

import (
	"context"
	"encoding/json"
)

// API is a service of AWS as a table: what performs an operation is an S.
type API[S any] struct {
	Name       string // that IAM and SigV4 use: "sqs"
	Operations Operations[S]
	// Refuse makes an *Error of the errors that are the service's own, among them those of input that its types refuse to decode. Nil keeps them.
	Refuse func(error) error
}

// Has reports whether the service has an operation.
func (a *API[S]) Has(op string) bool { return a.Operations[op] != nil }

// Do performs an operation of s, as Service.Do does; one that is not in the table is NotImplemented.
func (a *API[S]) Do(ctx context.Context, s S, op string, input json.RawMessage) (any, error) {
	do, ok := a.Operations[op]
	if !ok {
		return nil, NotImplemented(a.Name + ":" + op)
	}
	out, err := do(s, ctx, input)
	if err != nil && a.Refuse != nil {
		err = a.Refuse(err)
	}
	return out, err
}

// Operation performs one operation of a service on its JSON input.
type Operation[S any] func(s S, ctx context.Context, input json.RawMessage) (any, error)

// Operations are the operations that a service has, by the names of its API reference.
type Operations[S any] map[string]Operation[S]

// Typed makes an Operation of a method: the input is decoded (a malformed one is SerializationException, see Decode), the output is
// the answer as the method gives it. A method that fails answers nothing but its error.
func Typed[S, In, Out any](method func(S, context.Context, In) (Out, error)) Operation[S] {
	return func(s S, ctx context.Context, input json.RawMessage) (any, error) {
		var in In
		if err := Decode(input, &in); err != nil {
			return nil, err
		}
		out, err := method(s, ctx, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}
