package awsapi

import (
	"encoding/json"
	"net/http"
)

// Protocol is how the requests and the answers of a service are written: AWS JSON, Query or REST.
type Protocol interface {
	// Match reports whether a request is for the service. Its Form is set, nil if it is malformed.
	Match(r *http.Request, credentialScope string) bool
	// Decode gives the operation and its input in JSON. The body has been read.
	Decode(r *http.Request, body []byte) (op string, input json.RawMessage, err error)
	// Encode writes the answer to an operation, or its error if err is not nil. The id of the
	// request is in the header already.
	Encode(w http.ResponseWriter, r *http.Request, op string, out any, err *Error)
}

// HTTPService is a Service with another protocol than AWS JSON: SNS, STS (query), Lambda (REST), or
// with a second one: SQS (query).
type HTTPService interface {
	Service
	Protocol() Protocol
}

const requestIDHeader = "X-Amzn-RequestId"
