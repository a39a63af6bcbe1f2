// Package statemachines holds the Amazon States Language definitions that template.yaml deploys.
package statemachines

import "embed"

//go:generate go run ../cmd/orderflow asl graph fulfil-order.asl.json -o ../docs/fulfil-order.svg
//go:generate go run ../cmd/orderflow asl graph repair-orders.asl.json -o ../docs/repair-orders.svg

// FS holds the *.asl.json files. They contain the template's DefinitionSubstitutions, e.g.
// "${ChargeFunction}".
//
//go:embed *.asl.json
var FS embed.FS
