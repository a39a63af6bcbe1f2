package states

import (
	"context"
	"encoding/json"

	"orderflow/local/asl"
	"orderflow/local/asl/value"
	"orderflow/local/awsapi"
)

// TestStateInput is the request of TestState: a state, or a state machine and the name of one of its states.
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
		// MapIterationFailureCount is how many iterations of a mocked Map count as failed.
		MapIterationFailureCount int `json:"mapIterationFailureCount,omitempty"`
	} `json:"stateConfiguration,omitzero"`
}

// TestStateMock stands in for the service that the state calls.
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

// TestStateOutput is the answer of TestState. Status is SUCCEEDED, FAILED, RETRIABLE or CAUGHT_ERROR.
type TestStateOutput struct {
	Output         *string         `json:"output,omitempty"`
	Error          *string         `json:"error,omitempty"`
	Cause          *string         `json:"cause,omitempty"`
	NextState      string          `json:"nextState,omitempty"`
	Status         string          `json:"status"`
	InspectionData *InspectionData `json:"inspectionData,omitempty"`
}

// InspectionData is how a state's data looked on its way, as JSON texts. It is filled above the level INFO.
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

// ErrorDetails tell which retrier or catcher took an error.
type ErrorDetails struct {
	CatchIndex                  *int   `json:"catchIndex,omitempty"`
	RetryIndex                  *int   `json:"retryIndex,omitempty"`
	RetryBackoffIntervalSeconds *int64 `json:"retryBackoffIntervalSeconds,omitempty"`
}

// TestState runs one state, without an execution and without a journal. A Task calls its service as roleArn, unless a mock stands in.
// Waits take no time. Map and Parallel need a mock of their result.
func (s *Service) TestState(ctx context.Context, in TestStateInput) (out TestStateOutput, err error) {
	if in.Input == "" {
		in.Input = "{}"
	}
	if err := checkInput(in.Input); err != nil {
		return out, err
	}
	name, state, err := findState(in)
	if err != nil {
		return out, err
	}
	if err := checkMock(in, state); err != nil {
		return out, err
	}
	mocked := asl.Options{Mocked: in.mocked()}
	if err := asl.CheckState(name, state, mocked).Err(); err != nil {
		return out, &awsapi.Error{Type: "InvalidDefinition", Message: err.Error()}
	}
	t, err := newStateTest(s, in, name, state)
	if err != nil {
		return out, err
	}
	out, err = t.run(ctx)
	if err != nil {
		return out, err
	}
	if in.InspectionLevel == "DEBUG" || in.InspectionLevel == "TRACE" {
		out.InspectionData = t.inspect(&out)
	}
	return out, nil
}

// mocked reports whether the service's answer is given with the request.
func (in *TestStateInput) mocked() bool {
	return in.Mock != nil && (in.Mock.Result != nil || in.Mock.ErrorOutput != nil)
}

const stateName = "StateName" // of a state that is given alone: recorded

// findState returns the state to be tested; in a state machine it is looked for in branches and item processors too.
func findState(in TestStateInput) (name string, state value.JSON, err error) {
	definition, err := value.Parse(in.Definition)
	if err != nil || definition.Kind() != value.Object {
		return "", "", checkDefinition(in.Definition)
	}
	if in.StateName == nil {
		if _, whole := definition.Member("States"); whole {
			return "", "", awsapi.Errorf("ValidationException", "The state name must be specified when testing a state of a state machine")
		}
		return stateName, definition, nil
	}
	if state, ok := stateIn(definition, *in.StateName); ok {
		return *in.StateName, state, nil
	}
	return "", "", awsapi.Errorf("ValidationException", "State not found in definition")
}

func stateIn(machine value.JSON, name string) (value.JSON, bool) {
	states, _ := machine.Member("States")
	if states.Kind() != value.Object {
		return "", false
	}
	if s, ok := states.Member(name); ok {
		return s, true
	}
	for _, m := range states.Members() {
		if m.Value.Kind() != value.Object {
			continue
		}
		var inner []value.JSON
		if b, ok := m.Value.Member("Branches"); ok && b.Kind() == value.Array {
			inner = b.Elements()
		}
		for _, key := range []string{"ItemProcessor", "Iterator"} {
			if p, ok := m.Value.Member(key); ok {
				inner = append(inner, p)
			}
		}
		for _, machine := range inner {
			if machine.Kind() != value.Object {
				continue
			}
			if s, ok := stateIn(machine, name); ok {
				return s, true
			}
		}
	}
	return "", false
}

func kindOf(state value.JSON) string {
	t, _ := state.Member("Type")
	if t.Kind() != value.String {
		return ""
	}
	return t.Text()
}

// parseState parses a machine made of the state for the test. What a mock stands in for need not be here.
func parseState(definition string, mocked bool) (*asl.Machine, error) {
	m, diagnostics := asl.Parse([]byte(definition), asl.Options{Mocked: mocked})
	if err := diagnostics.Err(); err != nil {
		return nil, &awsapi.Error{Type: "InvalidDefinition", Message: err.Error()}
	}
	return m, nil
}

// objectText checks that a member of the request is a JSON object, and returns it.
func objectText(name, text string) (json.RawMessage, error) {
	v, err := value.Parse(text)
	if err != nil || v.Kind() != value.Object {
		return nil, validation("Value at '%s' is not a JSON object", name)
	}
	return json.RawMessage(v), nil
}
