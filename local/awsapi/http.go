package awsapi

import (
	"errors"
	"io"
	"net/http"
	"strings"
)

// maxBody is above the largest request of any service here (DynamoDB's 16 MB batches, Lambda's 6 MB
// payloads).
const maxBody = 20 << 20

// unreadable is the error of a request whose body did not arrive completely.
func unreadable(err error) *Error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return &Error{Type: "RequestEntityTooLarge", Message: err.Error(), Status: http.StatusRequestEntityTooLarge}
	}
	return &Error{Type: "RequestTimeout", Message: "the body did not arrive: " + err.Error(), Status: http.StatusRequestTimeout}
}

// ServeHTTP answers one AWS API request.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header().Set(requestIDHeader, RequestID())
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

	service, protocol := r.protocolOf(req, scope)
	if protocol == nil {
		refuseUnknown(w, req, scope)
		return
	}
	op, input, err := protocol.Decode(req, body)
	var out any
	if err == nil {
		out, err = r.answer(ctx, service, op, input)
	}
	if err != nil {
		protocol.Encode(w, req, op, nil, asAWS(err))
		return
	}
	protocol.Encode(w, req, op, out, nil)
}

// protocolOf finds the service that a request is for, and the protocol of the request; nil if no
// service here takes it.
func (r *Router) protocolOf(req *http.Request, scope string) (service string, p Protocol) {
	for name, s := range r.services {
		p := awsJSON{service: name}
		if h, ok := s.(HTTPService); ok {
			other := h.Protocol()
			if other.Match(req, scope) {
				return name, other
			}
			p.query, _ = other.(*Query)
		}
		if p.Match(req, scope) {
			return name, p
		}
	}
	return "", nil
}

// HTTPStatus is the status of the answer: 400 unless the error says otherwise.
func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

// asAWS turns any error into one of AWS. An error that is not an *Error is an internal one: 500.
func asAWS(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Type: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
}

// credential reads the access key id and the service out of a SigV4 Authorization header:
// "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/dynamodb/aws4_request, ...", or out of the
// X-Amz-Credential of a presigned URL. The signature itself is not checked: the port is loopback.
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
