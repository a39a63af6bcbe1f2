package awsapi

import (
	"context"
	"encoding/json"
)

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

// Do performs an operation of s, as Service.Do does; one that is not there is NotImplemented.
func (o Operations[S]) Do(ctx context.Context, s S, op string, input json.RawMessage) (any, error) {
	f, ok := o[op]
	if !ok {
		return nil, NotImplemented(op)
	}
	return f(s, ctx, input)
}
