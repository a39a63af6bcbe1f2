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

// imports lists the imports of each of the module's packages, without tests: package -> imports.
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

// walkGo calls visit with the path of every Go file of the module, from the root.
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

// within reports whether pkg is one of the folders or below one: within(module+"/local/asl",
// "local").
func within(pkg string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool {
		f = path.Join(module, f)
		return pkg == f || strings.HasPrefix(pkg, f+"/")
	})
}

// TestBoundaries checks which package may import which.
func TestBoundaries(t *testing.T) {
	t.Parallel()
	all := imports(t)
	if len(all) < 15 {
		t.Fatalf("only %d packages were found", len(all))
	}
	deployed := []string{"api", "tasks", "cloud", "payment", "functions", "cmd/lambda", "statemachines"}
	in := func(folders ...string) func(string) bool {
		return func(pkg string) bool { return within(pkg, folders...) }
	}
	notIn := func(folders ...string) func(string) bool {
		return func(pkg string) bool { return !within(pkg, folders...) }
	}
	domain := func(pkg string) bool { return pkg == module }
	rules := []struct {
		name    string
		of      func(pkg string) bool
		refused func(imported string) bool
	}{
		{"the domain imports only the standard library", domain, func(i string) bool {
			first, _, _ := strings.Cut(i, "/")
			return strings.Contains(first, ".") || first == module
		}},
		{"api does not import tasks", in("api"), in("tasks")},
		{"tasks does not import api", in("tasks"), in("api")},
		{"api, tasks and payment import no adapter", in("api", "tasks", "payment"), in("cloud", "functions")},
		{"only cloud, functions and the programs import the AWS SDK", in("api", "tasks", "payment", "statemachines"),
			func(i string) bool { return strings.HasPrefix(i, "github.com/aws/aws-sdk-go-v2") }},
		{"only payment/stripe imports Stripe's client", notIn("payment/stripe"),
			func(i string) bool { return strings.Contains(i, "/stripe-go/") }},
		{"only the deployed program imports payment/stripe", notIn("cmd/lambda", "payment/stripe"), in("payment/stripe")},
		{"local imports nothing of the system", in("local"), func(i string) bool {
			return i == module || within(i, append(deployed, "cmd", "examples")...)
		}},
		{"only tests import storetest", notIn("storetest"), in("storetest")},
		{"only tests import eventstest", notIn("events/eventstest"), in("events/eventstest")},
		{"nothing deployed needs the events' files", in(deployed...), in("events")},
		{"nothing deployed imports local",
			func(p string) bool { return p == module || within(p, deployed...) }, in("local", "examples")},
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
				t.Error("the rule applies to no package")
			}
		})
	}
}
