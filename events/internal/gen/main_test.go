package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestGenerate_isUpToDate(t *testing.T) {
	t.Parallel()
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./events", name)
		}
	}
	for _, folder := range []string{"schemas", "examples"} {
		entries, err := os.ReadDir(filepath.Join("..", "..", folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if files[folder+"/"+e.Name()] == nil {
				t.Errorf("%s/%s belongs to no type", folder, e.Name())
			}
		}
	}
}
