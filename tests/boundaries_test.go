package tests

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/orderflow-dev/orderflow"

// imports lists the module's own packages that each package imports, tests left out: package -> imported.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	walkGo(t, func(file string) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", filepath.FromSlash(file)), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		pkg := path.Join(module, path.Dir(file))
		out[pkg] = append(out[pkg], []string{}...)
		for _, spec := range f.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			out[pkg] = append(out[pkg], name)
		}
	})
	return out
}

// walkGo visits every Go file of the module, by its path from the root.
func walkGo(t *testing.T, visit func(file string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(".."), ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || file != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(file, ".go"):
			visit(file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// within reports whether pkg is root or below it: within(module+"/local/asl", "local").
func within(pkg string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool {
		f = path.Join(module, f)
		return pkg == f || strings.HasPrefix(pkg, f+"/")
	})
}

// TestBoundaries keeps who may import whom.
func TestBoundaries(t *testing.T) {
	t.Parallel()
	all := imports(t)
	if len(all) < 15 {
		t.Fatalf("only %d packages were found", len(all))
	}
	deployed := []string{"api", "tasks", "cloud", "payment", "functions", "cmd/lambda", "statemachines"}
	rules := []struct {
		name    string
		of      func(pkg string) bool
		refused func(imported string) bool
	}{
		{"the domain imports the standard library only", func(p string) bool { return p == module }, func(i string) bool {
			first, _, _ := strings.Cut(i, "/")
			return strings.Contains(first, ".") || first == module
		}},
		{"api does not import tasks", func(p string) bool { return within(p, "api") }, func(i string) bool { return within(i, "tasks") }},
		{"tasks does not import api", func(p string) bool { return within(p, "tasks") }, func(i string) bool { return within(i, "api") }},
		{"api, tasks and payment import no adapter", func(p string) bool { return within(p, "api", "tasks", "payment") }, func(i string) bool { return within(i, "cloud", "functions") }},
		{"only cloud, functions and the programs know the AWS SDK", func(p string) bool { return within(p, "api", "tasks", "payment", "statemachines") },
			func(i string) bool { return strings.HasPrefix(i, "github.com/aws/aws-sdk-go-v2") }},
		{"only payment/stripe knows Stripe's client", func(p string) bool { return !within(p, "payment/stripe") }, func(i string) bool { return strings.Contains(i, "/stripe-go/") }},
		{"only the program that is deployed links payment/stripe", func(p string) bool { return !within(p, "cmd/lambda", "payment/stripe") }, func(i string) bool { return within(i, "payment/stripe") }},
		{"local never imports the system it runs", func(p string) bool { return within(p, "local") }, func(i string) bool {
			return i == module || within(i, append(deployed, "cmd", "examples")...)
		}},
		{"only tests import storetest", func(p string) bool { return !within(p, "storetest") }, func(i string) bool { return within(i, "storetest") }},
		{"nothing deployed imports local", func(p string) bool { return p == module || within(p, deployed...) }, func(i string) bool { return within(i, "local", "examples") }},
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			held := 0
			for pkg, list := range all {
				if !rule.of(pkg) {
					continue
				}
				held++
				for _, i := range list {
					if rule.refused(i) {
						t.Errorf("%s imports %s", pkg, i)
					}
				}
			}
			if held == 0 {
				t.Error("the rule is about no package")
			}
		})
	}
}
