// Package api is the HTTP API of Orderflow: the storefront's orders, catalogue and profile, the operators' view, and the carrier's webhook.
//
// The contract openapi.yaml is its one source: the routing table, who may call what, and what requests may carry are generated from it.
// New makes a plain http.Handler; who calls is put into the request's context at the edge (WithCaller).
package api

//go:generate go run ./internal/gen
