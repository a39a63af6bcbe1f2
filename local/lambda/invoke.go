package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"orderflow/local/awsapi"
)

// Result is the answer to an invocation.
type Result struct {
	StatusCode      int    // 200 synchronous, 202 accepted for later, 204 dry run
	FunctionError   string // empty on success, Unhandled if the function failed
	Payload         []byte // the function's reply, or {"errorMessage","errorType"}; as on AWS it need not be JSON
	RequestID       string
	ExecutedVersion string // always $LATEST
}

// Invoke calls a function and waits for its reply. The request lasts at most the function's timeout; if ctx ends before, Invoke
// returns its error and the function goes on, as on AWS. A failed function is a Result with FunctionError; errors are *awsapi.Error:
// ResourceNotFoundException, TooManyRequestsException, RequestTooLargeException, InvalidRequestContentException, ServiceException.
func (s *Service) Invoke(ctx context.Context, nameOrARN string, payload []byte) (*Result, error) {
	f, err := s.find(nameOrARN, "")
	if err != nil {
		return nil, err
	}
	if payload, err = checkPayload(payload, MaxSyncPayload); err != nil {
		return nil, err
	}
	return f.invoke(ctx, s.opt.NewID(), payload)
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

type outcome struct {
	result *Result
	err    error
}

// InvokeTask is Invoke for a task of a state machine, which nobody waits for: it begins when the machine is not busy with other requests.
// The function's timeout counts from then on.
func (s *Service) InvokeTask(ctx context.Context, nameOrARN string, payload []byte) (*Result, error) {
	f, err := s.find(nameOrARN, "")
	if err != nil {
		return nil, err
	}
	if payload, err = checkPayload(payload, MaxSyncPayload); err != nil {
		return nil, err
	}
	return f.invokeInTurn(ctx, ofTask, s.opt.NewID(), payload)
}

// invokeInTurn is invoke, when the request gets its turn.
func (f *function) invokeInTurn(ctx context.Context, c class, requestID string, payload []byte) (*Result, error) {
	if err := f.service.turns.take(ctx, c); err != nil {
		return nil, err
	}
	defer f.service.turns.give()
	return f.invoke(ctx, requestID, payload)
}

// invoke runs one request with a checked payload.
func (f *function) invoke(ctx context.Context, requestID string, payload []byte) (*Result, error) {
	if !f.service.begin() {
		return nil, ErrStopping
	}
	if err := f.gate.enter(); err != nil {
		f.service.requests.Done()
		f.observe(Invocation{RequestID: requestID, ErrorType: "Throttled"})
		return nil, err
	}
	done := make(chan outcome, 1)
	go func() {
		defer f.service.requests.Done()
		defer f.gate.leave()
		r, err := f.execute(requestID, payload)
		done <- outcome{r, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// execute runs one request in an execution environment and always returns by the deadline; a handler that does not watch its context
// is left behind with its environment, which nobody uses again.
func (f *function) execute(requestID string, payload []byte) (*Result, error) {
	s, start := f.service, f.service.clock.Now()
	e, cold, err := f.take()
	if err != nil {
		return f.conclude(requestID, start, cold, nil, err)
	}
	ctx, cancel := withDeadline(s.base, s.clock, s.clock.Now().Add(f.Timeout))
	defer cancel()
	ctx = awsapi.WithIdentity(ctx, awsapi.Identity{AccessKey: f.RoleName})
	done := make(chan reply, 1)
	lc := &lambdacontext.LambdaContext{AwsRequestID: requestID, InvokedFunctionArn: f.ARN}
	e.requests <- request{lambdacontext.NewContext(ctx, lc), payload, done}
	var r reply
	select {
	case r = <-done:
	case <-ctx.Done():
		r.lost = true
	}
	switch {
	case s.base.Err() != nil && (r.lost || r.err != nil):
		f.put(e, false)
		return nil, ErrStopping
	case r.lost || errors.Is(ctx.Err(), context.DeadlineExceeded):
		r.err = timedOut(requestID, f.Timeout) // even if the handler noticed the deadline first: AWS stops the environment
	case errors.Is(r.err, errExited):
		r.err = exited(requestID)
	case r.err == nil && len(r.payload) > MaxResponse:
		r.err = oversizedReply()
	}
	res, err := f.conclude(requestID, start, cold, r.payload, r.err)
	healthy := true
	if r.err != nil {
		_, lost := errorPayload(r.err)
		healthy = !lost
	}
	f.put(e, healthy)
	return res, err
}

// conclude makes the Result and tells the observer.
func (f *function) conclude(requestID string, start time.Time, cold bool, payload []byte, err error) (*Result, error) {
	r := &Result{StatusCode: 200, Payload: payload, RequestID: requestID, ExecutedVersion: "$LATEST"}
	in := Invocation{RequestID: requestID, Duration: f.service.clock.Since(start), ColdStart: cold}
	if err != nil {
		r.FunctionError = Unhandled
		r.Payload, _ = errorPayload(err)
		in.ErrorType = errorType(r.Payload)
		f.service.log.Warn("function failed", "function", f.Name, "requestId", requestID, "errorType", in.ErrorType)
	}
	f.observe(in)
	return r, nil
}

func (f *function) observe(in Invocation) {
	if in.Function = f.Name; f.service.opt.Observe != nil {
		f.service.opt.Observe(in)
	}
}
