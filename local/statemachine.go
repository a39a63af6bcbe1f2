package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/orderflow-dev/orderflow/local/events"
	"github.com/orderflow-dev/orderflow/local/lambda"
	"github.com/orderflow-dev/orderflow/local/states"
)

func (s *Stack) newStates() (*states.Service, error) {
	return states.New(s.store, s.clock, states.Options{
		Caller: func(ctx context.Context, service, op string, in json.RawMessage) (json.RawMessage, error) {
			return s.call(ctx, service, op, in)
		},
		InvokeLambda: s.invokeTask, Publish: s.publishChange,
		Logger: s.log,
	})
}

func (s *Stack) createStateMachines(ctx context.Context) error {
	for _, m := range s.template.StateMachines {
		if _, err := s.states.Put(ctx, m.Name, m.RoleARN, m.Definition); err != nil {
			return fmt.Errorf("state machine %s: %w", m.LogicalID, err)
		}
	}
	return nil
}

// invokeTask calls a function for a state machine, whose role must allow it.
func (s *Stack) invokeTask(ctx context.Context, function, qualifier string, payload []byte) (states.LambdaResult, error) {
	if err := s.allow(ctx, "lambda:InvokeFunction", lambda.ARN(function)); err != nil {
		return states.LambdaResult{}, err
	}
	if qualifier != "" && qualifier != "$LATEST" {
		function += ":" + qualifier
	}
	r, err := s.lambda.InvokeTask(ctx, function, payload)
	if errors.Is(err, lambda.ErrStopping) {
		// The task did not fail: the stack is being closed. The task is interrupted with the state
		// machines, and invoked again at the next start.
		<-ctx.Done()
		return states.LambdaResult{}, ctx.Err()
	}
	if err != nil {
		return states.LambdaResult{}, err
	}
	return states.LambdaResult{Payload: r.Payload, FunctionError: r.FunctionError, StatusCode: r.StatusCode,
		ExecutedVersion: r.ExecutedVersion, RequestID: r.RequestID}, nil
}

// publishChange puts a status change of an execution on the default bus.
func (s *Stack) publishChange(ctx context.Context, c states.StatusChange) error {
	return s.events.Put(ctx, events.Event{Source: c.Source, DetailType: c.DetailType, Detail: c.Detail,
		Resources: c.Resources, Time: c.Time})
}
