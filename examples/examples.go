// Package examples holds the example catalogue and orders of the demo and the tests.
package examples

import "embed"

// FS holds catalogue.json (an array of products with their stock) and orders/*.json (a request and
// its expected outcome).
//
//go:embed catalogue.json orders/*.json
var FS embed.FS
