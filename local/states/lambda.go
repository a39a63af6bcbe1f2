package states

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/orderflow-dev/orderflow/local/asl/value"
	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// invokeParameters are the parameters of lambda:invoke.
type invokeParameters struct {
	FunctionName   string
	Payload        json.RawMessage
	Qualifier      string
	InvocationType string
}

// lambdaInvoke performs lambda:invoke. Its output is the API's answer, with the function's result
// in Payload.
func (s *Service) lambdaInvoke(ctx context.Context, j job) outcome {
	var p invokeParameters
	if err := json.Unmarshal([]byte(j.task.Parameters), &p); err != nil || p.FunctionName == "" {
		return parameterError(j, "The field 'FunctionName' is required")
	}
	if p.InvocationType == "Event" || p.InvocationType == "DryRun" {
		return s.lambdaEvent(ctx, j, p)
	}
	payload := []byte(p.Payload)
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	res, failed := s.invoke(ctx, j, p.FunctionName, p.Qualifier, payload)
	if failed != nil {
		return outcome{err: failed}
	}
	return outcome{output: invokeOutput(res)}
}

// lambdaEvent queues an asynchronous invocation.
func (s *Service) lambdaEvent(ctx context.Context, j job, p invokeParameters) outcome {
	out := s.call(ctx, j, integrations["lambda:invoke"], "lambda", "Invoke", []byte(j.task.Parameters))
	if out.err == nil {
		out.output = `{"ExecutedVersion":"$LATEST","Payload":{},` + s.sdkMetadata() + `,"StatusCode":202}`
	}
	return out
}

// invokeFunction performs a task whose resource is a function's ARN. Its output is the function's
// result alone.
func (s *Service) invokeFunction(ctx context.Context, j job) outcome {
	res, failed := s.invoke(ctx, j, j.task.Action, "", []byte(j.task.Parameters))
	if failed != nil {
		return outcome{err: failed}
	}
	if len(res.Payload) == 0 {
		return outcome{output: "null"}
	}
	return outcome{output: string(res.Payload)}
}

func (s *Service) invoke(ctx context.Context, j job, function, qualifier string,
	payload []byte) (LambdaResult, *taskError) {
	if s.opt.InvokeLambda == nil {
		return LambdaResult{},
			&taskError{"Lambda.SdkClientException", "no Lambda is connected to the state machines", true}
	}
	res, err := s.opt.InvokeLambda(s.as(ctx, j), function, qualifier, payload)
	switch {
	case err != nil:
		return res, serviceError(integrations["lambda:invoke"], err, s.opt.NewID())
	case res.FunctionError != "":
		return res, functionError(res.Payload)
	}
	if res.RequestID == "" {
		res.RequestID = s.opt.NewID()
	}
	return res, nil
}

// functionError returns the error of a failed function: its errorType is the error's name, the
// whole payload the cause.
func functionError(payload []byte) *taskError {
	var e struct {
		ErrorType string `json:"errorType"`
	}
	if err := json.Unmarshal(payload, &e); err != nil || e.ErrorType == "" {
		return &taskError{"Lambda.Unknown",
			"The cause could not be determined because Lambda did not return an error type. Returned payload: " +
				string(payload), false}
	}
	return &taskError{e.ErrorType, string(payload), false}
}

// invokeOutput returns the answer of Invoke as a task sees it. A payload that is not JSON becomes a
// string.
func invokeOutput(res LambdaResult) string {
	payload := string(res.Payload)
	if payload == "" {
		payload = "null"
	} else if _, err := value.Parse(payload); err != nil {
		payload = string(value.OfString(payload))
	}
	version, status := res.ExecutedVersion, res.StatusCode
	if version == "" {
		version = "$LATEST"
	}
	if status == 0 {
		status = 200
	}
	n, id := strconv.Itoa(len(res.Payload)), res.RequestID
	b := make([]byte, 0, len(payload)+512)
	b = append(append(b, `{"ExecutedVersion":"`...), version...)
	b = append(append(b, `","Payload":`...), payload...)
	b = append(append(b, `,"SdkHttpMetadata":{"AllHttpHeaders":{"X-Amz-Executed-Version":["`...), version...)
	b = append(append(b, `"],"x-amzn-RequestId":["`...), id...)
	b = append(append(b, `"],"Content-Length":["`...), n...)
	b = append(append(b, `"],"Content-Type":["application/json"]},"HttpHeaders":{"Content-Length":"`...), n...)
	b = append(append(b, `","Content-Type":"application/json","X-Amz-Executed-Version":"`...), version...)
	b = append(append(b, `","x-amzn-RequestId":"`...), id...)
	b = append(append(b, `"},"HttpStatusCode":`...), strconv.Itoa(status)...)
	b = append(append(b, `},"SdkResponseMetadata":{"RequestId":"`...), id...)
	b = append(append(b, `"},"StatusCode":`...), strconv.Itoa(status)...)
	return string(append(b, '}'))
}

// as adds the state machine's identity to ctx: its role determines the permissions.
func (s *Service) as(ctx context.Context, j job) context.Context {
	return awsapi.WithIdentity(ctx, s.opt.Identity(j.run.role))
}
