// Command gen generates the schemas, the examples, the AsyncAPI document and the page docs/events.md of
// the events. It runs in the folder events (go generate ./events). A test fails if a file is stale.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/orderflow-dev/orderflow/events"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	files, err := generate()
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, content, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// generate returns the content of each file, by its name in the folder events.
func generate() (map[string][]byte, error) {
	files := map[string][]byte{"../docs/events.md": page()}
	for _, t := range events.Types {
		schema, err := encode(schemaOf(t))
		if err != nil {
			return nil, err
		}
		example, err := encode(envelope(t))
		if err != nil {
			return nil, err
		}
		files["schemas/"+t.File()+".json"], files["examples/"+t.File()+".json"] = schema, example
	}
	document, err := encode(asyncAPI())
	files["asyncapi.json"] = document
	return files, err
}

func encode(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	return append(b, '\n'), err
}
