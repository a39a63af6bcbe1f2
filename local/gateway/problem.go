package gateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
)

// problem is the body of every refusal: RFC 9457, and API Gateway's own member message.
type problem struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
	Message string `json:"message"`
}

// refuse makes the answer to a request that does not reach a function, or whose function failed.
func refuse(status int, message, code, detail string) answer {
	body, err := json.Marshal(problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail, Message: message,
	})
	if err != nil { // strings always marshal
		body = []byte(`{"message":"` + message + `"}`)
	}
	a := answer{status, http.Header{"Content-Type": {"application/problem+json"}, "Cache-Control": {"no-store"}}, body}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		a.header.Set("Retry-After", "1")
	}
	return a
}

func internalError() answer {
	return refuse(http.StatusInternalServerError, "Internal Server Error", "Internal", "something went wrong on our side")
}

// unreadable is the answer to a request whose body could not be read.
func unreadable(err error) answer {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return tooLarge()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return refuse(http.StatusRequestTimeout, "Request Timeout", "RequestTimeout", "the body arrived too slowly")
	}
	return refuse(http.StatusBadRequest, "Bad Request", "MalformedRequest", "the body could not be read")
}

func tooLarge() answer {
	return refuse(http.StatusRequestEntityTooLarge, "Request Entity Too Large", "BodyTooLarge", "the body is too large")
}
