package states

import (
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/asl/value"
	"github.com/orderflow-dev/orderflow/local/store"
)

func TestService_TestState_Request(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	const task = `{"definition":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",` +
		`"Parameters":{"FunctionName":"f"},"End":true},`
	for _, tt := range []struct{ name, members, message string }{
		{"level", `"inspectionLevel":"ALL"`,
			"Value 'ALL' at 'inspectionLevel' failed to satisfy constraint: Member must satisfy enum value set: " +
				"[INFO, DEBUG, TRACE]"},
		{"level in small letters", `"inspectionLevel":"debug"`,
			"Value 'debug' at 'inspectionLevel' failed to satisfy constraint: " +
				"Member must satisfy enum value set: [INFO, DEBUG, TRACE]"},
		{"mode", `"mock":{"result":"{}","fieldValidationMode":"LAX"}`,
			"Value 'LAX' at 'mock.fieldValidationMode' failed to satisfy constraint: " +
				"Member must satisfy enum value set: [STRICT, PRESENT, NONE]"},
		{"mode of an error", `"mock":{"errorOutput":{"error":"E"},"fieldValidationMode":"none"}`,
			"Value 'none' at 'mock.fieldValidationMode' failed to satisfy constraint: " +
				"Member must satisfy enum value set: [STRICT, PRESENT, NONE]"},
		{"error without a name", `"mock":{"errorOutput":{"cause":"c"}}`,
			"Value null at 'mock.errorOutput.error' failed to satisfy constraint: Member must not be null"},
		{"retries", `"mock":{"errorOutput":{"error":"E"}},"stateConfiguration":{"retrierRetryCount":-1}`,
			"Value '-1' at 'stateConfiguration.retrierRetryCount' failed to satisfy constraint: " +
				"Member must have value greater than or equal to 0"},
		{"failures", `"mock":{"result":"{}"},"stateConfiguration":{"mapIterationFailureCount":-2}`,
			"Value '-2' at 'stateConfiguration.mapIterationFailureCount' failed to satisfy constraint: " +
				"Member must have value greater than or equal to 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := h.wire("TestState", texts(t, task+tt.members+`}`))
			wantError(t, err, "ValidationException", "1 validation error detected: "+tt.message)
		})
	}
}

