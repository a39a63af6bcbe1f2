package awsapi

import (
	"context"
	"encoding/json"
)

// outcome is what came of an operation that was performed before its request is served.
type outcome struct {
	out   any
	err   error
	taken bool
}

type outcomeKey struct{}

// WithOutcome marks ctx with what came of an operation: the next request that is served under ctx
// in this process is answered with it, and performs nothing. Those after it, a client's further
// attempts, are performed as any.
func WithOutcome(ctx context.Context, out any, err error) context.Context {
	return context.WithValue(ctx, outcomeKey{}, &outcome{out: out, err: err})
}

// answer is Call, for a request.
func (r *Router) answer(ctx context.Context, service, op string, input json.RawMessage) (any, error) {
	if o, ok := ctx.Value(outcomeKey{}).(*outcome); ok && !o.taken {
		o.taken = true
		return o.out, o.err
	}
	return r.Call(ctx, service, op, input)
}
