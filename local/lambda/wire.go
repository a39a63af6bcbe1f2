package lambda

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"

	"github.com/orderflow-dev/orderflow/local/awsapi"
)

var wire = awsapi.REST{Prefix: "/2015-03-31/", Input: decodeRequest, Routes: []awsapi.Route{
	{Method: "POST", Path: "functions/*/invocations", Operation: "Invoke"},
	{Method: "GET", Path: "functions", Operation: "ListFunctions"},
	{Method: "GET", Path: "functions/*", Operation: "GetFunction"},
	{Method: "GET", Path: "functions/*/configuration", Operation: "GetFunctionConfiguration"},
	{Method: "GET", Path: "event-source-mappings", Operation: "ListEventSourceMappings"},
	{Method: "GET", Path: "event-source-mappings/*", Operation: "GetEventSourceMapping"},
}}

// Protocol implements awsapi.HTTPService.
func (s *Service) Protocol() awsapi.Protocol { return &wire }

func decodeRequest(r *http.Request, op, name string, body []byte) (any, error) {
	query := r.URL.Query()
	in := invokeInput{FunctionName: name, Qualifier: query.Get("Qualifier")}
	switch op {
	case "Invoke":
		payload, err := checkPayload(body, MaxSyncPayload)
		in.Payload, in.InvocationType, in.LogType = payload, r.Header.Get("X-Amz-Invocation-Type"), r.Header.Get("X-Amz-Log-Type")
		return in, err
	case "ListFunctions", "ListEventSourceMappings", "GetEventSourceMapping":
		list, err := decodeListing(query)
		list.UUID = name
		return list, err
	}
	return in, nil
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

// WriteHTTP writes the answer to Invoke: the function's reply is the body, and all else is in the
// header.
func (r *Result) WriteHTTP(w http.ResponseWriter) {
	h := w.Header()
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
