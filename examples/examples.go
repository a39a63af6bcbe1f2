// Package examples holds the example catalogue, prices and orders of the demo and the tests.
package examples

import "embed"

// FS holds catalogue.json (an array of products with their stock), pricing.json (promotions,
// shipping methods and taxes) and orders/*.json (a request and its expected outcome).
//
//go:embed catalogue.json pricing.json orders/*.json
var FS embed.FS
