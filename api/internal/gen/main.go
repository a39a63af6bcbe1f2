// Command gen generates the routing table, the documentation page and the served copy of the
// contract openapi.yaml, the operators' console from the files in ../console, and the table of
// countries that need postal codes from postal.txt.
//
// It runs in the folder api (go generate ./api). A test fails if a generated file is stale.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
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
	files, err := generate(source, os.DirFS(".."))
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
func generate(source []byte, root fs.FS) (map[string][]byte, error) {
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
	operators, err := console(root)
	if err != nil {
		return nil, err
	}
	packedConsole, err := pack(operators)
	if err != nil {
		return nil, err
	}
	packedPage, err := pack(page)
	if err != nil {
		return nil, err
	}
	packedSource, err := pack(source)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"routes_gen.go": table, "postal_gen.go": countries,
		"console_gen.html.gz": packedConsole, "docs_gen.html.gz": packedPage, "openapi_gen.yaml.gz": packedSource,
	}, nil
}

// pack compresses a file to keep the deployed program small.
func pack(file []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(file); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
