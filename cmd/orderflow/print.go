package main

import (
	"encoding/json"
	"fmt"
	"io"
)

// printAnswer prints an answer of the API: as JSON, or decoded with show.
func printAnswer[T any](e *env, answer json.RawMessage, asJSON bool, show func(T) error) error {
	if asJSON {
		return printJSON(e.stdout, answer)
	}
	var v T
	if err := decode(answer, &v); err != nil {
		return err
	}
	return show(v)
}

// printJSON prints body with indentation.
func printJSON(w io.Writer, body json.RawMessage) error {
	var v any
	if err := decode(body, &v); err != nil {
		return err
	}
	return printValue(w, v)
}

// printValue prints a value as indented JSON.
func printValue(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func decode(body json.RawMessage, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	return nil
}