func TestService_TestState_MockedAnswer(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	const (
		wrong   = "Mock result schema validation error: Field "
		missing = "Mock result schema validation error: Required field "
		started = `{"ExecutionArn":"e","StartDate":"2026-11-22T12:00:00.5Z"}`
	)
	for _, tt := range []struct{ name, resource, mode, result, message string }{
		{"started", "states:startExecution", "", started, ""},
		{"started, as the engine returns it", "states:startExecution", "STRICT",
			`{"ExecutionArn":"e","StartDate":1795348800.5,"SdkHttpMetadata":{"HttpStatusCode":200}}`, ""},
		{"started by the SDK, as the engine returns it", "aws-sdk:sfn:startExecution", "STRICT", started, ""},
		{"nothing", "states:startExecution", "", `{}`, missing + "'ExecutionArn' is missing"},
		{"no date", "states:startExecution", "STRICT", `{"ExecutionArn":"e"}`, missing + "'StartDate' is missing"},
		{"names in small letters", "states:startExecution", "STRICT", `{"executionArn":"e","startDate":"s"}`,
			missing + "'ExecutionArn' is missing"},
		{"missing before wrong", "states:startExecution", "STRICT", `{"StartDate":true}`,
			missing + "'ExecutionArn' is missing"},
		{"no date by the SDK", "aws-sdk:sfn:startExecution", "", `{"ExecutionArn":"e"}`,
			missing + "'StartDate' is missing"},
		{"no date of a redrive", "aws-sdk:sfn:redriveExecution", "", `{}`, missing + "'RedriveDate' is missing"},
		{"present: nothing", "states:startExecution", "PRESENT", `{}`, ""},
		{"present: wrong", "states:startExecution", "PRESENT", `{"StartDate":[1]}`,
			wrong + "'StartDate' must be a string"},
		{"none: nothing", "states:startExecution", "NONE", `{}`, ""},
		{"none: wrong", "states:startExecution", "NONE", `{"StartDate":[1]}`, ""},
		{"none: no object", "states:startExecution", "NONE", `[1]`, ""},
		{"callback", "states:startExecution.waitForTaskToken", "", `7`, ""},
		{"item", "aws-sdk:dynamodb:getItem", "", `{"Item":{"id":{"S":"1"}}}`, ""},
		{"item of a wrong type", "aws-sdk:dynamodb:getItem", "", `{"Item":{"id":{"S":1}}}`,
			wrong + "'S' must be a string"},
		{"message", "aws-sdk:sqs:sendMessage", "PRESENT", `{"MessageId":1}`, wrong + "'MessageId' must be a string"},
		{"topic", "aws-sdk:sns:publish", "", `{"MessageId":false}`, wrong + "'MessageId' must be a string"},
		{"entries", "aws-sdk:eventbridge:putEvents", "", `{"Entries":{}}`, wrong + "'Entries' must be an array"},
		{"function", "aws-sdk:lambda:invoke", "", `{"StatusCode":"200"}`, wrong + "'StatusCode' must be a number"},
		{"whole", "lambda:invoke", "", `{"StatusCode":2e2}`, ""},
		{"fraction", "lambda:invoke", "", `{"StatusCode":200.5}`, wrong + "'StatusCode' must be a number"},
		{"fraction of an entry", "events:putEvents", "PRESENT", `{"FailedEntryCount":0.1}`,
			wrong + "'FailedEntryCount' must be a number"},
		{"fraction of a unit", "dynamodb:putItem", "", `{"ConsumedCapacity":{"CapacityUnits":0.5}}`, ""},
		{"array", "lambda:invoke", "", `[{"StatusCode":200}]`, "Mocked result must be a JSON object."},
		{"text", "dynamodb:getItem", "PRESENT", `"x"`, "Mocked result must be a JSON object."},
		{"null", "aws-sdk:dynamodb:deleteItem", "", `null`, "Mocked result must be a JSON object."},
		{"another service", "aws-sdk:s3:listBuckets", "", `{"Buckets":[]}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			parameters := ""
			if strings.HasSuffix(tt.resource, ".waitForTaskToken") {
				parameters = `"Parameters":{"StateMachineArn":"a","Input":{"Token.$":"$$.Task.Token"}},`
			}
			request := `{"definition":{"Type":"Task","Resource":"arn:aws:states:::` + tt.resource + `",` +
				parameters + `"End":true},` +
				`"context":{"Task":{"Token":"t"}},"mock":{"fieldValidationMode":"` + tt.mode + `","result":` +
				string(value.OfString(tt.result)) + `}}`
			got, err := h.wire("TestState", texts(t, request))
			if tt.message != "" {
				wantError(t, err, "ValidationException", tt.message)
				return
			}
			if want := `{"status":"SUCCEEDED","output":` + string(value.OfString(tt.result)) + `}`; err != nil ||
				!sameJSON(t, got, want) {
				t.Errorf("got %s, %v\nwant %s", got, err, want)
			}
		})
	}
}

// TestService_TestState_OwnAnswer uses the engine's own answers as strict mocks.
func TestService_TestState_OwnAnswer(t *testing.T) {
	t.Parallel()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	svc := &services{answer: func(_, op string) (string, error) {
		return map[string]string{
			"StartExecution":   `{"executionArn":"e","startDate":1795348800.5}`,
			"RedriveExecution": `{"redriveDate":1795348800.5}`,
			"SendMessage":      `{"MessageId":"m","MD5OfMessageBody":"d"}`,
			"PutEvents":        `{"Entries":[{"EventId":"e"}],"FailedEntryCount":0}`,
			"GetItem":          `{"Item":{"id":{"S":"1"}}}`,
		}[op], nil
	}}
	h := startOn(t, st, clockwork.NewFakeClockAt(testStart), Options{Caller: svc.call}, newFunctions(nil))
	defer h.stop()
	for _, tt := range []struct{ resource, parameters string }{
		{"states:startExecution", `{"StateMachineArn":"a"}`},
		{"aws-sdk:sfn:startExecution", `{"StateMachineArn":"a"}`},
		{"aws-sdk:sfn:redriveExecution", `{"ExecutionArn":"e"}`},
		{"sqs:sendMessage", `{"QueueUrl":"q","MessageBody":"b"}`},
		{"events:putEvents", `{"Entries":[{"Detail":{},"DetailType":"d","Source":"s"}]}`},
		{"dynamodb:getItem", `{"TableName":"t","Key":{"id":{"S":"1"}}}`},
	} {
		t.Run(tt.resource, func(t *testing.T) {
			state := `{"Type":"Task","Resource":"arn:aws:states:::` + tt.resource + `","Parameters":` +
				tt.parameters + `,"End":true}`
			called, err := h.TestState(t.Context(), TestStateInput{Definition: state, RoleARN: role})
			if err != nil || called.Output == nil {
				t.Fatalf("without a mock: %+v, %v", called, err)
			}
			mocked, err := h.TestState(t.Context(),
				TestStateInput{Definition: state, Mock: &TestStateMock{Result: called.Output}})
			if err != nil || mocked.Output == nil || *mocked.Output != *called.Output {
				t.Errorf("mock of %s returns %+v, %v", *called.Output, mocked, err)
			}
		})
	}
}
