package lambda

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

// invokeInput is Invoke's input in process. Payload is the event itself, not base64.
type invokeInput struct {
	FunctionName, InvocationType, LogType, Qualifier string
	Payload                                          json.RawMessage
}

var api = awsapi.API[*Service]{Name: "lambda", Operations: awsapi.Operations[*Service]{
	"Invoke":                   awsapi.Typed((*Service).do),
	"GetFunction":              awsapi.Typed((*Service).getFunction),
	"GetFunctionConfiguration": awsapi.Typed((*Service).getFunctionConfiguration),
	"ListFunctions":            awsapi.Typed((*Service).listFunctions),
	"ListEventSourceMappings":  awsapi.Typed((*Service).listEventSourceMappings),
	"GetEventSourceMapping":    awsapi.Typed((*Service).getEventSourceMapping),
}}

// Do implements awsapi.Service: one operation of the AWS Lambda API. Invoke answers a *Result,
// which marshals to {"StatusCode","FunctionError"?,"LogResult"?,"ExecutedVersion","Payload"}.
func (s *Service) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	return api.Do(ctx, s, op, input)
}

func (s *Service) do(ctx context.Context, in invokeInput) (*Result, error) {
	f, err := s.find(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	switch in.LogType {
	case "", "None":
	case "Tail": // of RequestResponse alone
		ctx = withLog(ctx)
	default:
		return nil, awsapi.Errorf("ValidationException", "1 validation error detected: Value '%s' at 'logType' failed to satisfy constraint: Member must satisfy enum value set: [None, Tail]", in.LogType)
	}
	switch in.InvocationType {
	case "", "RequestResponse":
		payload, err := checkPayload(in.Payload, MaxSyncPayload)
		if err != nil {
			return nil, err
		}
		return f.invokeAtOnce(ctx, payload)
	case "Event":
		return s.InvokeAsync(f.Name, in.Payload)
	case "DryRun":
		return &Result{StatusCode: http.StatusNoContent, ExecutedVersion: "$LATEST", RequestID: s.opt.NewID()}, nil
	}
	return nil, awsapi.Errorf("InvalidParameterValueException", "invocationType %q is not RequestResponse, Event or DryRun", in.InvocationType)
}

const maxFunctions = 50 // of one answer

func (s *Service) listFunctions(_ context.Context, in listInput) (any, error) {
	functions := map[string]Function{}
	for _, fn := range s.Functions() {
		functions[fn.Name] = fn
	}
	names, next, err := in.page(slices.Collect(maps.Keys(functions)), maxFunctions)
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, len(names))
	for i, name := range names {
		fn := functions[name]
		list[i] = configuration(&fn)
	}
	return marked(map[string]any{"Functions": list}, next), nil
}

func (s *Service) getFunctionConfiguration(_ context.Context, in invokeInput) (any, error) {
	f, err := s.find(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	return configuration(&f.Function), nil
}

func (s *Service) getFunction(_ context.Context, in invokeInput) (any, error) {
	f, err := s.find(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"Configuration": configuration(&f.Function)}
	if n := f.ReservedConcurrency; n != nil {
		out["Concurrency"] = map[string]any{"ReservedConcurrentExecutions": *n}
	}
	return out, nil
}

func configuration(fn *Function) map[string]any {
	env := fn.Env
	if env == nil {
		env = map[string]string{}
	}
	return map[string]any{
		"FunctionName": fn.Name, "FunctionArn": fn.ARN, "Handler": fn.Handler, "Runtime": "provided.al2023", "Version": "$LATEST",
		"Timeout": int(fn.Timeout / time.Second), "MemorySize": fn.MemoryMB, "State": "Active", "PackageType": "Zip",
		"Environment": map[string]any{"Variables": env},
	}
}

// MarshalJSON gives the answer in process; a reply that is not JSON becomes a string.
func (r *Result) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		StatusCode      int
		FunctionError   string `json:",omitempty"`
		LogResult       []byte `json:",omitempty"`
		ExecutedVersion string
		Payload         json.RawMessage
	}{r.StatusCode, r.FunctionError, r.Log, r.ExecutedVersion, asJSON(r.Payload)})
}

// Grants implements awsapi.Service.
func (s *Service) Grants(op string, input json.RawMessage) []awsapi.Grant {
	var in invokeInput
	if err := json.Unmarshal(input, &in); err != nil && len(input) > 0 {
		return nil
	}
	arn := ARN(in.FunctionName)
	switch op {
	case "Invoke":
		return []awsapi.Grant{{Action: "lambda:InvokeFunction", Resource: arn}}
	case "GetFunction", "GetFunctionConfiguration":
		return []awsapi.Grant{{Action: "lambda:" + op, Resource: arn}}
	}
	return []awsapi.Grant{{Action: "lambda:" + op, Resource: "*"}}
}
