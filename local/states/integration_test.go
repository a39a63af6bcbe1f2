package states

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// services records calls and answers them.
type services struct {
	mu     sync.Mutex
	calls  []string // "sqs:SendMessage as role/order-machine {...}"
	answer func(service, op string) (string, error)
}

func (s *services) call(ctx context.Context, service, op string, in json.RawMessage) (json.RawMessage, error) {
	s.mu.Lock()
	s.calls = append(s.calls, fmt.Sprintf("%s:%s as %s %s", service, op, awsapi.IdentityFrom(ctx).AccessKey, in))
	s.mu.Unlock()
	out, err := s.answer(service, op)
	return json.RawMessage(out), err
}

func task(resource, parameters string) string {
	return `{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::` + resource +
		`","Parameters":` + parameters + `,"End":true}}}`
}

func TestService_Integrations(t *testing.T) {
	t.Parallel()
	const meta = `"SdkHttpMetadata":{"AllHttpHeaders":{"x-amzn-RequestId":["id"]},` +
		`"HttpHeaders":{"x-amzn-RequestId":"id"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"id"}`
	refused := func(typ string, status int) error { return &awsapi.Error{Type: typ, Message: "no", Status: status} }
	for _, tt := range []struct {
		name, resource, parameters, call string
		answer                           string
		err                              error
		output, failure, cause           string
	}{
		{
			name: "sqs", resource: "sqs:sendMessage", parameters: `{"QueueUrl":"q","MessageBody":{"a":[1]}}`,
			call:   `sqs:SendMessage as role/order-machine {"MessageBody":"{\"a\":[1]}","QueueUrl":"q"}`,
			answer: `{"MessageId":"m"}`,
			output: `{"MessageId":"m",` + meta + `}`,
		},
		{
			name: "sns", resource: "sns:publish", parameters: `{"TopicArn":"t","Message":"hello"}`,
			call:   `sns:Publish as role/order-machine {"Message":"hello","TopicArn":"t"}`,
			answer: `{"MessageId":"m"}`,
			output: `{"MessageId":"m",` + meta + `}`,
		},
		{
			name:       "sns refuses",
			resource:   "sns:publish",
			parameters: `{"TopicArn":"t","Message":"hello"}`,
			err:        refused("InvalidParameter", 400),
			failure:    "SNS.InvalidParameterException",
			cause: "no (Service: AmazonSNS; Status Code: 400; Error Code: InvalidParameter; Request ID: " +
				"id; Proxy: null)",
		},
		{
			name:       "events",
			resource:   "events:putEvents",
			parameters: `{"Entries":[{"Detail":{"a":1},"DetailType":"d","Source":"s","EventBusName":"b"}]}`,
			call: `events:PutEvents as role/order-machine {"Entries":[{"Detail":"{\"a\":1}","DetailType":"d",` +
				`"EventBusName":"b","Resources":` +
				`["arn:aws:states:us-east-1:000000000000:execution:m:x",` +
				`"arn:aws:states:us-east-1:000000000000:stateMachine:m"],"Source":"s"}]}`,
			answer: `{"Entries":[{"EventId":"e"}],"FailedEntryCount":0}`,
			output: `{"Entries":[{"EventId":"e"}],"FailedEntryCount":0,` + meta + `}`,
		},
		{
			name:       "failed entry",
			resource:   "events:putEvents",
			parameters: `{"Entries":[{"Detail":"x","DetailType":"d","Source":"s"}]}`,
			answer:     `{"Entries":[{"ErrorCode":"MalformedDetail"}],"FailedEntryCount":1}`,
			failure:    "EventBridge.FailedEntry",
			cause:      `{"Entries":[{"ErrorCode":"MalformedDetail"}],"FailedEntryCount":1}`,
		},
		{
			name: "getItem", resource: "dynamodb:getItem", parameters: `{"TableName":"t","Key":{"id":{"S":"1"}}}`,
			call:   `dynamodb:GetItem as role/order-machine {"Key":{"id":{"S":"1"}},"TableName":"t"}`,
			answer: `{"Item":{"id":{"S":"1"}}}`,
			output: `{"Item":{"id":{"S":"1"}},` + meta + `}`,
		},
		{
			name: "putItem", resource: "dynamodb:putItem", parameters: `{"TableName":"t","Item":{"id":{"S":"1"}}}`,
			call:   `dynamodb:PutItem as role/order-machine {"Item":{"id":{"S":"1"}},"TableName":"t"}`,
			answer: `{}`,
			output: `{` + meta + `}`,
		},
		{
			name:       "condition fails",
			resource:   "dynamodb:updateItem",
			parameters: `{"TableName":"t","Key":{}}`,
			err:        refused("ConditionalCheckFailedException", 400),
			failure:    "DynamoDB.ConditionalCheckFailedException",
			cause: "no (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: " +
				"ConditionalCheckFailedException; Request ID: id; Proxy: null)",
		},
		{
			name:       "not valid",
			resource:   "dynamodb:deleteItem",
			parameters: `{"TableName":"t","Key":{}}`,
			err:        refused("ValidationException", 400),
			failure:    "DynamoDB.AmazonDynamoDBException",
			cause: "no (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: " +
				"ValidationException; Request ID: id; Proxy: null)",
		},
		{
			name:       "connection",
			resource:   "dynamodb:deleteItem",
			parameters: `{"TableName":"t","Key":{}}`,
			err:        errUnreachable,
			failure:    "DynamoDB.SdkClientException",
			cause:      "unreachable",
		},
		{
			name:       "startExecution",
			resource:   "states:startExecution",
			parameters: `{"StateMachineArn":"sm","Name":"n","Input":{"a":1}}`,
			call: `states:StartExecution as role/order-machine {"input":"{\"a\":1}","name":"n",` +
				`"stateMachineArn":"sm"}`,
			answer: `{"executionArn":"e","startDate":1.5}`,
			output: `{"ExecutionArn":"e","StartDate":1.5,` + meta + `}`,
		},
		{
			name:       "started already",
			resource:   "states:startExecution",
			parameters: `{"StateMachineArn":"sm","Name":"n"}`,
			err:        refused("ExecutionAlreadyExists", 400),
			failure:    "StepFunctions.ExecutionAlreadyExistsException",
			cause: "no (Service: AWSStepFunctions; Status Code: 400; Error Code: " +
				"ExecutionAlreadyExists; Request ID: id; Proxy: null)",
		},
		{
			name:       "SDK start",
			resource:   "aws-sdk:sfn:startExecution",
			parameters: `{"StateMachineArn":"sm","Name":"n","Input":{"a":1}}`,
			call: `states:StartExecution as role/order-machine {"input":"{\"a\":1}","name":"n",` +
				`"stateMachineArn":"sm"}`,
			answer: `{"executionArn":"e","startDate":1795348800.5}`,
			output: `{"ExecutionArn":"e","StartDate":"2026-11-22T12:00:00.5Z"}`,
		},
		{
			name: "redrive", resource: "aws-sdk:sfn:redriveExecution", parameters: `{"ExecutionArn":"e"}`,
			call:   `states:RedriveExecution as role/order-machine {"executionArn":"e"}`,
			answer: `{"redriveDate":1795348800.5}`,
			output: `{"RedriveDate":"2026-11-22T12:00:00.5Z"}`,
		},
		{
			name:       "redrive refused",
			resource:   "aws-sdk:sfn:redriveExecution",
			parameters: `{"ExecutionArn":"e"}`,
			err:        refused("ExecutionNotRedrivable", 400),
			failure:    "Sfn.ExecutionNotRedrivableException",
			cause:      "no (Service: Sfn, Status Code: 400, Request ID: id)",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			svc := &services{answer: func(string, string) (string, error) { return tt.answer, tt.err }}
			st, err := store.Open("", store.Options{InMemory: true})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			h := startOn(t, st, clockwork.NewFakeClockAt(testStart),
				Options{Caller: svc.call, NewID: func() string { return "id" }}, newFunctions(nil))
			defer h.stop()
			got := h.ended(h.begin(h.machine("m", task(tt.resource, tt.parameters)), "x", `{}`))
			if tt.call != "" && (len(svc.calls) != 1 || svc.calls[0] != tt.call) {
				t.Errorf("calls = %s\nwant    %s", svc.calls, tt.call)
			}
			if tt.failure != "" {
				if got.Status != asl.Failed || *got.Error != tt.failure || *got.Cause != tt.cause {
					t.Errorf("ended %s %s %s", got.Status, *got.Error, *got.Cause)
				}
			} else if got.Status != asl.Succeeded || *got.Output != tt.output {
				t.Errorf("ended %+v, output %s", got, *got.Output)
			}
		})
	}
}

