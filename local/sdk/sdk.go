// Package sdk connects clients of the AWS SDK for Go to the services of this process without JSON,
// HTTP and signatures: the input of an operation is copied to the service's input, and the
// service's output to the client's output.
//
// Clients cannot tell the difference. The SDK validates the input as usual, and a successful call
// returns at once. All other calls go through HTTP, in process or not, so that the SDK handles them
// as usual: operations outside the table, input that JSON would change or that the service would
// refuse to decode, and contexts that have ended. The error of an operation that was performed is
// sent as the HTTP answer; the operation is not performed again.
package sdk

import (
	"context"
	"errors"
	"reflect"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/awsapi/shape"
)

// Calls performs the operations of clients. Its Option is one of aws.Config.APIOptions, beside an
// HTTP client with a Transport to the same router, as the same identity.
type Calls struct {
	Router   *awsapi.Router
	Identity awsapi.Identity
}

// Option adds the calls after all steps that a client performs before it encodes its input.
func (c Calls) Option(stack *middleware.Stack) error {
	return stack.Initialize.Add(c, middleware.After)
}

// ID implements middleware.InitializeMiddleware.
func (Calls) ID() string { return "orderflow/local/sdk" }

// HandleInitialize implements middleware.InitializeMiddleware.
func (c Calls) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	op, ok := operations[reflect.TypeOf(in.Parameters)]
	if !ok || ctx.Err() != nil {
		return next.HandleInitialize(ctx, in)
	}
	out, err := c.Router.Perform(awsapi.WithIdentity(ctx, c.Identity), op.service, op.name, input{in.Parameters})
	if unreadable(err) {
		return next.HandleInitialize(ctx, in)
	}
	if err == nil && ctx.Err() == nil {
		if result, ok := op.result(out); ok {
			var metadata middleware.Metadata
			awsmiddleware.SetRequestIDMetadata(&metadata, awsapi.RequestID())
			return middleware.InitializeOutput{Result: result}, metadata, nil
		}
	}
	return next.HandleInitialize(awsapi.WithOutcome(ctx, out, err), in)
}

// unreadable reports whether an input could not be read without JSON. Nothing was performed then.
func unreadable(err error) bool {
	_, ok := errors.AsType[*shape.Error](err)
	return ok
}

// input is an input of the SDK.
type input struct{ parameters any }

var inputs = shape.Copier{FromSDK: true, Always: always, Leaf: attributes}

// Read implements awsapi.Input.
func (i input) Read(v any) error { return inputs.Copy(v, i.parameters) }

var outputs = shape.Copier{Leaf: attributes}

// result makes the SDK's output of a service's; false if it is one that only JSON can make.
func (o *operation) result(out any) (any, bool) {
	result := reflect.New(o.output)
	if out == nil {
		return result.Interface(), true
	}
	err := outputs.Copy(result.Interface(), out)
	return result.Interface(), err == nil
}
