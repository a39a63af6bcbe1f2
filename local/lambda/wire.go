package lambda

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"orderflow/local/awsapi"
)

const apiPrefix = "/2015-03-31/"

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
	op, query := operation(r.Method, parts), r.URL.Query()
	var in any = invokeInput{FunctionName: name, Qualifier: query.Get("Qualifier")}
	switch op {
	case "Invoke":
		payload, err := checkPayload(body, MaxSyncPayload)
		if err != nil {
			return op, nil, err
		}
		in = invokeInput{FunctionName: name, Qualifier: query.Get("Qualifier"), Payload: payload,
			InvocationType: r.Header.Get("X-Amz-Invocation-Type"), LogType: r.Header.Get("X-Amz-Log-Type")}
	case "ListFunctions", "ListEventSourceMappings", "GetEventSourceMapping":
		list, err := decodeListing(query)
		if err != nil {
			return op, nil, err
		}
		list.UUID = name
		in = list
	}
	input, err := json.Marshal(in)
	return op, input, err
}

func decodeListing(query url.Values) (listInput, error) {
	in := listInput{FunctionName: query.Get("FunctionName"), EventSourceARN: query.Get("EventSourceArn"), Marker: query.Get("Marker")}
	if text := query.Get("MaxItems"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return in, awsapi.Errorf("InvalidParameterValueException", "MaxItems %q is not between 1 and 10000", text)
		}
		in.MaxItems = n
	}
	return in, nil
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
	case method == http.MethodGet && len(parts) == 2 && parts[0] == "event-source-mappings":
		return "GetEventSourceMapping"
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
	if r.Log != nil {
		h.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(r.Log))
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