func TestService_LambdaInvoke(t *testing.T) {
	t.Parallel()
	type answer struct {
		res LambdaResult
		err error
	}
	for _, tt := range []struct {
		name                   string
		answer                 answer
		output, failure, cause string
	}{
		{name: "result", answer: answer{res: LambdaResult{Payload: []byte(`{"a":1}`), RequestID: "r"}},
			output: `{"ExecutedVersion":"$LATEST","Payload":{"a":1},` +
				`"SdkHttpMetadata":{"AllHttpHeaders":{"X-Amz-Executed-Version":["$LATEST"],"x-amzn-RequestId":["r"],` +
				`"Content-Length":["7"],"Content-Type":["application/json"]},` +
				`"HttpHeaders":{"Content-Length":"7","Content-Type":"application/json",` +
				`"X-Amz-Executed-Version":"$LATEST",` +
				`"x-amzn-RequestId":"r"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"r"},` +
				`"StatusCode":200}`},
		{name: "function error",
			answer: answer{res: LambdaResult{FunctionError: "Unhandled",
				Payload: []byte(`{"errorMessage":"gone","errorType":"OutOfStock"}`)}},
			failure: "OutOfStock", cause: `{"errorMessage":"gone","errorType":"OutOfStock"}`},
		{name: "function timeout",
			answer: answer{res: LambdaResult{FunctionError: "Unhandled",
				Payload: []byte(`{"errorType":"Sandbox.Timedout",` +
					`"errorMessage":"RequestId: r Error: Task timed out after 3.00 seconds"}`)}},
			failure: "Sandbox.Timedout",
			cause: `{"errorType":"Sandbox.Timedout",` +
				`"errorMessage":"RequestId: r Error: Task timed out after 3.00 seconds"}`},
		{name: "throttled",
			answer:  answer{err: &awsapi.Error{Type: "TooManyRequestsException", Message: "Rate Exceeded.", Status: 429}},
			failure: "Lambda.TooManyRequestsException",
			cause: "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: " +
				"TooManyRequestsException; Request ID: id; Proxy: null)"},
		{name: "denied",
			answer:  answer{err: &awsapi.Error{Type: "AccessDeniedException", Message: "User: x", Status: 403}},
			failure: "Lambda.AWSLambdaException",
			cause: "User: x (Service: AWSLambda; Status Code: 403; Error Code: " +
				"AccessDeniedException; Request ID: id; Proxy: null)"},
		{name: "client timeout", answer: answer{err: fmt.Errorf("invoke: %w", context.DeadlineExceeded)},
			failure: "Lambda.ClientExecutionTimeoutException", cause: "invoke: context deadline exceeded"},
		{name: "unreachable", answer: answer{err: errors.New("refused")}, failure: "Lambda.SdkClientException",
			cause: "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st, err := store.Open("", store.Options{InMemory: true})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			var called string
			h := startOn(t, st, clockwork.NewFakeClockAt(testStart), Options{
				NewID: func() string { return "id" },
				InvokeLambda: func(ctx context.Context, function, qualifier string,
					payload []byte) (LambdaResult, error) {
					called = fmt.Sprintf("%s %s:%s %s", awsapi.IdentityFrom(ctx).AccessKey, function, qualifier, payload)
					return tt.answer.res, tt.answer.err
				},
			}, nil)
			defer h.stop()
			got := h.ended(h.begin(h.machine("m", task("lambda:invoke", `{"FunctionName":"f","Qualifier":"live",`+
				`"Payload":{"in.$":"$.in"}}`)), "x", `{"in":7}`))
			if called != `role/order-machine f:live {"in":7}` {
				t.Errorf("called %s", called)
			}
			if tt.failure != "" {
				if got.Status != asl.Failed || *got.Error != tt.failure || *got.Cause != tt.cause {
					t.Errorf("ended %s %s %s", got.Status, *got.Error, *got.Cause)
				}
			} else if got.Status != asl.Succeeded || *got.Output != tt.output {
				t.Errorf("ended %+v, output %s", got, *got.Output)
			}
		})
	}
}

