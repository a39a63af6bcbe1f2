// Package httpapi serves an http.Handler behind an API Gateway HTTP API (Lambda proxy integration,
// payload format 2.0).
//
// See "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway" in the API Gateway
// developer guide.
package httpapi

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/orderflow-dev/orderflow/api"
)

// Function is a Lambda function behind an HTTP API.
type Function func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

// New returns a function that serves the handler. The claims of the JWT authorizer become the
// api.Caller, and the gateway's request id becomes the request's. The function fails only for an
// event that is not an HTTP request.
func New(h http.Handler) Function {
	return func(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		r, err := Request(ctx, e)
		if err != nil {
			return events.APIGatewayV2HTTPResponse{}, fmt.Errorf("read HTTP API event: %w", err)
		}
		w := newResponse()
		h.ServeHTTP(w, r)
		return w.event(), nil
	}
}

// Request returns the request that the event describes.
func Request(ctx context.Context, e events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	method := e.RequestContext.HTTP.Method
	if method == "" {
		return nil, errors.New("requestContext.http.method is missing: payload format 2.0 is expected")
	}
	body, err := bodyOf(e)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(withCaller(ctx, e), method, "/", body)
	if err != nil {
		return nil, err
	}
	r.URL = urlOf(e)
	for name, value := range e.Headers {
		r.Header.Set(name, value) // several values arrive joined by commas
	}
	if len(e.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	r.Host = hostOf(e)
	r.RemoteAddr = e.RequestContext.HTTP.SourceIP
	r.RequestURI = r.URL.RequestURI()
	return r, nil
}

func withCaller(ctx context.Context, e events.APIGatewayV2HTTPRequest) context.Context {
	ctx = api.WithRequestID(ctx, e.RequestContext.RequestID)
	if a := e.RequestContext.Authorizer; a != nil && a.JWT != nil && len(a.JWT.Claims) > 0 {
		ctx = api.WithCaller(ctx, api.CallerFromClaims(a.JWT.Claims))
	}
	return ctx
}

func bodyOf(e events.APIGatewayV2HTTPRequest) (io.Reader, error) {
	if !e.IsBase64Encoded {
		return strings.NewReader(e.Body), nil
	}
	body, err := base64.StdEncoding.DecodeString(e.Body)
	if err != nil {
		return nil, fmt.Errorf("decode body: %w", err)
	}
	return strings.NewReader(string(body)), nil
}

// urlOf returns the URL of the request without the host, because clients may send a host that is
// not valid in a URL. The path begins with the stage, except for the stage $default.
func urlOf(e events.APIGatewayV2HTTPRequest) *url.URL {
	raw := e.RawPath
	if stage := e.RequestContext.Stage; stage != "" && stage != "$default" {
		if rest, ok := strings.CutPrefix(raw, "/"+stage); ok && (rest == "" || rest[0] == '/') {
			raw = rest
		}
	}
	if raw == "" {
		raw = "/"
	}
	path, err := url.PathUnescape(raw)
	if err != nil { // the gateway has unescaped it already
		path = raw
	}
	return &url.URL{Path: path, RawPath: raw, RawQuery: e.RawQueryString}
}

// hostOf returns the host that the client sent.
func hostOf(e events.APIGatewayV2HTTPRequest) string {
	for name, value := range e.Headers {
		if strings.EqualFold(name, "host") {
			return value
		}
	}
	return e.RequestContext.DomainName
}
