package main

import (
	"fmt"
	"io"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
	"github.com/orderflow-dev/orderflow/local"
)

// explain prints what a system with these options runs, and what differs from AWS. It starts
// nothing.
func explain(e *env, o system.Options, asJSON bool) error {
	x, err := system.Explain(o)
	if err != nil {
		return err
	}
	if asJSON {
		return printValue(e.stdout, x)
	}
	return x.Write(e.stdout)
}

// printDifferences prints one line if the running system differs from AWS.
func printDifferences(w io.Writer, x *local.Explanation) {
	if n := len(x.Differs); n > 0 {
		fmt.Fprintf(w, "note %d of the template's properties behave differently from AWS: `orderflow up --explain` lists them\n", n)
	}
}
