package template_test

import (
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/orderflow-dev/orderflow/local/template"
)

// FuzzLoad checks that Load returns for every template, and with the same result each time.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range archive.Files {
			if part.Name == "template.yaml" {
				f.Add(part.Data)
			}
		}
	}
	f.Add([]byte("Resources: &a {A: *a}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := template.Options{FS: fstest.MapFS{"template.yaml": {Data: data}}}
		_, first := template.Load(o)
		_, second := template.Load(o)
		if (first == nil) != (second == nil) || first != nil && first.Error() != second.Error() {
			t.Errorf("%v\nthen %v", first, second)
		}
	})
}
