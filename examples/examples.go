// Package examples holds the catalogue and the orders with which the system is tried out.
package examples

import "embed"

// FS holds catalogue.json (an array of products with their stock) and orders/*.json (a request, and the outcome expected).
//
//go:embed catalogue.json orders/*.json
var FS embed.FS
