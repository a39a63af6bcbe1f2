package tests

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ways are what opens a way out of the process, by package.
var ways = map[string][]string{
	"net": {"Listen", "ListenTCP", "ListenUnix", "ListenPacket", "ListenConfig", "FileListener", "Dial", "DialTCP", "DialTimeout", "Dialer"},
	"http": {"ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS", "Get", "Head", "Post", "PostForm", "Client", "Transport",
		"DefaultClient", "DefaultTransport"},
	"exec": {"Command", "CommandContext"},
	"tls":  {"Listen", "Dial", "DialWithDialer", "Dialer"},
	"smtp": {"SendMail", "Dial"},
}

// outlets are the files that may use them, and why what they send is saved.
var outlets = map[string]string{
	"local/guard/listen.go":                          "a Listener accepts only through an outlet",
	"local/config.go":                                "its transport stays in the process",
	"local/lambda/runtimeapi/environment.go":         "the program is given its requests through the outlet; it starts with nothing but settings",
	"local/states/standalone/lambda.go":              "it sends through the outlet",
	"cmd/orderflow/internal/system/stack_options.go": "functions send through the outlet",
	"cmd/orderflow/internal/system/descriptors.go":   "makes the transport that stack_options.go puts behind the outlet",
	"cmd/orderflow/internal/system/bootstrap.go":     "compiles the program before there is a store",
	"local/states/bench/engine.go":                   "a client of the system, not the system",
	"cmd/orderflow/internal/bench/all.go":            "runs the other benchmarks, and holds no data",
	"cmd/orderflow/internal/client/client.go":        "a client of the system, not the system",
	"cmd/orderflow/internal/ambient/config.go":       "a client of the system, not the system",
	"cmd/orderflow/internal/ambient/stack.go":        "a client of the system, not the system",
}

// TestOutlet: what runs the system on one machine opens no way out of the process but in files that
// have what leaves wait until it is saved: see the documentation of local/store.
func TestOutlet(t *testing.T) {
	t.Parallel()
	left := maps.Clone(outlets)
	walkGo(t, func(file string) {
		if !strings.HasPrefix(file, "local/") && !strings.HasPrefix(file, "cmd/orderflow/") || strings.HasSuffix(file, "_test.go") {
			return
		}
		for _, way := range waysOut(t, file) {
			if outlets[file] == "" {
				t.Errorf("%s uses %s: send through the outlet of the store, so that nothing is told that a crash takes back", file, way)
			}
			delete(left, file)
		}
	})
	for file := range left {
		t.Errorf("%s opens no way out any more: take it off the list", file)
	}
}

// waysOut lists what of ways a file uses.
func waysOut(t *testing.T, file string) (used []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", filepath.FromSlash(file)), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := selector.X.(*ast.Ident); ok && slices.Contains(ways[pkg.Name], selector.Sel.Name) {
			used = append(used, pkg.Name+"."+selector.Sel.Name)
		}
		return true
	})
	return used
}
