package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"orderflow/local/awsapi"
)

const apiPrefix = "/2015-03-31/"

// invokeInput is Invoke's input in process. Payload is the event itself, not base64.
type invokeInput struct {
	FunctionName, InvocationType, Qualifier string
	Payload                                 json.RawMessage
}

// MappingDescription is an event source mapping as ListEventSourceMappings returns it.
type MappingDescription struct {
	EventSourceARN string `json:"EventSourceArn"`
	FunctionARN    string `json:"FunctionArn"`
	BatchSize      int
	State          string
}

// Do implements awsapi.Service: Invoke, GetFunction, ListFunctions, ListEventSourceMappings.
// Invoke answers a *Result, which marshals to {"StatusCode","FunctionError"?,"ExecutedVersion","Payload"}.
func (s *Service) Do(ctx context.Context, op string, input json.RawMessage) (any, error) {
	switch op {
	case "Invoke":
		var in invokeInput
		if err := awsapi.Decode(input, &in); err != nil {
			return nil, err
		}
		return s.do(ctx, in)
	case "GetFunction", "GetFunctionConfiguration":
		var in invokeInput
		if err := awsapi.Decode(input, &in); err != nil {
			return nil, err
		}
		f, err := s.find(in.FunctionName, in.Qualifier)
		if err != nil {
			return nil, err
		}
		if op == "GetFunctionConfiguration" {
			return configuration(&f.Function), nil
		}
		return getFunction(&f.Function), nil
	case "ListFunctions":
		list := []map[string]any{}
		for _, fn := range s.Functions() {
			list = append(list, configuration(&fn))
		}
		return map[string]any{"Functions": list}, nil
	case "ListEventSourceMappings":
		return map[string]any{"EventSourceMappings": s.describeMappings()}, nil
	}
	return nil, awsapi.NotImplemented(op)
}

func (s *Service) do(ctx context.Context, in invokeInput) (*Result, error) {
	f, err := s.find(in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
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

func (s *Service) describeMappings() []MappingDescription {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []MappingDescription{}
	for _, m := range s.mappings {
		d := m.describe()
		d.State = "Enabled"
		list = append(list, d)
	}
	return list
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

func getFunction(fn *Function) map[string]any {
	out := map[string]any{"Configuration": configuration(fn)}
	if fn.ReservedConcurrency != nil {
		out["Concurrency"] = map[string]any{"ReservedConcurrentExecutions": *fn.ReservedConcurrency}
	}
	return out
}

// MarshalJSON gives the answer in process; a reply that is not JSON becomes a string.
func (r *Result) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		StatusCode      int
		FunctionError   string `json:",omitempty"`
		ExecutedVersion string
		Payload         json.RawMessage
	}{r.StatusCode, r.FunctionError, r.ExecutedVersion, asJSON(r.Payload)})
}

// Grants implements awsapi.Service.
func (s *Service) Grants(op string, input json.RawMessage) []awsapi.Grant {
	var in invokeInput
	if err := json.Unmarshal(input, &in); err != nil && len(input) > 0 {
		return nil
	}
	arn := "arn:aws:lambda:" + s.opt.Region + ":" + s.opt.Account + ":function:" + FunctionName(in.FunctionName)
	switch op {
	case "Invoke":
		return []awsapi.Grant{{Action: "lambda:InvokeFunction", Resource: arn}}
	case "GetFunction", "GetFunctionConfiguration":
		return []awsapi.Grant{{Action: "lambda:" + op, Resource: arn}}
	}
	return []awsapi.Grant{{Action: "lambda:" + op, Resource: "*"}}
}

// Match implements awsapi.HTTPService.
func (s *Service) Match(r *http.Request, _ string) bool {
	return strings.HasPrefix(r.URL.Path, apiPrefix)
}

// DecodeHTTP implements awsapi.HTTPService.
func (s *Service) DecodeHTTP(r *http.Request, body []byte) (string, json.RawMessage, error) {
	parts := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.EscapedPath(), apiPrefix), "/"), "/")
	name := ""
	if len(parts) > 1 {
		var err error
		if name, err = url.PathUnescape(parts[1]); err != nil {
			return "", nil, awsapi.Errorf("InvalidParameterValueException", "function name: %v", err)
		}
	}
	op := operation(r.Method, parts)
	in := invokeInput{FunctionName: name, Qualifier: r.URL.Query().Get("Qualifier")}
	if op == "Invoke" {
		in.InvocationType = r.Header.Get("X-Amz-Invocation-Type")
		payload, err := checkPayload(body, MaxSyncPayload)
		if err != nil {
			return op, nil, err
		}
		in.Payload = payload
	}
	input, err := json.Marshal(in)
	return op, input, err
}

func operation(method string, parts []string) string {
	switch {
	case method == http.MethodPost && len(parts) == 3 && parts[0] == "functions" && parts[2] == "invocations":
		return "Invoke"
	case method == http.MethodGet && len(parts) == 1 && parts[0] == "functions":
		return "ListFunctions"
	case method == http.MethodGet && len(parts) == 2 && parts[0] == "functions":
		return "GetFunction"
	case method == http.MethodGet && len(parts) == 3 && parts[0] == "functions" && parts[2] == "configuration":
		return "GetFunctionConfiguration"
	case method == http.MethodGet && len(parts) == 1 && parts[0] == "event-source-mappings":
		return "ListEventSourceMappings"
	}
	return method + " " + apiPrefix + strings.Join(parts, "/")
}

// EncodeHTTP implements awsapi.HTTPService.
func (s *Service) EncodeHTTP(w http.ResponseWriter, op, requestID string, out any, err error) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if err != nil {
		encodeError(w, err)
		return
	}
	r, ok := out.(*Result)
	if !ok {
		body, err := awsapi.Marshal(out)
		if err != nil {
			encodeError(w, err)
			return
		}
		_, _ = w.Write(body)
		return
	}
	h.Set("X-Amzn-RequestId", r.RequestID)
	h.Set("X-Amz-Executed-Version", r.ExecutedVersion)
	if r.FunctionError != "" {
		h.Set("X-Amz-Function-Error", r.FunctionError)
	}
	w.WriteHeader(r.StatusCode)
	if r.StatusCode != http.StatusNoContent {
		_, _ = w.Write(r.Payload)
	}
}

func encodeError(w http.ResponseWriter, err error) {
	e, ok := errors.AsType[*awsapi.Error](err)
	if !ok {
		e = &awsapi.Error{Type: "ServiceException", Message: err.Error(), Status: 500}
	}
	body := map[string]any{"Type": "User", "message": e.Message}
	if e.HTTPStatus() >= 500 {
		body["Type"] = "Service"
	}
	for k, v := range e.Fields {
		body[k] = v
	}
	out, err := json.Marshal(body)
	if err != nil {
		out = []byte(`{"Type":"Service"}`)
	}
	w.Header().Set("X-Amzn-ErrorType", e.Type)
	w.WriteHeader(e.HTTPStatus())
	_, _ = w.Write(out)
}
