//go:build race

package tests

// raced: the binaries under test are built with the race detector, as the tests are.
const raced = true
