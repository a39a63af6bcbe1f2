package functions

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"

	"orderflow"
)

// handler is a lambda.Handler of a typed function.
type handler[In, Out any] struct {
	f   func(context.Context, In) (Out, error)
	log *slog.Logger
}

func handle[In, Out any](p *parts, f func(context.Context, In) (Out, error)) lambda.Handler {
	return handler[In, Out]{f, p.opts.Logger}
}

// Invoke implements lambda.Handler.
func (h handler[In, Out]) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var in In
	if err := json.Unmarshal(payload, &in); err != nil {
		return nil, fmt.Errorf("read payload: %w", err)
	}
	out, err := h.f(ctx, in)
	if err != nil {
		h.log.WarnContext(ctx, "invocation failed", "code", orderflow.CodeOf(err), "error", err)
		return nil, edgeError(err)
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("marshal result: %w", err)
	}
	return raw, nil
}

// edgeError gives an error the type by which Step Functions catches it: its code. The runtime takes it from a value of just this type, not
// from one that is wrapped (aws-lambda-go, lambda/errors.go).
func edgeError(err error) error {
	if code := orderflow.CodeOf(err); code != "" {
		return messages.InvokeResponse_Error{Type: string(code), Message: err.Error()}
	}
	return err
}
