package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// checkDestination accepts "" and the ARN of a queue, topic, function or event bus.
func checkDestination(arn string) error {
	if arn == "" {
		return nil
	}
	switch service(arn) {
	case "sqs", "sns", "lambda", "events":
		return nil
	}
	return fmt.Errorf("destination %q is not the ARN of a queue, topic, function or event bus", arn)
}

// service is the third element of an ARN.
func service(arn string) string {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 4 || parts[0] != "arn" {
		return ""
	}
	return parts[2]
}

// attribute is a message attribute of SQS and SNS.
type attribute struct{ DataType, StringValue string }

// deliver sends a message to a destination as the function's role, which needs the permission for
// it, as on AWS.
func (f *function) deliver(ctx context.Context, arn string, body []byte, attributes map[string]attribute) error {
	call := f.service.opt.Caller
	if call == nil {
		return errors.New("deliver to destination: no caller")
	}
	ctx = awsapi.WithIdentity(ctx, awsapi.Identity{AccessKey: f.RoleName})
	var err error
	switch service(arn) {
	case "sqs":
		in := map[string]any{"QueueUrl": queueURL(arn), "MessageBody": string(body)}
		if attributes != nil {
			in["MessageAttributes"] = attributes
		}
		_, err = call(ctx, "sqs", "SendMessage", in)
	case "sns":
		in := map[string]any{"TopicArn": arn, "Message": string(body)}
		if attributes != nil {
			in["MessageAttributes"] = attributes
		}
		_, err = call(ctx, "sns", "Publish", in)
	case "lambda":
		_, err = call(ctx, "lambda", "Invoke", map[string]any{"FunctionName": arn, "InvocationType": "Event", "Payload": json.RawMessage(body)})
	case "events":
		err = f.putEvent(ctx, arn, body)
	default:
		err = fmt.Errorf("unknown destination %q", arn)
	}
	if err != nil {
		return fmt.Errorf("deliver to %s: %w", arn, err)
	}
	return nil
}

// putEvent sends an invocation record to a bus; a failed entry comes with a success of the call.
func (f *function) putEvent(ctx context.Context, bus string, body []byte) error {
	out, err := f.service.opt.Caller(ctx, "events", "PutEvents", map[string]any{"Entries": []map[string]any{{
		"EventBusName": bus, "Source": "lambda", "DetailType": "Lambda Function Invocation Result", "Detail": string(body), "Resources": []string{f.ARN},
	}}})
	if err != nil {
		return err
	}
	var result struct{ FailedEntryCount int }
	if err := json.Unmarshal(out, &result); err != nil {
		return fmt.Errorf("read PutEvents result: %w", err)
	}
	if result.FailedEntryCount != 0 {
		return fmt.Errorf("event was not accepted: %s", out)
	}
	return nil
}

// queueURL turns a queue's ARN into a URL of the local stack.
func queueURL(arn string) string {
	p := strings.Split(arn, ":")
	if len(p) < 6 {
		return arn
	}
	return fmt.Sprintf("http://sqs.%s.localhost/%s/%s", p[3], p[4], p[5])
}

const timestampLayout = "2006-01-02T15:04:05.000Z"

// requestContext and responseContext are parts of the records that destinations get.
type requestContext struct {
	RequestID   string `json:"requestId"`
	FunctionARN string `json:"functionArn"`
	Condition   string `json:"condition"`
	InvokeCount int    `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"`
}

// asJSON is the payload, as a JSON string if it is not JSON itself.
func asJSON(payload []byte) json.RawMessage {
	if len(payload) == 0 {
		return json.RawMessage("null")
	}
	if json.Valid(payload) {
		return payload
	}
	quoted, err := json.Marshal(string(payload))
	if err != nil { // a string always marshals
		return json.RawMessage("null")
	}
	return quoted
}
