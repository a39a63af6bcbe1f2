// Package api is the HTTP API of Orderflow: orders, catalogue and profile for storefronts, the
// operators' view, and the carrier's webhook.
//
// The contract openapi.yaml is the single source: the routing table, the authorisation and the
// schemas of requests are generated from it. New returns a plain http.Handler; the edge puts the
// caller into the request's context (WithCaller).
package api

//go:generate go run ./internal/gen
