package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
	"github.com/orderflow-dev/orderflow/local"
)

// explain says what a system with these options runs, and what of the template it does otherwise than AWS, without starting anything.
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

// printDifferences says in one line that the running system behaves otherwise than on AWS, if it does.
func printDifferences(w io.Writer, x *local.Explanation) {
	if n := len(x.Differs); n > 0 {
		fmt.Fprintf(w, "note %d of the template's properties behave otherwise than on AWS: `orderflow up --explain` lists them\n", n)
	}
}

// printValue prints a value as indented JSON.
func printValue(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
