package states

import (
	"context"
	"encoding/json"
	"strings"

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
	Configuration   *struct {
		RetrierRetryCount int `json:"retrierRetryCount,omitempty"`
	} `json:"stateConfiguration,omitempty"`
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
	if _, err := value.Parse(in.Input); err != nil {
		return out, invalidInput(err.Error())
	}
	name, state, err := findState(in)
	if err != nil {
		return out, err
	}
	if err := checkMock(in, state); err != nil {
		return out, err
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

const stateName = "StateName" // of a state that is given alone: recorded

// findState returns the state to be tested; in a state machine it is looked for in branches and item processors too.
func findState(in TestStateInput) (name string, state value.JSON, err error) {
	definition, err := value.Parse(in.Definition)
	if err != nil || definition.Kind() != value.Object {
		return "", "", &awsapi.Error{Type: "InvalidDefinition", Message: "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: the definition is not a JSON object'"}
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

// checkMock holds the mock against the rules of the API.
func checkMock(in TestStateInput, state value.JSON) error {
	kind, m := kindOf(state), in.Mock
	refuse := func(format string, args ...any) error { return awsapi.Errorf("ValidationException", format, args...) }
	if m == nil || m.Result == nil && m.ErrorOutput == nil {
		switch {
		case kind == "Map" || kind == "Parallel":
			return awsapi.Errorf("InvalidDefinition", "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]")
		case kind == "Task" && in.RoleARN == "":
			return refuse("RoleArn must be specified when testing a Task state")
		}
		return nil
	}
	switch {
	case m.Result != nil && m.ErrorOutput != nil:
		return refuse("A test mock should have only one of the following fields: [result, errorOutput].")
	case in.RevealSecrets:
		return refuse("TestState does not support RevealSecrets when a mock is specified.")
	case kind != "Task" && kind != "Map" && kind != "Parallel":
		return refuse("State type '%s' is not supported when a mock is specified", kind)
	case m.Result == nil:
		return nil
	}
	result, err := value.Parse(*m.Result)
	if err != nil {
		return refuse("Mocked result must be valid JSON")
	}
	_, writes := state.Member("ResultWriter")
	switch {
	case kind == "Map" && writes && result.Kind() != value.Object:
		return refuse("Mocked result must be a JSON object.")
	case (kind == "Map" && !writes || kind == "Parallel") && result.Kind() != value.Array:
		return refuse("Mocked result must be an array.")
	}
	if resource, ok := state.Member("Resource"); ok && m.FieldValidationMode != "NONE" {
		return checkMockFields(resource.Text(), result)
	}
	return nil
}

// checkMockFields holds the members of a mocked result against the types of the service's answer, where this service knows them.
func checkMockFields(resource string, result value.JSON) error {
	action := strings.TrimSuffix(strings.TrimPrefix(resource, "arn:aws:states:::"), ".waitForTaskToken")
	if result.Kind() != value.Object || action == resource || strings.HasSuffix(resource, ".waitForTaskToken") {
		return nil // the result of a callback is anybody's
	}
	return checkFields(answerFields[action], result)
}

func checkFields(fields map[string]fieldType, result value.JSON) error {
	for _, m := range result.Members() {
		f, known := fields[m.Key]
		if !known {
			continue
		}
		if m.Value.Kind() != f.kind {
			return awsapi.Errorf("ValidationException", "Mock result schema validation error: Field '%s' must be %s", m.Key, kindNames[f.kind])
		}
		if f.kind == value.Object {
			if err := checkFields(f.fields, m.Value); err != nil {
				return err
			}
		}
		if f.kind != value.Array || f.fields == nil {
			continue
		}
		for _, e := range m.Value.Elements() {
			if e.Kind() != value.Object {
				return awsapi.Errorf("ValidationException", "Mock result schema validation error: Field '%s' must be an object", m.Key)
			}
			if err := checkFields(f.fields, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// fieldType is the type of a member of a service's answer; fields are those of an object, or of the objects in an array.
type fieldType struct {
	kind   value.Kind
	fields map[string]fieldType
}

var kindNames = map[value.Kind]string{value.String: "a string", value.Number: "a number", value.Object: "an object", value.Array: "an array", value.Bool: "a boolean"}

var (
	aString, aNumber, anObject = fieldType{kind: value.String}, fieldType{kind: value.Number}, fieldType{kind: value.Object}
	itemAnswer                 = map[string]fieldType{"Item": anObject, "Attributes": anObject, "ConsumedCapacity": anObject, "ItemCollectionMetrics": anObject}
)

// answerFields are the members of the services' answers (their API references).
var answerFields = map[string]map[string]fieldType{
	"lambda:invoke":   {"StatusCode": aNumber, "ExecutedVersion": aString, "FunctionError": aString, "LogResult": aString},
	"sns:publish":     {"MessageId": aString, "SequenceNumber": aString},
	"sqs:sendMessage": {"MessageId": aString, "MD5OfMessageBody": aString, "MD5OfMessageAttributes": aString, "SequenceNumber": aString},
	"events:putEvents": {"FailedEntryCount": aNumber, "Entries": {kind: value.Array, fields: map[string]fieldType{
		"EventId": aString, "ErrorCode": aString, "ErrorMessage": aString,
	}}},
	"dynamodb:getItem": itemAnswer, "dynamodb:putItem": itemAnswer, "dynamodb:updateItem": itemAnswer, "dynamodb:deleteItem": itemAnswer,
	"states:startExecution":        {"ExecutionArn": aString, "StartDate": aString},
	"aws-sdk:sfn:startExecution":   {"ExecutionArn": aString, "StartDate": aString},
	"aws-sdk:sfn:redriveExecution": {"RedriveDate": aString},
}

// parseState parses a machine made of the state for the test.
func parseState(definition string) (*asl.Machine, error) {
	m, diagnostics := asl.Parse([]byte(definition), asl.Options{AnyIntegration: true})
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
