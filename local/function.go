package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"orderflow/local/awsapi"
	"orderflow/local/iam"
	"orderflow/local/lambda"
	"orderflow/local/states"
	"orderflow/local/template"
)

func (s *Stack) newLambda() (*lambda.Service, error) {
	factory := s.handler
	if s.opt.Bootstrap != "" {
		factory = lambda.Isolated(lambda.IsolatedOptions{
			Bootstrap: s.opt.Bootstrap, Endpoint: s.opt.AWSEndpoint, Region: template.Region, Output: s.opt.Output, Clock: s.clock})
	}
	return lambda.New(s.store, s.clock, lambda.Options{
		Factory: factory, Caller: s.call, Observe: s.opt.Observe, Logger: s.log,
		Region: template.Region, Account: template.Account,
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
			Name: f.Name, ARN: f.ARN, Handler: f.Handler, RoleName: roleKey(f.Role), Env: f.Env, Timeout: f.Timeout, MemoryMB: f.MemoryMB,
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

// mapSources hands the template's event source mappings to Lambda.
func (s *Stack) mapSources() error {
	for _, m := range s.template.Mappings {
		if !m.Enabled {
			continue
		}
		if err := s.mayMap(m); err != nil {
			return fmt.Errorf("event source mapping %s: %w", m.LogicalID, err)
		}
		var filters []json.RawMessage
		for _, f := range m.Filters {
			filters = append(filters, json.RawMessage(f))
		}
		var err error
		switch m.Kind {
		case "sqs":
			// The pollers of the process before this one are gone, and what they had received would wait for its visibility timeout.
			if err := s.sqs.ReleaseInFlight(m.SourceARN); err != nil {
				return fmt.Errorf("event source mapping %s: %w", m.LogicalID, err)
			}
			err = s.lambda.MapQueue(lambda.QueueMapping{
				Function: m.Function, QueueARN: m.SourceARN, BatchSize: m.BatchSize, BatchingWindow: m.Window,
				MaximumConcurrency: m.MaxConcurrency, ReportBatchItemFailures: m.PartialResponses, Filters: filters,
			}, queueSource{s})
		case "dynamodb":
			err = s.lambda.MapStream(lambda.StreamMapping{
				Function: m.Function, StreamARN: m.SourceARN, FromLatest: m.StartingPosition == "LATEST", BatchSize: m.BatchSize,
				BatchingWindow: m.Window, ParallelizationFactor: m.Parallelization, BisectOnError: m.Bisect, MaximumRetryAttempts: m.MaxRetries,
				MaximumRecordAge: m.MaxRecordAge, ReportBatchItemFailures: m.PartialResponses, Filters: filters, OnFailure: m.OnFailure,
			}, streamSource{s})
		}
		if err != nil {
			return fmt.Errorf("event source mapping %s: %w", m.LogicalID, err)
		}
	}
	return nil
}

// mappingActions are what the role of a mapping's function must be allowed to do with the source: CreateEventSourceMapping refuses without.
var mappingActions = map[string][]string{
	"sqs":      {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
	"dynamodb": {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"},
}

func (s *Stack) mayMap(m template.EventSourceMapping) error {
	for _, f := range s.template.Functions {
		if f.Name != m.Function {
			continue
		}
		for _, action := range mappingActions[m.Kind] {
			if err := s.iam.Authorize(iam.Role(f.Role), awsapi.Grant{Action: action, Resource: m.SourceARN}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Stack) newStates() (*states.Service, error) {
	return states.New(s.store, s.clock, states.Options{
		Caller: func(ctx context.Context, service, op string, in json.RawMessage) (json.RawMessage, error) {
			return s.call(ctx, service, op, in)
		},
		InvokeLambda: s.invokeTask, Publish: s.publishChange,
		Region: template.Region, Account: template.Account, Logger: s.log,
	})
}

// invokeTask calls a function for a state machine, whose role must be allowed to.
func (s *Stack) invokeTask(ctx context.Context, function, qualifier string, payload []byte) (states.LambdaResult, error) {
	if err := s.allow(ctx, "lambda:InvokeFunction", functionARN(function)); err != nil {
		return states.LambdaResult{}, err
	}
	if qualifier != "" && qualifier != "$LATEST" {
		function += ":" + qualifier
	}
	r, err := s.lambda.InvokeTask(ctx, function, payload)
	if errors.Is(err, lambda.ErrStopping) {
		// The task did not fail: the stack is being closed. It is given up with the state machines, and invoked again at the next start.
		<-ctx.Done()
		return states.LambdaResult{}, ctx.Err()
	}
	if err != nil {
		return states.LambdaResult{}, err
	}
	return states.LambdaResult{Payload: r.Payload, FunctionError: r.FunctionError, StatusCode: r.StatusCode,
		ExecutedVersion: r.ExecutedVersion, RequestID: r.RequestID}, nil
}

func functionARN(nameOrARN string) string {
	return "arn:aws:lambda:" + template.Region + ":" + template.Account + ":function:" + lambda.FunctionName(nameOrARN)
}
