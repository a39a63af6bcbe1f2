package states

import (
	"context"
	"errors"
	"fmt"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// execution reads the record of an execution by its ARN.
func (s *Service) execution(arn string) (execution, error) {
	id, err := s.executionNumber(arn)
	if err != nil {
		return execution{}, err
	}
	return s.record(id)
}

func (s *Service) executionNumber(arn string) (uint64, error) {
	machine, name, err := s.arns.parseExecution(arn)
	if err != nil {
		return 0, err
	}
	id, err := s.executionID(machine, name)
	if errors.Is(err, store.ErrNotFound) {
		return 0, executionMissing(arn)
	}
	return id, err
}

func (s *Service) executionID(machine, name string) (uint64, error) {
	data, err := s.store.Get(nameKey(machine, name))
	if err != nil {
		return 0, err
	}
	r := reader{b: data}
	return r.uint(), nil
}

func (s *Service) record(id uint64) (execution, error) {
	data, err := s.store.Get(executionKey(id))
	if err != nil {
		return execution{}, fmt.Errorf("read execution %d: %w", id, err)
	}
	return decodeExecution(id, data)
}

// firstEvent and lastEvent read the two ends of the journal, which hold the input and the output.
func (s *Service) firstEvent(id uint64) (asl.Event, error) {
	events, err := s.stepEvents(id, 1)
	if err != nil {
		return asl.Event{}, err
	}
	return events[0], nil
}

func (s *Service) lastEvent(e *execution) (asl.Event, error) {
	events, err := s.stepEvents(e.ID, e.Steps)
	if err != nil {
		return asl.Event{}, err
	}
	return events[len(events)-1], nil
}

// stepEvents reads the events of one step: at least one.
func (s *Service) stepEvents(id uint64, step int64) ([]asl.Event, error) {
	data, err := s.store.Get(historyKey(id, step))
	if err != nil {
		return nil, fmt.Errorf("read journal of execution %d: %w", id, err)
	}
	events, err := asl.DecodeEvents(nil, data)
	if err != nil || len(events) == 0 {
		return nil, fmt.Errorf("decode journal of execution %d: %w", id, errors.Join(err, errRecord))
	}
	return events, nil
}

// ExecutionInput names an execution: the request of DescribeStateMachineForExecution.
type ExecutionInput struct {
	ExecutionARN string `json:"executionArn"`
	IncludedData string `json:"includedData,omitempty"` // ALL_DATA (default) or METADATA_ONLY
}

// DescribeExecutionInput is the request of DescribeExecution.
type DescribeExecutionInput struct {
	ExecutionARN string `json:"executionArn"`
	IncludedData string `json:"includedData,omitempty"` // ALL_DATA (default) or METADATA_ONLY
}

// DescribeExecutionOutput is the answer of DescribeExecution.
type DescribeExecutionOutput struct {
	ExecutionARN         string       `json:"executionArn"`
	StateMachineARN      string       `json:"stateMachineArn"`
	Name                 string       `json:"name"`
	Status               asl.Status   `json:"status"`
	StartDate            Millis       `json:"startDate"`
	StopDate             Millis       `json:"stopDate,omitempty"`
	Input                *string      `json:"input,omitempty"`
	InputDetails         *dataDetails `json:"inputDetails,omitempty"`
	Output               *string      `json:"output,omitempty"`
	OutputDetails        *dataDetails `json:"outputDetails,omitempty"`
	TraceHeader          string       `json:"traceHeader,omitempty"`
	Error                *string      `json:"error,omitempty"`
	Cause                *string      `json:"cause,omitempty"`
	RedriveCount         int          `json:"redriveCount"`
	RedriveDate          Millis       `json:"redriveDate,omitempty"`
	RedriveStatus        string       `json:"redriveStatus"`
	RedriveStatusReason  string       `json:"redriveStatusReason,omitempty"`
	StateMachineVersion  string       `json:"stateMachineVersionArn,omitempty"`
	StateMachineAliasARN string       `json:"stateMachineAliasArn,omitempty"`
}

// dataDetails reports whether an input or output is included in the answer or event.
type dataDetails struct {
	Included bool `json:"included"`
}

var included = &dataDetails{Included: true}

// DescribeExecution returns the current state of an execution. Errors: ExecutionDoesNotExist,
// InvalidArn.
func (s *Service) DescribeExecution(_ context.Context, in DescribeExecutionInput) (DescribeExecutionOutput, error) {
	return inside(s, in, s.describeExecution)
}

func (s *Service) describeExecution(in DescribeExecutionInput) (out DescribeExecutionOutput, err error) {
	metadataOnly, err := onlyMetadata(in.IncludedData)
	if err != nil {
		return out, err
	}
	e, err := s.execution(in.ExecutionARN)
	if err != nil {
		return out, err
	}
	out = DescribeExecutionOutput{
		ExecutionARN: in.ExecutionARN, StateMachineARN: s.arns.machine(e.Machine), Name: e.Name, Status: e.Status,
		StartDate:    e.Start,
		StopDate:     e.Stop,
		TraceHeader:  e.Trace,
		RedriveCount: e.RedriveCount,
		RedriveDate:  e.RedriveDate,
	}
	if out.RedriveStatus, out.RedriveStatusReason, err = s.redriveStatus(&e); err != nil {
		return out, err
	}
	if e.Status != asl.TimedOut { // a timeout of the state machine has neither: recorded
		out.Error, out.Cause = e.Error, e.Cause
	}
	if metadataOnly {
		return out, nil
	}
	first, err := s.firstEvent(e.ID)
	if err != nil {
		return out, err
	}
	out.Input, out.InputDetails = &first.Input, included
	if e.Status == asl.Succeeded {
		last, err := s.lastEvent(&e)
		if err != nil {
			return out, err
		}
		out.Output, out.OutputDetails = &last.Output, included
	}
	return out, nil
}

// Wait returns when the execution has ended, or ctx is done. It is an extension of this service:
// AWS has no such operation for Standard executions.
func (s *Service) Wait(ctx context.Context, arn string) error {
	id, err := inside(s, arn, s.executionNumber)
	if err != nil {
		return err
	}
	ended := s.waiters.add(id)
	defer s.waiters.remove(id, ended)
	e, err := inside(s, id, s.record)
	if err != nil || e.Status != asl.Running {
		return err
	}
	select {
	case <-ended:
		return nil
	case <-s.work.ctx.Done():
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// StopExecutionInput is the request of StopExecution.
type StopExecutionInput struct {
	ExecutionARN string  `json:"executionArn"`
	Error        *string `json:"error,omitempty"`
	Cause        *string `json:"cause,omitempty"`
}

// StopExecutionOutput is the answer of StopExecution.
type StopExecutionOutput struct {
	StopDate Millis `json:"stopDate"`
}

// StopExecution aborts a running execution. An execution that has ended is unchanged, and the
// answer is the time at which it ended.
func (s *Service) StopExecution(_ context.Context, in StopExecutionInput) (StopExecutionOutput, error) {
	return inside(s, in, s.stopExecution)
}

func (s *Service) stopExecution(in StopExecutionInput) (out StopExecutionOutput, err error) {
	if err := checkErrorCause(in.Error, in.Cause); err != nil {
		return out, err
	}
	e, err := s.execution(in.ExecutionARN)
	if err != nil {
		return out, err
	}
	if e.Status != asl.Running {
		return StopExecutionOutput{e.Stop}, nil
	}
	r, err := s.acquire(e.ID)
	if err != nil {
		return out, err
	}
	defer r.release()
	if r.rec.Status == asl.Running {
		if err := r.take(asl.Stop{Error: in.Error, Cause: in.Cause}, nil); err != nil {
			return out, err
		}
	}
	return StopExecutionOutput{r.rec.Stop}, nil
}

// checkErrorCause checks the length of an error and its cause, in characters.
func checkErrorCause(name, cause *string) error {
	if name != nil && len(*name) > 256 {
		return validation("Value at 'error' failed to satisfy constraint: " +
			"Member must have length less than or equal to 256")
	}
	if cause != nil && len(*cause) > 32768 {
		return validation("Value at 'cause' failed to satisfy constraint: " +
			"Member must have length less than or equal to 32768")
	}
	return nil
}

var _ awsapi.Service = (*Service)(nil)
