package awsapi

import (
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// targets maps the prefix of X-Amz-Target to the service.
var targets = map[string]string{
	"AWSStepFunctions":         "states",
	"DynamoDB_20120810":        "dynamodb",
	"DynamoDBStreams_20120810": "dynamodb",
	"AWSEvents":                "events",
	"AmazonSQS":                "sqs",
}

// maxBody is above the largest request of any service here (DynamoDB's 16 MB batches, Lambda's 6 MB payloads).
const maxBody = 20 << 20

// HTTPService is a Service that speaks something else than AWS JSON: SNS (query), Lambda (REST).
type HTTPService interface {
	Service
	// Match reports whether the request is for this service. The request's Form is set, nil if it is malformed.
	Match(r *http.Request, credentialScope string) bool
	// DecodeHTTP gives the operation and its input in JSON. The body has been read.
	DecodeHTTP(r *http.Request, body []byte) (op string, input json.RawMessage, err error)
	// EncodeHTTP writes the answer in the service's protocol.
	EncodeHTTP(w http.ResponseWriter, op, requestID string, out any, err error)
}

// unreadable is the error of a request whose body did not arrive whole.
func unreadable(err error) *Error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return &Error{Type: "RequestEntityTooLarge", Message: err.Error(), Status: http.StatusRequestEntityTooLarge}
	}
	return &Error{Type: "RequestTimeout", Message: "the body did not arrive: " + err.Error(), Status: http.StatusRequestTimeout}
}

// ServeHTTP answers one AWS API request.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	id := RequestID()
	w.Header().Set("X-Amzn-RequestId", id)
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		writeJSONError(w, unreadable(err))
		return
	}
	ctx := req.Context()
	if endpoint := endpointOf(req); endpoint != "" {
		ctx = WithEndpoint(ctx, endpoint)
	}
	req.Form = queryForm(req, body)
	accessKey, scope := credential(req)
	if accessKey != "" {
		ctx = WithIdentity(ctx, Identity{AccessKey: accessKey})
	}

	if name, s := r.httpService(req, scope); s != nil {
		op, input, err := s.DecodeHTTP(req, body)
		var out any
		if err == nil {
			out, err = r.Call(ctx, name, op, input)
		}
		s.EncodeHTTP(w, op, id, out, asError(err))
		return
	}
	prefix, op, ok := strings.Cut(req.Header.Get("X-Amz-Target"), ".")
	service := targets[prefix]
	if !ok || service == "" {
		refuseUnknown(w, req, scope, id)
		return
	}
	out, err := r.Call(ctx, service, op, body)
	if err != nil {
		writeJSONError(w, asAWS(err))
		return
	}
	writeJSON(w, req.Header.Get("Content-Type"), out)
}

func (r *Router) httpService(req *http.Request, scope string) (string, HTTPService) {
	for name, s := range r.services {
		if h, ok := s.(HTTPService); ok && h.Match(req, scope) {
			return name, h
		}
	}
	return "", nil
}

func writeJSON(w http.ResponseWriter, contentType string, out any) {
	body, err := Marshal(out)
	if err != nil {
		writeJSONError(w, asAWS(err))
		return
	}
	if contentType == "" {
		contentType = "application/x-amz-json-1.0"
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	_, _ = w.Write(body)
}

func writeJSONError(w http.ResponseWriter, e *Error) {
	m := map[string]any{"__type": e.Type, "message": e.Message}
	for k, v := range e.Fields {
		m[k] = v
	}
	body, err := json.Marshal(m)
	if err != nil {
		body = []byte(`{"__type":"InternalFailure"}`)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	}
	w.Header().Set("X-Amzn-ErrorType", e.Type)
	w.WriteHeader(e.HTTPStatus())
	_, _ = w.Write(body)
}

// HTTPStatus is the status of the answer: 400 unless the error says otherwise.
func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

func asError(err error) error {
	if err == nil {
		return nil
	}
	return asAWS(err)
}

// asAWS turns any error into one that AWS could answer. What is not an *Error is a fault of ours: 500.
func asAWS(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Type: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
}

// credential reads the access key id and the service out of a SigV4 Authorization header:
// "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/dynamodb/aws4_request, ...", or out of the X-Amz-Credential of a presigned URL.
// The signature itself is not checked: the port is loopback.
func credential(req *http.Request) (accessKey, service string) {
	_, rest, ok := strings.Cut(req.Header.Get("Authorization"), "Credential=")
	if !ok {
		rest = req.Form.Get("X-Amz-Credential")
	}
	rest, _, _ = strings.Cut(rest, ",")
	parts := strings.Split(rest, "/")
	if len(parts) < 5 {
		return "", ""
	}
	n := len(parts)
	return strings.Join(parts[:n-4], "/"), parts[n-2]
}
