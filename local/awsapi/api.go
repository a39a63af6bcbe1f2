package awsapi

import (
	"context"
	"encoding/json"

	"github.com/orderflow-dev/orderflow/local/awsapi/shape"
)

// Input is the input of an operation: JSON, or what is read without it.
type Input interface {
	// Read sets what v points to. Malformed input is AWS's SerializationException. Members that v
	// does not have are ignored.
	Read(v any) error
}

// JSON is the input of an operation in JSON.
type JSON json.RawMessage

// Read implements Input.
func (j JSON) Read(v any) error { return Decode(json.RawMessage(j), v) }

var members shape.Copier

// Members sets the members of what dst points to from those that in, an input that has been read,
// has under their names. It panics if they have other types there.
func Members(dst, in any) {
	if err := members.Copy(dst, in); err != nil {
		panic("awsapi: " + err.Error())
	}
}

// Call is an operation whose input has been read.
type Call struct {
	Grants func() []Grant // what the caller must be allowed to do before Do is called
	Do     func(context.Context) (any, error)
}

// Opener is a Service that reads an operation's input once, for its grants and for its work, and
// takes input that is no JSON.
type Opener interface {
	// Open reads the input of an operation. Its errors are those of Do.
	Open(op string, in Input) (Call, error)
}

// open opens a call of any service.
func open(s Service, op string, in Input) (Call, error) {
	if o, ok := s.(Opener); ok {
		return o.Open(op, in)
	}
	input, ok := in.(JSON)
	if !ok {
		return Call{}, NotImplemented(op + " with an input that is no JSON")
	}
	return Call{
		Grants: func() []Grant { return s.Grants(op, json.RawMessage(input)) },
		Do:     func(ctx context.Context) (any, error) { return s.Do(ctx, op, json.RawMessage(input)) },
	}, nil
}

// API is a service of AWS as a table: what performs an operation is an S.
type API[S any] struct {
	Name       string // that IAM and SigV4 use: "sqs"
	Operations Operations[S]
	// Grants lists what a caller must be allowed to do for an operation, by the input that its
	// method gets; in points to it. Nil needs nothing.
	Grants func(s S, op string, in any) []Grant
	// Refuse makes an *Error of the errors that are the service's own, among them those of input
	// that its types refuse to decode. Nil keeps them.
	Refuse func(error) error
}

// Has reports whether the service has an operation.
func (a *API[S]) Has(op string) bool { return a.Operations[op] != nil }

// Open opens an operation of s, as Opener.Open does; one that is not in the table is
// NotImplemented.
func (a *API[S]) Open(s S, op string, input Input) (Call, error) {
	open, ok := a.Operations[op]
	if !ok {
		return Call{}, NotImplemented(a.Name + ":" + op)
	}
	in, do, err := open(s, input)
	if err != nil {
		return Call{}, a.refused(err)
	}
	return Call{
		Grants: func() []Grant {
			if a.Grants == nil {
				return nil
			}
			return a.Grants(s, op, in)
		},
		Do: func(ctx context.Context) (any, error) {
			out, err := do(ctx)
			return out, a.refused(err)
		},
	}, nil
}

func (a *API[S]) refused(err error) error {
	if err == nil || a.Refuse == nil {
		return err
	}
	return a.Refuse(err)
}

// Do performs an operation of s, as Service.Do does.
func (a *API[S]) Do(ctx context.Context, s S, op string, input json.RawMessage) (any, error) {
	call, err := a.Open(s, op, JSON(input))
	if err != nil {
		return nil, err
	}
	return call.Do(ctx)
}

// GrantsOf lists the grants of an operation of s, as Service.Grants does.
func (a *API[S]) GrantsOf(s S, op string, input json.RawMessage) []Grant {
	call, err := a.Open(s, op, JSON(input))
	if err != nil {
		return nil
	}
	return call.Grants()
}

// Operation reads the input of one operation of a service: in points to it, do performs the
// operation on it.
type Operation[S any] func(s S, input Input) (in any, do func(context.Context) (any, error), err error)

// Operations are the operations that a service has, by the names of its API reference.
type Operations[S any] map[string]Operation[S]

// Typed makes an Operation of a method: the input is decoded (a malformed one is
// SerializationException, see Decode), the output is the answer as the method gives it. A method
// that fails answers nothing but its error.
func Typed[S, In, Out any](method func(S, context.Context, In) (Out, error)) Operation[S] {
	return func(s S, input Input) (any, func(context.Context) (any, error), error) {
		in := new(In)
		if err := input.Read(in); err != nil {
			return nil, nil, err
		}
		return in, func(ctx context.Context) (any, error) {
			out, err := method(s, ctx, *in)
			if err != nil {
				return nil, err
			}
			return out, nil
		}, nil
	}
}
