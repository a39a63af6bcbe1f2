// Command gen generates the routing table and the documentation page from the contract
// openapi.yaml, and the table of countries that need postal codes from postal.txt.
//
// It runs in the folder api (go generate ./api). A test fails if a generated file is stale.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	source, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return fmt.Errorf("read contract: %w", err)
	}
	files, err := generate(source)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// generate returns the content of each generated file, by its name in the folder api.
func generate(source []byte) (map[string][]byte, error) {
	c, err := parse(source)
	if err != nil {
		return nil, err
	}
	table, err := routes(c)
	if err != nil {
		return nil, err
	}
	page, err := docs(c)
	if err != nil {
		return nil, err
	}
	countries, err := postal(postalList)
	if err != nil {
		return nil, err
	}
	packed, err := pack(page)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"routes_gen.go": table, "docs_gen.html.gz": packed, "postal_gen.go": countries}, nil
}

// pack compresses the page to keep the deployed program small.
func pack(page []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(page); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
