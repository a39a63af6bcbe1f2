package states

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/asl/value"
	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// integration describes how a service integration appears to a state machine.
type integration struct {
	service, op string // of Options.Caller
	errors      string // prefix of error names: "DynamoDB"
	product     string // the service's name in causes: "AmazonDynamoDBv2"
	general     string // the name for errors without a class of their own in the service's SDK
	// texts are the parameters that must be strings: an object is converted to its JSON text.
	texts []string
	// camel: member names begin with a small letter in the service's protocol (stateMachineArn),
	// and with a capital in the state machine (StateMachineArn).
	camel bool
	// sdk marks an AWS SDK integration: its output has no HTTP metadata, and its causes are
	// separated with commas.
	sdk bool
}

// integrations are the services that state machines can call, by "resourceType:action" as in
// TaskScheduled.
var integrations = map[string]*integration{
	"lambda:invoke": {service: "lambda", op: "Invoke", errors: "Lambda", product: "AWSLambda",
		general: "AWSLambdaException"},
	"sns:publish": {service: "sns", op: "Publish", errors: "SNS", product: "AmazonSNS",
		general: "AmazonSNSException", texts: []string{"Message"}},
	"sqs:sendMessage": {service: "sqs", op: "SendMessage", errors: "SQS", product: "AmazonSQS",
		general: "AmazonSQSException", texts: []string{"MessageBody"}},
	"events:putEvents": {service: "events", op: "PutEvents", errors: "EventBridge",
		product: "AmazonCloudWatchEvents", general: "AmazonCloudWatchEventsException"},
	"dynamodb:getItem":    dynamo("GetItem"),
	"dynamodb:putItem":    dynamo("PutItem"),
	"dynamodb:updateItem": dynamo("UpdateItem"),
	"dynamodb:deleteItem": dynamo("DeleteItem"),
	"states:startExecution": {service: "states", op: "StartExecution", errors: "StepFunctions",
		product: "AWSStepFunctions", general: "AWSStepFunctionsException", texts: []string{"Input"}, camel: true},
	"aws-sdk:sfn:startExecution": {service: "states", op: "StartExecution", errors: "Sfn", product: "Sfn",
		general: "SfnException", texts: []string{"Input"}, camel: true, sdk: true},
	"aws-sdk:sfn:redriveExecution": {
		service: "states",
		op:      "RedriveExecution",
		errors:  "Sfn",
		product: "Sfn",
		general: "SfnException",
		camel:   true,
		sdk:     true,
	},
}

func dynamo(op string) *integration {
	return &integration{service: "dynamodb", op: op, errors: "DynamoDB", product: "AmazonDynamoDBv2",
		general: "AmazonDynamoDBException"}
}

// generalErrors are error types without a class in the services' SDKs: they are reported as the
// service's general exception.
var generalErrors = map[string]bool{
	"ValidationException":    true,
	"ValidationError":        true,
	"AccessDeniedException":  true,
	"AccessDenied":           true,
	"AuthorizationError":     true,
	"SerializationException": true,
	"InternalFailure":        true,
	"MissingParameter":       true,
	"NotImplemented":         true,
	"InvalidParameterValue":  true,
	"ThrottlingException":    true,
}

// callService performs a task of an integration other than Lambda.
func (s *Service) callService(ctx context.Context, j job) outcome {
	in := integrations[j.task.ResourceType+":"+j.task.Action]
	if in == nil {
		return outcome{err: &taskError{"States.Runtime", fmt.Sprintf("The resource '%s:%s' is not supported by "+
			"this service", j.task.ResourceType, j.task.Action), true}}
	}
	params, err := s.parameters(j, in)
	if err != nil {
		return parameterError(j, err.Error())
	}
	out := s.call(ctx, j, in, in.service, in.op, params)
	if out.err != nil {
		if again, ok := s.startedChild(j, in, out.err); ok {
			return outcome{output: s.output(in, again)}
		}
		return out
	}
	if in.op == "PutEvents" {
		if failed := failedEntries(out.output); failed != nil {
			return outcome{err: failed}
		}
	}
	return outcome{output: s.output(in, out.output)}
}

func (s *Service) call(ctx context.Context, j job, in *integration, service, op string, params []byte) outcome {
	if s.opt.Caller == nil {
		return outcome{err: &taskError{in.errors + ".SdkClientException",
			"no " + service + " is connected to the state machines", true}}
	}
	out, err := s.opt.Caller(s.as(ctx, j), service, op, params)
	if err != nil {
		return outcome{err: serviceError(in, err, s.opt.NewID())}
	}
	return outcome{output: string(out)}
}

// parameters converts a task's parameters to the service's request.
func (s *Service) parameters(j job, in *integration) ([]byte, error) {
	var p map[string]json.RawMessage
	if err := json.Unmarshal([]byte(j.task.Parameters), &p); err != nil {
		return nil, fmt.Errorf("the parameters must be an object")
	}
	for _, name := range in.texts {
		if v, ok := p[name]; ok && v[0] != '"' && string(v) != "null" {
			p[name] = json.RawMessage(value.OfString(string(v)))
		}
	}
	if in.op == "PutEvents" {
		if err := s.entries(j, p); err != nil {
			return nil, err
		}
	}
	if in.op == "StartExecution" && p["Name"] == nil {
		// AWS uses a random name. This one derives from the task, so that a task that is performed
		// again after a crash starts nothing twice.
		p["Name"] = json.RawMessage(value.OfString(taskUUID(j.run.rec.Seed, j.task.Task)))
	}
	if in.camel {
		q := make(map[string]json.RawMessage, len(p))
		for k, v := range p {
			if k != "" {
				q[strings.ToLower(k[:1])+k[1:]] = v
			}
		}
		p = q
	}
	for k, v := range p {
		if string(v) == "null" {
			delete(p, k)
		}
	}
	return json.Marshal(p)
}

