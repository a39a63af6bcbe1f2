//go:build race

package tests

// raced builds the binaries under test with the race detector, as the tests themselves are.
const raced = true
