// Package events is the contract of the events that Orderflow publishes on its EventBridge bus: a
// JSON Schema (2020-12) and an example for each detail type, an AsyncAPI document, and the page
// docs/events.md. All are generated from the Go types and from Types.
package events

import (
	"embed"
	"strings"

	"github.com/orderflow-dev/orderflow"
)

//go:generate go run ./internal/gen

// Files holds schemas/NAME.json, examples/NAME.json for each type, and asyncapi.json.
//
//go:embed schemas examples asyncapi.json
var Files embed.FS

// Type describes the events of one detail type.
type Type struct {
	Name orderflow.ChangeType // the detail type
	When string               // when it is published
	With []string             // members that it always has, although others may lack them
	// Example is an event, as it is published.
	Example orderflow.EventDetail
}

// File returns the name of the type's files without an extension: order-placed.
func (t Type) File() string { return strings.ReplaceAll(strings.ToLower(string(t.Name)), " ", "-") }
