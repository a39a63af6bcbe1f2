package gateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// decodeReply turns a function's reply into an answer. A reply with a statusCode is one of format
// 2.0; any other JSON is the body of a 200. An error is a malformed reply: API Gateway answers 500.
func decodeReply(payload []byte) (answer, error) {
	var reply struct {
		StatusCode json.RawMessage            `json:"statusCode"`
		Headers    map[string]json.RawMessage `json:"headers"`
		Cookies    []string                   `json:"cookies"`
		Body       *string                    `json:"body"`
		IsBase64   bool                       `json:"isBase64Encoded"`
	}
	malformed := json.Unmarshal(payload, &reply)
	if reply.StatusCode == nil {
		return inferReply(payload)
	}
	if malformed != nil {
		return answer{}, fmt.Errorf("malformed reply: %w", malformed)
	}
	a := answer{header: http.Header{}}
	var err error
	if a.status, err = statusCode(reply.StatusCode); err != nil {
		return answer{}, err
	}
	for name, value := range reply.Headers {
		text, err := scalar(value)
		if err != nil {
			return answer{}, fmt.Errorf("malformed reply: header %s: %w", name, err)
		}
		a.header.Set(name, text)
	}
	for _, c := range reply.Cookies {
		a.header.Add("Set-Cookie", c)
	}
	if reply.Body != nil {
		if a.body = []byte(*reply.Body); reply.IsBase64 {
			if a.body, err = base64.StdEncoding.DecodeString(*reply.Body); err != nil {
				return answer{}, fmt.Errorf("malformed reply: body: %w", err)
			}
		}
	}
	if a.header.Get("Content-Type") == "" && len(a.body) > 0 {
		a.header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	for _, name := range hopHeaders {
		a.header.Del(name)
	}
	a.header.Del("Content-Length") // the server sets it
	return a, nil
}

// inferReply reads the short form: valid JSON without a statusCode. A string is the body itself.
func inferReply(payload []byte) (answer, error) {
	if !json.Valid(payload) {
		return answer{}, errors.New("malformed reply: not JSON")
	}
	body := payload
	var text string
	if err := json.Unmarshal(payload, &text); err == nil && payload[0] == '"' {
		body = []byte(text)
	}
	return answer{http.StatusOK, http.Header{"Content-Type": {"application/json"}}, body}, nil
}

func statusCode(raw json.RawMessage) (int, error) {
	text, err := scalar(raw)
	if err != nil {
		return 0, fmt.Errorf("malformed reply: statusCode: %w", err)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 200 || n > 599 {
		return 0, fmt.Errorf("malformed reply: statusCode %q", text)
	}
	return n, nil
}

// scalar is the text of a string, number or boolean.
func scalar(raw json.RawMessage) (text string, err error) {
	switch raw[0] {
	case '"':
		err = json.Unmarshal(raw, &text)
		return text, err
	case '{', '[', 'n':
		return "", fmt.Errorf("%.40s is not a string, number or boolean", raw)
	}
	return string(raw), nil
}
