package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

func client(b *bench) *lambda.Client {
	router := &awsapi.Router{}
	router.Register("lambda", b.Service)
	return lambda.New(lambda.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://aws.localhost"), Credentials: credentials.NewStaticCredentialsProvider("role/x", "x", ""),
		HTTPClient: &http.Client{Transport: awsapi.Transport{Handler: router}}, RetryMaxAttempts: 1,
	})
}

func TestWire_Invoke(t *testing.T) {
	t.Parallel()
	zero := 0
	b := newBench(t, setup{
		handlers: map[string]any{
			"echo": func(in json.RawMessage) (json.RawMessage, error) { return in, nil },
			"fail": func() error { return errors.New("boom") },
		},
		functions: []Function{{Name: "echo", Handler: "echo", MemoryMB: 256, Env: map[string]string{"A": "b"}}, {Name: "fail", Handler: "fail"},
			{Name: "off", Handler: "echo", ReservedConcurrency: &zero}},
	})
	c := client(b)
	arn := "arn:aws:lambda:us-east-1:000000000000:function:echo"
	out, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &arn, Payload: []byte(`{"a":[1]}`)})
	if err != nil || string(out.Payload) != `{"a":[1]}` || out.StatusCode != 200 || aws.ToString(out.ExecutedVersion) != "$LATEST" || out.FunctionError != nil {
		t.Errorf("Invoke: %+v, %v", out, err)
	}
	out, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("fail")})
	if err != nil || aws.ToString(out.FunctionError) != "Unhandled" || string(out.Payload) != `{"errorMessage":"boom","errorType":"errorString"}` {
		t.Errorf("Invoke of a failing function: %+v, %v", out, err)
	}
	out, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("echo"), InvocationType: types.InvocationTypeEvent, Payload: []byte(`{}`)})
	if err != nil || out.StatusCode != 202 || len(out.Payload) != 0 {
		t.Errorf("Invoke as event: %+v, %v", out, err)
	}
	out, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("echo"), InvocationType: types.InvocationTypeDryRun})
	if err != nil || out.StatusCode != 204 {
		t.Errorf("dry run: %+v, %v", out, err)
	}

	var notFound *types.ResourceNotFoundException
	if _, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("none")}); !errors.As(err, &notFound) {
		t.Errorf("unknown function: %v", err)
	}
	var throttled *types.TooManyRequestsException
	if _, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("off")}); !errors.As(err, &throttled) ||
		throttled.Reason != types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded {
		t.Errorf("throttled function: %v", err)
	}
	var content *types.InvalidRequestContentException
	if _, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("echo"), Payload: []byte("{")}); !errors.As(err, &content) {
		t.Errorf("bad payload: %v", err)
	}
	var large *types.RequestTooLargeException
	if _, err = c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("echo"), InvocationType: types.InvocationTypeEvent,
		Payload: []byte(`"` + strings.Repeat("x", MaxAsyncPayload) + `"`)}); !errors.As(err, &large) {
		t.Errorf("large event: %v", err)
	}
}

func TestWire_Describe(t *testing.T) {
	t.Parallel()
	one := 1
	b := newBench(t, setup{functions: []Function{{Name: "a", Handler: "h", MemoryMB: 256, Env: map[string]string{"A": "b"}, ReservedConcurrency: &one}, {Name: "b"}}})
	if err := b.MapQueue(QueueMapping{Function: "a", QueueARN: queueARN}, newQueueSource(0)); err != nil {
		t.Fatal(err)
	}
	c := client(b)
	fn, err := c.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("a")})
	if err != nil {
		t.Fatal(err)
	}
	if g := fn.Configuration; *g.FunctionArn != "arn:aws:lambda:us-east-1:000000000000:function:a" || *g.MemorySize != 256 || *g.Timeout != 3 ||
		g.Environment.Variables["A"] != "b" || *fn.Concurrency.ReservedConcurrentExecutions != 1 || *g.Handler != "h" {
		t.Errorf("GetFunction: %+v", fn)
	}
	if g, err := c.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("b")}); err != nil || *g.FunctionName != "b" {
		t.Errorf("GetFunctionConfiguration: %+v, %v", g, err)
	}
	list, err := c.ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	if err != nil || len(list.Functions) != 2 || *list.Functions[1].FunctionName != "b" {
		t.Errorf("ListFunctions: %+v, %v", list, err)
	}
	maps, err := c.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{})
	if err != nil || len(maps.EventSourceMappings) != 1 || *maps.EventSourceMappings[0].EventSourceArn != queueARN || *maps.EventSourceMappings[0].BatchSize != 10 {
		t.Errorf("ListEventSourceMappings: %+v, %v", maps, err)
	}
	_, err = c.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: aws.String("a")})
	if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != "NotImplemented" {
		t.Errorf("DeleteFunction: %v", err)
	}
}

func TestWire_InProcess(t *testing.T) {
	t.Parallel()
	b := newBench(t, setup{
		handlers:  map[string]any{"echo": func(in json.RawMessage) (json.RawMessage, error) { return in, nil }},
		functions: []Function{{Name: "echo", Handler: "echo"}},
	})
	router := &awsapi.Router{}
	router.Register("lambda", b.Service)
	out, err := router.CallJSON(t.Context(), "lambda", "Invoke", map[string]any{"FunctionName": "echo", "Payload": map[string]int{"n": 1}})
	if want := `{"StatusCode":200,"ExecutedVersion":"$LATEST","Payload":{"n":1}}`; err != nil || string(out) != want {
		t.Errorf("got %s, %v, want %s", out, err, want)
	}
	grants := fmt.Sprint(b.Grants("Invoke", json.RawMessage(`{"FunctionName":"echo:$LATEST"}`)), b.Grants("ListFunctions", nil), b.Grants("Invoke", json.RawMessage(`[`)))
	if want := "[{lambda:InvokeFunction arn:aws:lambda:us-east-1:000000000000:function:echo}] [{lambda:ListFunctions *}] []"; grants != want {
		t.Errorf("grants %s, want %s", grants, want)
	}
}
