package states

import (
	"strings"

	"orderflow/local/asl/value"
	"orderflow/local/awsapi"
)

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
