package states

import (
	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/asl/value"
	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// mock checks the mock of a request against the rules of the API, and returns it; nil if the
// request has none.
func (in *TestStateInput) mock(state value.JSON) (*asl.Mock, error) {
	kind, m := stateType(state), in.Mock
	refuse := func(format string, args ...any) (*asl.Mock, error) {
		return nil, awsapi.Errorf("ValidationException", format, args...)
	}
	switch {
	case m == nil || m.Result == nil && m.ErrorOutput == nil:
		return nil, checkUnmocked(kind, in.RoleARN)
	case m.Result != nil && m.ErrorOutput != nil:
		return refuse("A test mock should have only one of the following fields: [result, errorOutput].")
	case in.RevealSecrets:
		return refuse("TestState does not support RevealSecrets when a mock is specified.")
	case kind != "Task" && kind != "Map" && kind != "Parallel":
		return refuse("State type '%s' is not supported when a mock is specified", kind)
	case m.Result == nil:
		return &asl.Mock{Error: m.ErrorOutput.Error, Cause: m.ErrorOutput.Cause}, nil
	}
	result, err := value.Parse(*m.Result)
	if err != nil {
		return refuse("Mocked result must be valid JSON")
	}
	return &asl.Mock{Result: result}, in.checkResult(kind, state, result)
}

// checkUnmocked refuses states that can only be tested with a mock.
func checkUnmocked(kind, role string) error {
	switch {
	case kind == "Map" || kind == "Parallel":
		return awsapi.Errorf("InvalidDefinition",
			"TestState API does not support Map or Parallel states. Supported state types include: "+
				"[Task, Wait, Pass, Succeed, Fail, Choice]")
	case kind == "Task" && role == "":
		return awsapi.Errorf("ValidationException", "RoleArn must be specified when testing a Task state")
	}
	return nil
}

// checkResult checks a mocked result against the result of the state.
func (in *TestStateInput) checkResult(kind string, state, result value.JSON) error {
	refuse := func(message string) error { return awsapi.Errorf("ValidationException", "%s", message) }
	_, writes := state.Member("ResultWriter")
	switch {
	case kind == "Map" && writes && result.Kind() != value.Object:
		return refuse("Mocked result must be a JSON object.")
	case (kind == "Map" && !writes || kind == "Parallel") && result.Kind() != value.Array:
		return refuse("Mocked result must be an array.")
	}
	if branches, ok := state.Member("Branches"); ok && kind == "Parallel" && branches.Len() != result.Len() {
		return refuse("Mocked result must contain the same number of items as number of Parallel branches.")
	}
	if kind == "Map" {
		return checkFailureCount(in.Configuration.MapIterationFailureCount, result)
	}
	mode := in.Mock.FieldValidationMode
	if resource, ok := state.Member("Resource"); ok && mode != "NONE" {
		return checkAnswer(resource.Text(), result, mode != "PRESENT")
	}
	return nil
}

// checkFailureCount checks the number of failed iterations against the number of all iterations.
func checkFailureCount(n int, result value.JSON) error {
	if result.Kind() == value.Array && n > result.Len() {
		return awsapi.Errorf("ValidationException",
			"Map iteration failure count must be less than or equal to the number of Map iterations")
	}
	return nil
}

// stateType returns the type of a state's definition; empty if it has none.
func stateType(state value.JSON) string {
	t, _ := state.Member("Type")
	if t.Kind() != value.String {
		return ""
	}
	return t.Text()
}
