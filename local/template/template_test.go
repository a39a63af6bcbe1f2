package template_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/orderflow-dev/orderflow/local/template"
)

// Each testdata/*.txtar is a folder with a template.yaml. want.json is a part of the result (maps
// may hold more, lists may not), or error.txt is the whole error. parameters.json are overrides.
func TestLoad(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			run(t, archive)
		})
	}
}

func run(t *testing.T, archive *txtar.Archive) {
	t.Helper()
	fsys, o := fstest.MapFS{}, template.Options{StackName: "shop"}
	for _, f := range archive.Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	o.FS = fsys
	if p := fsys["parameters.json"]; p != nil {
		if err := json.Unmarshal(p.Data, &o.Parameters); err != nil {
			t.Fatal(err)
		}
	}
	got, err := template.Load(o)
	if want := fsys["error.txt"]; want != nil {
		if err == nil || strings.TrimSpace(err.Error()) != strings.TrimSpace(string(want.Data)) {
			t.Errorf("error:\n%v\nwant:\n%s", err, want.Data)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	want := fsys["want.json"]
	if want == nil {
		t.Fatal("the case has neither want.json nor error.txt")
	}
	for _, d := range difference(t, got, want.Data) {
		t.Error(d)
	}
}

func difference(t *testing.T, got any, want []byte) []string {
	t.Helper()
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var g, w any
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatal(err)
	}
	return differ("", g, w)
}

func differ(at string, got, want any) []string {
	switch want := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: got %v, want a map", at, got)}
		}
		var out []string
		for k, w := range want {
			out = append(out, differ(at+"/"+k, g[k], w)...)
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(want) {
			return []string{fmt.Sprintf("%s: got %v, want a list of %d", at, got, len(want))}
		}
		var out []string
		for i, w := range want {
			out = append(out, differ(fmt.Sprintf("%s/%d", at, i), g[i], w)...)
		}
		return out
	}
	if !reflect.DeepEqual(got, want) {
		return []string{fmt.Sprintf("%s: got %#v, want %#v", at, got, want)}
	}
	return nil
}
