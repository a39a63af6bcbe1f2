package states

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/asl/value"
	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// TestStateInput is the request of TestState: a state, or a state machine and the name of one of
// its states.
type TestStateInput struct {
	Definition      string         `json:"definition"`
	StateName       *string        `json:"stateName,omitempty"`
	RoleARN         string         `json:"roleArn,omitempty"`
	Input           string         `json:"input,omitempty"`
	InspectionLevel string         `json:"inspectionLevel,omitempty"` // INFO (default), DEBUG, TRACE
	RevealSecrets   bool           `json:"revealSecrets,omitempty"`
	Variables       string         `json:"variables,omitempty"` // a JSON object
	Context         string         `json:"context,omitempty"`   // the context object
	Mock            *TestStateMock `json:"mock,omitempty"`
	Configuration   struct {
		RetrierRetryCount int `json:"retrierRetryCount,omitempty"`
		// MapIterationFailureCount is the number of failed iterations of a mocked Map.
		MapIterationFailureCount int `json:"mapIterationFailureCount,omitempty"`
	} `json:"stateConfiguration,omitzero"`
}

// TestStateMock replaces the service that the state calls.
type TestStateMock struct {
	Result              *string `json:"result,omitempty"` // JSON text
	ErrorOutput         *Error  `json:"errorOutput,omitempty"`
	FieldValidationMode string  `json:"fieldValidationMode,omitempty"` // STRICT (default), PRESENT, NONE
}

// Error is a state's error.
type Error struct {
	Error *string `json:"error,omitempty"`
	Cause *string `json:"cause,omitempty"`
}

// TestStateOutput is the answer of TestState. Status is SUCCEEDED, FAILED, RETRIABLE or
// CAUGHT_ERROR.
type TestStateOutput struct {
	Output         *string         `json:"output,omitempty"`
	Error          *string         `json:"error,omitempty"`
	Cause          *string         `json:"cause,omitempty"`
	NextState      string          `json:"nextState,omitempty"`
	Status         string          `json:"status"`
	InspectionData *InspectionData `json:"inspectionData,omitempty"`
}

// InspectionData is a state's data at each step through the state, as JSON texts. It is returned
// for levels above INFO.
type InspectionData struct {
	Input               string        `json:"input,omitempty"`
	AfterInputPath      string        `json:"afterInputPath,omitempty"`
	AfterParameters     string        `json:"afterParameters,omitempty"`
	AfterItemsPath      string        `json:"afterItemsPath,omitempty"`
	Result              string        `json:"result,omitempty"`
	AfterResultSelector string        `json:"afterResultSelector,omitempty"`
	AfterResultPath     string        `json:"afterResultPath,omitempty"`
	MaxConcurrency      *int64        `json:"maxConcurrency,omitempty"`
	ToleratedFailures   *int64        `json:"toleratedFailureCount,omitempty"`
	ToleratedPercentage *float64      `json:"toleratedFailurePercentage,omitempty"`
	ErrorDetails        *ErrorDetails `json:"errorDetails,omitempty"`
}

// ErrorDetails name the retrier or catcher that matched an error.
type ErrorDetails struct {
	CatchIndex                  *int   `json:"catchIndex,omitempty"`
	RetryIndex                  *int   `json:"retryIndex,omitempty"`
	RetryBackoffIntervalSeconds *int64 `json:"retryBackoffIntervalSeconds,omitempty"`
}

// TestState runs one state, without an execution and without a journal. A Task calls its service as
// roleArn, unless there is a mock. Waits take no time. Map and Parallel need a mock of their
// result.
func (s *Service) TestState(ctx context.Context, in TestStateInput) (out TestStateOutput, err error) {
	if err := in.check(); err != nil {
		return out, err
	}
	if in.Input == "" {
		in.Input = "{}"
	}
	if err := checkInput(in.Input); err != nil {
		return out, err
	}
	t, err := s.trial(in)
	if err != nil {
		return out, err
	}
	r, err := s.try(ctx, t)
	if err != nil {
		return out, err
	}
	out = TestStateOutput{Status: r.Status, Error: r.Error, Cause: r.Cause, NextState: r.NextState}
	if r.Output != "" {
		out.Output = &r.Output
	}
	if in.InspectionLevel == "DEBUG" || in.InspectionLevel == "TRACE" {
		out.InspectionData = inspectionData(in.Input, r)
	}
	return out, nil
}

