package local

import (
	"context"
	"fmt"

	"github.com/orderflow-dev/orderflow/local/lambda"
)

func (s *Stack) newLambda() (*lambda.Service, error) {
	factory := s.handler
	if s.opt.Bootstrap != "" {
		factory = lambda.Isolated(lambda.IsolatedOptions{
			Bootstrap: s.opt.Bootstrap, Endpoint: s.opt.AWSEndpoint, Output: s.opt.Output, Clock: s.clock})
	}
	return lambda.New(s.store, s.clock, lambda.Options{
		Factory: factory, Caller: s.call, Observe: s.opt.Observe, Logger: s.log,
	})
}

// handler makes one execution environment.
func (s *Stack) handler(fn lambda.Function) (lambda.Handler, error) {
	if s.opt.Factory == nil {
		return nil, fmt.Errorf("no handlers for %s", fn.Name)
	}
	return s.opt.Factory(fn, s.Config(fn.RoleName))
}

// registerFunctions hands the template's functions to Lambda.
func (s *Stack) registerFunctions() error {
	for _, f := range s.template.Functions {
		err := s.lambda.Register(lambda.Function{
			Name: f.Name, ARN: f.ARN, Handler: f.Handler, RoleName: roleKey(f.Role), Env: f.Env, Timeout: f.Timeout,
			MemoryMB:            f.MemoryMB,
			ReservedConcurrency: f.ReservedConcurrency,
			Async: lambda.AsyncConfig{MaximumRetryAttempts: f.Async.MaxRetries, MaximumEventAge: f.Async.MaxEventAge,
				OnSuccess: f.Async.OnSuccess, OnFailure: f.Async.OnFailure, DeadLetter: f.Async.DeadLetter},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Functions are the stack's functions, with the environment that each handler gets.
func (s *Stack) Functions() []lambda.Function { return s.lambda.Functions() }

// invokeTarget queues an invocation for the caller in ctx, a rule or a topic, which the function's
// policy must allow.
func (s *Stack) invokeTarget(ctx context.Context, functionARN string, payload []byte) error {
	if err := s.allow(ctx, "lambda:InvokeFunction", functionARN); err != nil {
		return err
	}
	_, err := s.lambda.InvokeAsync(functionARN, payload)
	return err
}