// startedChild answers a start that is refused because the same task made it before a crash, and
// the child has ended since.
func (s *Service) startedChild(j job, in *integration, refused *taskError) (answer string, ok bool) {
	if in.op != "StartExecution" || refused.name != in.errors+".ExecutionAlreadyExistsException" {
		return "", false
	}
	p := value.JSON(j.task.Parameters)
	machine, _ := p.Member("StateMachineArn")
	if _, named := p.Member("Name"); named || machine.Kind() != value.String {
		return "", false
	}
	arn := strings.Replace(machine.Text(), ":"+machineKind+":", ":"+executionKind+":", 1) + ":" +
		taskUUID(j.run.rec.Seed, j.task.Task)
	child, err := inside(s, arn, s.execution)
	if err != nil {
		return "", false
	}
	return startAnswer(arn, child.Start), true
}

// entries prepares those of events:putEvents: Detail becomes a string, and the execution and its
// state machine are added to Resources.
func (s *Service) entries(j job, p map[string]json.RawMessage) error {
	var list []map[string]json.RawMessage
	if err := json.Unmarshal(p["Entries"], &list); err != nil {
		return fmt.Errorf("the field 'Entries' must be an array of objects")
	}
	e := &j.run.rec
	for _, entry := range list {
		if v, ok := entry["Detail"]; ok && v[0] != '"' && string(v) != "null" {
			entry["Detail"] = json.RawMessage(value.OfString(string(v)))
		}
		var resources []string
		if v := entry["Resources"]; v != nil {
			if err := json.Unmarshal(v, &resources); err != nil {
				return fmt.Errorf("the field 'Resources' must be an array of strings")
			}
		}
		resources = append(resources, s.arns.execution(e.Machine, e.Name), s.arns.machine(e.Machine))
		b, err := json.Marshal(resources)
		if err != nil {
			return err
		}
		entry["Resources"] = b
	}
	b, err := json.Marshal(list)
	p["Entries"] = b
	return err
}

// failedEntries returns the error of a PutEvents that did not accept every entry.
func failedEntries(output string) *taskError {
	var res struct{ FailedEntryCount int }
	if err := json.Unmarshal([]byte(output), &res); err != nil || res.FailedEntryCount == 0 {
		return nil
	}
	return &taskError{"EventBridge.FailedEntry", output, true}
}

// output returns a service's answer as a task sees it.
func (s *Service) output(in *integration, answer string) string {
	obj := value.JSON(answer)
	b := []byte{'{'}
	for _, m := range obj.Members() {
		if len(b) > 1 {
			b = append(b, ',')
		}
		name, v := m.Key, string(m.Value)
		if in.camel {
			name = capital(name)
			v = isoDate(in, name, v)
		}
		b = append(value.AppendString(b, name), ':')
		b = append(b, v...)
	}
	if !in.sdk {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, s.sdkMetadata()...)
	}
	return string(append(b, '}'))
}

func capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// isoDate converts dates to the format of AWS SDK integrations: 2026-11-22T16:00:00.123Z.
func isoDate(in *integration, name, v string) string {
	var m Millis
	if !in.sdk || !strings.HasSuffix(name, "Date") || m.UnmarshalJSON([]byte(v)) != nil {
		return v
	}
	return m.Time().Format(`"2006-01-02T15:04:05.999Z"`)
}

func (s *Service) sdkMetadata() string {
	id := s.opt.NewID()
	return `"SdkHttpMetadata":{"AllHttpHeaders":{"x-amzn-RequestId":["` + id +
		`"]},"HttpHeaders":{"x-amzn-RequestId":"` + id +
		`"},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"` + id + `"}`
}

// serviceError names a service's error as Step Functions does:
// "DynamoDB.ConditionalCheckFailedException". A type without a class in the service's SDK gets the
// general name. An error that is not from AWS is a connection error.
func serviceError(in *integration, err error, requestID string) *taskError {
	e, ok := errors.AsType[*awsapi.Error](err)
	if !ok {
		name := ".SdkClientException"
		if errors.Is(err, context.DeadlineExceeded) && in.errors == "Lambda" {
			name = ".ClientExecutionTimeoutException"
		}
		return &taskError{in.errors + name, err.Error(), true}
	}
	name := e.Type
	switch {
	case generalErrors[name]:
		name = in.general
	case !strings.HasSuffix(name, "Exception"):
		name += "Exception"
	}
	cause := fmt.Sprintf("%s (Service: %s; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)",
		e.Message, in.product, e.HTTPStatus(), e.Type, requestID)
	if in.sdk {
		cause = fmt.Sprintf("%s (Service: %s, Status Code: %d, Request ID: %s)", e.Message, in.product,
			e.HTTPStatus(), requestID)
	}
	return &taskError{in.errors + "." + name, cause, true}
}

func parameterError(j job, text string) outcome {
	return outcome{err: &taskError{"States.Runtime", fmt.Sprintf("An error occurred while executing the state "+
		"'%s'. %s", j.task.StateName, text), true}}
}

// taskUUID derives a UUID from a task of an execution. It is the same each time.
func taskUUID(seed uint64, task asl.TaskID) string { return derivedUUID(seed, uint64(task)) }