// trial converts a request to the engine's form.
func (s *Service) trial(in TestStateInput) (t asl.Trial, err error) {
	if t.Name, t.Definition, err = findState(in); err != nil {
		return t, err
	}
	if t.Mock, err = in.mock(t.Definition); err != nil {
		return t, err
	}
	if t.Variables, err = objectText("variables", in.Variables); err != nil {
		return t, err
	}
	if t.Context, err = objectText("context", in.Context); err != nil {
		return t, err
	}
	t.Input, t.Now = value.JSON(strings.TrimSpace(in.Input)), s.clock.Now()
	t.RetryCount, t.FailedIterations = int64(
		in.Configuration.RetrierRetryCount), in.Configuration.MapIterationFailureCount
	t.Info = asl.Info{
		ExecutionARN: s.arns.prefix + "express:TestState:TestState", Name: "TestState", RoleARN: in.RoleARN,
		StateMachineARN:  s.arns.machine("TestState"),
		StateMachineName: "TestState",
		Region:           s.opt.Region,
		StartTime:        t.Now,
		Seed:             s.opt.Seed(),
	}
	return t, nil
}

// try tests a state. If the state calls a service, the outcome of the call is the mock of a second
// test.
func (s *Service) try(ctx context.Context, t asl.Trial) (*asl.TrialResult, error) {
	r, diagnostics := asl.Test(t)
	if err := diagnostics.Err(); err != nil {
		return nil, &awsapi.Error{Type: "InvalidDefinition", Message: err.Error()}
	}
	if r.Task == nil {
		return r, nil
	}
	if r.Task.Pattern != asl.RequestResponse {
		return nil,
			awsapi.Errorf("ValidationException",
				"A state that waits for a task token or a job must be tested with a mock")
	}
	out := s.integrate(ctx,
		job{task: *r.Task,
			run: &run{s: s, role: t.Info.RoleARN,
				rec: execution{Machine: "TestState", Name: "TestState", Seed: t.Info.Seed}}})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	t.Mock = &asl.Mock{}
	if out.err != nil {
		t.Mock.Error, t.Mock.Cause = &out.err.name, &out.err.cause
		return s.try(ctx, t)
	}
	var err error
	if t.Mock.Result, err = value.Parse(out.output); err != nil {
		return nil, fmt.Errorf("test state: result of the task: %w", err)
	}
	return s.try(ctx, t)
}

func inspectionData(input string, r *asl.TrialResult) *InspectionData {
	i := &r.Inspection
	d := &InspectionData{
		Input:           input,
		AfterInputPath:  i.AfterInputPath,
		AfterParameters: i.AfterParameters,
		AfterItemsPath:  i.AfterItemsPath,
		Result:          i.Result, AfterResultSelector: i.AfterResultSelector, AfterResultPath: i.AfterResultPath,
		MaxConcurrency:      i.MaxConcurrency,
		ToleratedFailures:   i.ToleratedFailureCount,
		ToleratedPercentage: i.ToleratedFailurePercentage,
	}
	if i.RetryIndex == nil && i.CatchIndex == nil {
		return d
	}
	d.ErrorDetails = &ErrorDetails{CatchIndex: i.CatchIndex, RetryIndex: i.RetryIndex}
	if r.Status == asl.TrialRetriable {
		delay := int64(i.RetryBackoff / time.Second)
		d.ErrorDetails.RetryBackoffIntervalSeconds = &delay
	}
	return d
}

const stateName = "StateName" // the name of a state without a state machine: recorded

// findState returns the state to be tested; in a state machine it searches branches and item
// processors too.
func findState(in TestStateInput) (name string, state value.JSON, err error) {
	definition, err := value.Parse(in.Definition)
	if err != nil || definition.Kind() != value.Object {
		return "", "", checkDefinition(in.Definition)
	}
	if in.StateName == nil {
		if _, whole := definition.Member("States"); whole {
			return "", "",
				awsapi.Errorf("ValidationException",
					"The state name must be specified when testing a state of a state machine")
		}
		return stateName, definition, nil
	}
	state, ok := asl.FindState(definition, *in.StateName)
	if !ok {
		return "", "", awsapi.Errorf("ValidationException", "State not found in definition")
	}
	return *in.StateName, state, nil
}

// objectText checks that a member of the request, if present, is a JSON object, and returns it.
func objectText(name, text string) (value.JSON, error) {
	if text == "" {
		return "", nil
	}
	v, err := value.Parse(text)
	if err != nil || v.Kind() != value.Object {
		return "", validation("Value at '%s' is not a JSON object", name)
	}
	return v, nil
}
