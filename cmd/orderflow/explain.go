package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"orderflow/local"
)

// explain says what a system with these options runs, and what of the template it does otherwise than AWS, without starting anything.
func explain(e *env, o systemOptions, asJSON bool) error {
	x, err := explanation(o)
	if err != nil {
		return err
	}
	if asJSON {
		return printValue(e.stdout, x)
	}
	return x.Write(e.stdout)
}

func explanation(o systemOptions) (*local.Explanation, error) {
	return local.Explain(stackOptions(o, map[string]string{
		"PublicUrl": "http://" + o.Addr, "WebhookSecret": strings.Repeat("x", 26), // as long as a real one: nothing is signed
	}))
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
