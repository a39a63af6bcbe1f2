package states

import (
	"orderflow/local/asl/value"
	"orderflow/local/awsapi"
)

// checkMock holds the mock against the rules of the API.
func checkMock(in TestStateInput, state value.JSON) error {
	kind, m := kindOf(state), in.Mock
	refuse := func(format string, args ...any) error { return awsapi.Errorf("ValidationException", format, args...) }
	if !in.mocked() {
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
	if branches, ok := state.Member("Branches"); ok && kind == "Parallel" && branches.Len() != result.Len() {
		return refuse("Mocked result must contain the same number of items as number of Parallel branches.")
	}
	if kind == "Map" {
		return checkFailureCount(in, result)
	}
	if resource, ok := state.Member("Resource"); ok && m.FieldValidationMode != "NONE" {
		return checkAnswer(resource.Text(), result)
	}
	return nil
}
