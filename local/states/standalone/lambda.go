package standalone

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/states"
	"github.com/orderflow-dev/orderflow/local/store"
)

// maxResult is above Lambda's largest answer (6 MB).
const maxResult = 8 << 20

// lambdaClient invokes functions over Lambda's REST API.
type lambdaClient struct {
	endpoint *url.URL
	http     *http.Client
}

func newLambdaClient(endpoint string, out store.Outlet) (*lambdaClient, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("--lambda-endpoint %q is not an http URL", endpoint)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 256
	return &lambdaClient{u, &http.Client{Transport: out.RoundTripper(transport)}}, nil
}

// invoke calls the function and waits for its result.
func (c *lambdaClient) invoke(ctx context.Context, function, qualifier string,
	payload []byte) (states.LambdaResult, error) {
	return c.post(ctx, function, qualifier, "RequestResponse", payload)
}

func (c *lambdaClient) post(ctx context.Context, function, qualifier, kind string,
	payload []byte) (res states.LambdaResult, err error) {
	name, version := functionName(function)
	if qualifier == "" {
		qualifier = version
	}
	u := c.endpoint.JoinPath("2015-03-31", "functions", name, "invocations")
	if qualifier != "" && qualifier != "$LATEST" {
		u.RawQuery = url.Values{"Qualifier": {qualifier}}.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(payload))
	if err != nil {
		return res, fmt.Errorf("invoke %s: %w", name, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Amz-Invocation-Type", kind)
	answer, err := c.http.Do(req)
	if err != nil {
		return res, fmt.Errorf("invoke %s: %w", name, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxResult))
	if err != nil {
		return res, fmt.Errorf("read result of %s: %w", name, err)
	}
	if answer.StatusCode >= 300 {
		return res, apiError(answer, body)
	}
	return states.LambdaResult{
		Payload: body, FunctionError: answer.Header.Get("X-Amz-Function-Error"), StatusCode: answer.StatusCode,
		ExecutedVersion: answer.Header.Get("X-Amz-Executed-Version"), RequestID: answer.Header.Get("X-Amzn-RequestId"),
	}, nil
}

// apiError reads the error with which Lambda refuses an invocation: the type is in a header or in
// the body.
func apiError(res *http.Response, body []byte) error {
	var b struct {
		Type, Code      string
		Message         string
		TypeUnderscored string `json:"__type"`
	}
	e := &awsapi.Error{Status: res.StatusCode, Message: string(body)}
	if err := json.Unmarshal(body, &b); err == nil && b.Message != "" {
		e.Message = b.Message
	}
	for _, t := range []string{res.Header.Get("X-Amzn-ErrorType"), b.TypeUnderscored, b.Code, "ServiceException"} {
		if e.Type == "" {
			e.Type, _, _ = strings.Cut(t[strings.LastIndexByte(t, '#')+1:], ":")
		}
	}
	return e
}

// functionName returns the name and the qualifier of a function's name or ARN: name, name:v,
// account:function:name, arn:aws:lambda:r:a:function:name:v.
func functionName(s string) (name, qualifier string) {
	if _, rest, ok := strings.Cut(s, ":function:"); ok {
		s = rest
	}
	name, qualifier, _ = strings.Cut(s, ":")
	return name, qualifier
}

// caller performs calls of state machines to other services: here only Step Functions itself, and
// Lambda for asynchronous invocations.
func caller(router *awsapi.Router,
	lambda *lambdaClient) func(context.Context, string, string, json.RawMessage) (json.RawMessage, error) {
	return func(ctx context.Context, service, op string, input json.RawMessage) (json.RawMessage, error) {
		if service != "lambda" || lambda == nil {
			return router.CallJSON(ctx, service, op, input)
		}
		var in struct {
			FunctionName, Qualifier, InvocationType string
			Payload                                 json.RawMessage
		}
		if err := awsapi.Decode(input, &in); err != nil {
			return nil, err
		}
		if _, err := lambda.post(ctx, in.FunctionName, in.Qualifier, in.InvocationType, in.Payload); err != nil {
			return nil, err
		}
		return json.RawMessage("{}"), nil
	}
}
