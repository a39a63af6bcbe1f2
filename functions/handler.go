package functions

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"

	"github.com/orderflow-dev/orderflow"
)

// handler is a lambda.Handler of a typed function.
type handler[In, Out any] struct {
	f   func(context.Context, In) (Out, error)
	log *slog.Logger
}

func handle[In, Out any](p *parts, f func(context.Context, In) (Out, error)) lambda.Handler {
	return handler[In, Out]{f, p.opts.Logger}
}

// Invoke implements lambda.Handler. It converts errors and panics to messages.InvokeResponse_Error.
func (h handler[In, Out]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	defer h.namePanic(ctx)
	var in In
	if err := readPayload(payload, &in); err != nil {
		return nil, edgeError(fmt.Errorf("read payload: %w", err))
	}
	out, err := h.f(ctx, in)
	if err != nil {
		h.log.WarnContext(ctx, "invocation failed", "code", orderflow.CodeOf(err), "error", err)
		return nil, edgeError(err)
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, edgeError(fmt.Errorf("marshal result: %w", err))
	}
	return raw, nil
}

// readPayload decodes a payload. Lambda's payloads are valid JSON: a type with its own decoder gets
// them unchecked.
func readPayload(payload []byte, in any) error {
	if own, ok := in.(json.Unmarshaler); ok {
		return own.UnmarshalJSON(payload)
	}
	return json.Unmarshal(payload, in)
}

// namePanic re-panics with a code, which ends the process. Otherwise the runtime would report the
// Go type of the panic.
func (h handler[In, Out]) namePanic(ctx context.Context) {
	if v := recover(); v != nil {
		h.log.ErrorContext(ctx, "invocation panicked", "error", v, "stack", string(debug.Stack()))
		panic(messages.InvokeResponse_Error{
			Type: string(orderflow.CodeInternal), Message: fmt.Sprint(v), ShouldExit: true,
		})
	}
}

// edgeError sets the type by which Step Functions catches an error: its code. The runtime reads the
// type only from an unwrapped value of this type (aws-lambda-go, lambda/errors.go). For other
// errors it reports the Go type, which is of no use to an operator.
func edgeError(err error) error {
	return messages.InvokeResponse_Error{
		Type: string(cmp.Or(orderflow.CodeOf(err), orderflow.CodeInternal)), Message: err.Error(),
	}
}
