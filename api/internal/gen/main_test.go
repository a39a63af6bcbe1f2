package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGenerate_isUpToDate(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate(source, os.DirFS("../../.."))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./api", name)
		}
	}
}

func TestGenerate_refuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, source, want string }{
		{"not YAML", "a: b: c", "parse contract"},
		{"no security", `paths: {/a: {get: {operationId: A, tags: [x]}}}`, "say its security"},
		{"no scope", `paths: {/a: {get: {operationId: A, tags: [x], security: [{token: []}]}}}`, "without a scope"},
		{"no operationId", `paths: {/a: {get: {tags: [x], security: []}}}`, "needs an operationId"},
		{"a reference to nothing",
			`paths: {/a: {get: {operationId: A, tags: [x], security: [], parameters: [{$ref: "#/components/parameters/B"}]}}}`, "there is no"},
		{"an unbounded integer",
			`paths: {/a: {get: {operationId: A, tags: [x], security: [], parameters: [{name: n, in: query, schema: {type: integer}}]}}}`, "minimum and a maximum"},
		{"an open object",
			`paths: {/a: {post: {operationId: A, tags: [x], security: [], requestBody: {content: {application/json: {schema: {type: object}}}}}}}`, "additionalProperties"},
		{"another media type",
			`paths: {/a: {post: {operationId: A, tags: [x], security: [], requestBody: {content: {text/plain: {schema: {type: string}}}}}}}`, "application/json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := generate([]byte(tt.source), os.DirFS("../../..")); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
		})
	}
}
