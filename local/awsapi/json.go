package awsapi

import (
	"cmp"
	"encoding/json"
	"hash/crc32"
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

// awsJSON is AWS JSON 1.0 and 1.1: X-Amz-Target names the service and the operation, the body is
// the input.
type awsJSON struct {
	service string
	query   *Query // the protocol that the service spoke before, whose codes clients may still know; nil if it never did
}

// Match implements Protocol.
func (j awsJSON) Match(r *http.Request, _ string) bool {
	prefix, _, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return j.service != "" && targets[prefix] == j.service
}

// Decode implements Protocol.
func (awsJSON) Decode(r *http.Request, body []byte) (op string, input json.RawMessage, err error) {
	_, op, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return op, body, nil
}

// Encode implements Protocol.
func (j awsJSON) Encode(w http.ResponseWriter, r *http.Request, _ string, out any, e *Error) {
	w.Header().Set("Content-Type", cmp.Or(r.Header.Get("Content-Type"), "application/x-amz-json-1.0"))
	if e != nil {
		if j.query != nil {
			code, fault, _ := j.query.fault(e)
			w.Header().Set("X-Amzn-Query-Error", code+";"+fault)
		}
		writeJSONError(w, e)
		return
	}
	body, err := Marshal(out)
	if err != nil {
		writeJSONError(w, asAWS(err))
		return
	}
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
