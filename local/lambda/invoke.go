package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// Result is the answer to an invocation.
type Result struct {
	StatusCode      int    // 200 synchronous, 202 accepted for later, 204 dry run
	FunctionError   string // empty on success, Unhandled if the function failed
	Payload         []byte // the function's reply, or {"errorMessage","errorType"}; as on AWS it need not be JSON
	RequestID       string
	ExecutedVersion string // always $LATEST
	Log             []byte // the end of the request's log, if it was asked for
}

// Invoke calls a function and waits for its reply. The request lasts at most the function's
// timeout; if ctx ends before, Invoke returns its error and the function goes on, as on AWS. A
// failed function is a Result with FunctionError; errors are *awsapi.Error:
// ResourceNotFoundException, TooManyRequestsException, RequestTooLargeException,
// InvalidRequestContentException, ServiceException.
func (s *Service) Invoke(ctx context.Context, nameOrARN string, payload []byte) (*Result, error) {
	f, payload, err := s.prepare(nameOrARN, payload)
	if err != nil {
		return nil, err
	}
	return f.invokeAtOnce(ctx, payload)
}

// InvokeTask is Invoke for a task of a state machine, for which no client waits: it begins when the
// processors are not busy with other requests. The function's timeout counts from then on.
func (s *Service) InvokeTask(ctx context.Context, nameOrARN string, payload []byte) (*Result, error) {
	f, payload, err := s.prepare(nameOrARN, payload)
	if err != nil {
		return nil, err
	}
	return f.invokeInTurn(ctx, ofTask, s.opt.NewID(), payload)
}

// prepare finds the function, and checks the payload of a synchronous request.
func (s *Service) prepare(nameOrARN string, payload []byte) (*function, []byte, error) {
	f, err := s.find(nameOrARN, "")
	if err != nil {
		return nil, nil, err
	}
	payload, err = checkPayload(payload, MaxSyncPayload)
	return f, payload, err
}

func checkPayload(payload []byte, limit int) ([]byte, error) {
	if len(payload) > limit {
		return nil, &awsapi.Error{Type: "RequestTooLargeException", Status: 413,
			Message: fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", limit)}
	}
	if len(bytes.TrimSpace(payload)) == 0 {
		return []byte("{}"), nil
	}
	if !json.Valid(payload) {
		return nil, awsapi.Errorf("InvalidRequestContentException", "Could not parse request body into json: %v", json.Unmarshal(payload, new(any)))
	}
	return payload, nil
}

// invokeAtOnce is invoke for a caller that waits.
func (f *function) invokeAtOnce(ctx context.Context, payload []byte) (*Result, error) {
	return f.invoke(ctx, true, f.service.opt.NewID(), payload)
}

// invokeInTurn is invoke, when the request gets its turn.
func (f *function) invokeInTurn(ctx context.Context, c class, requestID string, payload []byte) (*Result, error) {
	give, err := f.service.turns.take(ctx, c)
	if err != nil {
		return nil, err
	}
	defer give()
	return f.invoke(ctx, false, requestID, payload)
}

// invoke runs one request with a checked payload. If ctx ends, it returns and the function goes on.
func (f *function) invoke(ctx context.Context, awaited bool, requestID string, payload []byte) (*Result, error) {
	end := f.service.begin(awaited)
	if end == nil {
		return nil, ErrStopping
	}
	if err := f.gate.enter(); err != nil {
		end()
		f.observe(Invocation{RequestID: requestID, ErrorType: "Throttled"})
		return nil, err
	}
	x, err := f.begin(requestID, payload, end)
	x.logs = wantsLog(ctx)
	if err != nil {
		defer x.leave()
		return x.conclude(nil, err), nil
	}
	select {
	case r := <-x.done:
		defer x.leave()
		return x.finish(r)
	case <-x.ctx.Done():
		defer x.leave()
		return x.finish(reply{lost: true})
	case <-ctx.Done():
		go x.abandoned()
		return nil, ctx.Err()
	}
}

// execution is one request in an execution environment.
type execution struct {
	f         *function
	requestID string
	start     time.Time
	cold      bool
	env       *environment
	ctx       context.Context // ends at the function's timeout
	cancel    context.CancelFunc
	done      chan reply
	end       func() // counts the request out
	logs      bool   // the invoker asks for the log
}

// begin hands the request to an environment. An error is the init phase's.
func (f *function) begin(requestID string, payload []byte, end func()) (x *execution, err error) {
	s := f.service
	x = &execution{f: f, requestID: requestID, start: s.clock.Now(), cancel: func() {}, end: end}
	if x.env, x.cold, err = f.take(); err != nil {
		return x, err
	}
	x.ctx, x.cancel = withTimeout(s.base, s.clock, f.Timeout)
	ctx := awsapi.WithIdentity(x.ctx, awsapi.Identity{AccessKey: f.RoleName})
	lc := &lambdacontext.LambdaContext{AwsRequestID: requestID, InvokedFunctionArn: f.ARN}
	x.done = make(chan reply, 1)
	x.env.log.begin()
	x.env.requests <- request{lambdacontext.NewContext(ctx, lc), payload, x.done}
	return x, nil
}

// leave releases what the request held.
func (x *execution) leave() {
	x.cancel()
	x.f.gate.leave()
	x.end()
}

// abandoned waits for the end of a request whose result is no longer needed.
func (x *execution) abandoned() {
	defer x.leave()
	r := reply{lost: true}
	select {
	case r = <-x.done:
	case <-x.ctx.Done():
	}
	_, _ = x.finish(r) // what went wrong is logged, and told to the observer
}

// finish makes the result of a reply. A handler that ignores its context is abandoned together with
// its environment, which is not used again.
func (x *execution) finish(r reply) (*Result, error) {
	f := x.f
	switch {
	case f.service.base.Err() != nil && (r.lost || r.err != nil):
		f.put(x.env, false)
		return nil, ErrStopping
	case r.lost || errors.Is(x.ctx.Err(), context.DeadlineExceeded):
		r.err = timedOut(x.requestID, f.Timeout) // even if the handler noticed the deadline first: AWS stops the environment
	case errors.Is(r.err, errExited):
		r.err = exited(x.requestID)
	case r.err == nil && len(r.payload) > MaxResponse:
		r.err = oversizedReply()
	}
	result := x.conclude(r.payload, r.err)
	healthy := true
	if r.err != nil {
		_, lost := errorPayload(r.err)
		healthy = !lost
	}
	f.put(x.env, healthy)
	return result, nil
}

// conclude makes the Result and calls the observer.
func (x *execution) conclude(payload []byte, err error) *Result {
	f := x.f
	r := &Result{StatusCode: 200, Payload: payload, RequestID: x.requestID, ExecutedVersion: "$LATEST"}
	in := Invocation{RequestID: x.requestID, Duration: f.service.clock.Since(x.start), ColdStart: x.cold}
	if err != nil {
		r.FunctionError = Unhandled
		r.Payload, _ = errorPayload(err)
		in.ErrorType = errorType(r.Payload)
		f.service.log.Warn("function failed", "function", f.Name, "requestId", x.requestID, "errorType", in.ErrorType)
	}
	if x.logs {
		r.Log = x.log(in.Duration)
	}
	f.observe(in)
	return r
}

func (f *function) observe(in Invocation) {
	if in.Function = f.Name; f.service.opt.Observe != nil {
		f.service.opt.Observe(in)
	}
}
