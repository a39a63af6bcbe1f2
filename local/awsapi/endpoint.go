package awsapi

import (
	"context"
	"net/http"
)

type endpointKey struct{}

// WithEndpoint marks ctx with the scheme and host that a request came to, such as
// "http://127.0.0.1:4566".
func WithEndpoint(ctx context.Context, endpoint string) context.Context {
	return context.WithValue(ctx, endpointKey{}, endpoint)
}

// Endpoint is the scheme and host that the request came to; empty for a call of this process.
func Endpoint(ctx context.Context) string {
	endpoint, _ := ctx.Value(endpointKey{}).(string)
	return endpoint
}

// endpointOf reads a request's endpoint. Requests of this process have no host, see Transport.
func endpointOf(r *http.Request) string {
	switch {
	case r.Host == "":
		return ""
	case r.TLS != nil:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