func TestService_StartsChildOnce(t *testing.T) {
	t.Parallel()
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	router := &awsapi.Router{}
	var lost atomic.Bool // the first answer is lost: the process ends after the child was started
	answered := make(chan struct{})
	opt := Options{Caller: func(ctx context.Context, service, op string, in json.RawMessage) (json.RawMessage, error) {
		out, err := router.CallJSON(ctx, service, op, in)
		if lost.CompareAndSwap(false, true) {
			close(answered)
			<-ctx.Done()
		}
		return out, err
	}}
	clock := clockwork.NewFakeClockAt(testStart)
	h := startOn(t, st, clock, opt, newFunctions(nil))
	router.Register("states", h.Service)
	child := h.machine("child", passMachine)
	arn := h.begin(h.machine("parent",
		task("states:startExecution", `{"StateMachineArn":"`+child+`","Input.$":"$"}`)), "x", `{"n":1}`)
	<-answered
	h.stop()
	h = startOn(t, st, clock, opt, newFunctions(nil))
	defer h.stop()
	router.Register("states", h.Service)
	if got := h.ended(arn); got.Status != asl.Succeeded ||
		!strings.Contains(*got.Output, `"ExecutionArn":"arn:aws:states:us-east-1:000000000000:execution:child:`) {
		t.Errorf("ended %+v", got)
	}
	list, err := h.ListExecutions(t.Context(), ListExecutionsInput{StateMachineARN: child})
	if err != nil || len(list.Executions) != 1 {
		t.Errorf("%d children, %v", len(list.Executions), err)
	}
}
