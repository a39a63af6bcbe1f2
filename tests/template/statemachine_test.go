package template

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow/local/asl"
)

var substitution = regexp.MustCompile(`\$\{([A-Za-z0-9]+)\}`)

// definition is a state machine of the template and its source.
type definition struct {
	Resource
	source string
}

func definitions(t *testing.T) (all []definition) {
	t.Helper()
	for _, m := range stateMachines(deployed(t)) {
		source, err := os.ReadFile(filepath.Join(root, text(m.get("DefinitionS3Location"))))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, definition{m, string(source)})
	}
	if len(all) != 2 {
		t.Fatalf("%d state machines", len(all))
	}
	return all
}

// TestDefinition_isValid checks the definition with the project's validator: cfn-lint does not read
// files.
func TestDefinition_isValid(t *testing.T) {
	t.Parallel()
	for _, m := range definitions(t) {
		source := substitution.ReplaceAllString(m.source, "arn:aws:lambda:us-east-1:000000000000:function:$1")
		_, diagnostics := asl.Parse([]byte(source), asl.Options{})
		for _, d := range diagnostics {
			t.Error(m.ID, d)
		}
	}
}

// TestDefinition_substitutions: each name in the definition has a value, and each value is used.
// Each task calls the function of its name.
func TestDefinition_substitutions(t *testing.T) {
	t.Parallel()
	for _, m := range definitions(t) {
		var used []string
		for _, name := range substitution.FindAllStringSubmatch(m.source, -1) {
			used = append(used, name[1])
		}
		slices.Sort(used)
		used = slices.Compact(used)
		var given []string
		for name, value := range object(m.get("DefinitionSubstitutions")) {
			given = append(given, name)
			if target(value) != name {
				t.Errorf("%s: %s stands for %s", m.ID, name, target(value))
			}
		}
		slices.Sort(given)
		if len(used) == 0 || !slices.Equal(used, given) {
			t.Errorf("%s uses %v, the template gives %v", m.ID, used, given)
		}
	}
}

// TestDefinition_errors: each caught or retried error is one with which a task can fail.
func TestDefinition_errors(t *testing.T) {
	t.Parallel()
	codes := errorCodes(t)
	var names []string
	for _, m := range definitions(t) {
		collectErrors(t, []byte(m.source), &names)
	}
	if len(names) == 0 {
		t.Fatal("nothing is caught")
	}
	for _, name := range names {
		prefix, _, dotted := strings.Cut(name, ".")
		if dotted && slices.Contains([]string{"States", "Lambda", "Sandbox"}, prefix) || slices.Contains(codes, name) {
			continue
		}
		t.Errorf("no task fails with %q", name)
	}
}

// collectErrors finds every ErrorEquals of a definition.
func collectErrors(t *testing.T, source json.RawMessage, out *[]string) {
	t.Helper()
	var m map[string]json.RawMessage
	var l []json.RawMessage
	if json.Unmarshal(source, &l) == nil {
		for _, v := range l {
			collectErrors(t, v, out)
		}
	}
	if json.Unmarshal(source, &m) != nil {
		return
	}
	for k, v := range m {
		if k != "ErrorEquals" {
			collectErrors(t, v, out)
			continue
		}
		var names []string
		if err := json.Unmarshal(v, &names); err != nil {
			t.Fatal(err)
		}
		*out = append(*out, names...)
	}
}

// errorCodes are the values of the Code constants in error.go: the errors of tasks.
func errorCodes(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "error.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Code" {
			return true
		}
		for _, v := range spec.Values {
			literal, ok := v.(*ast.BasicLit)
			if !ok {
				continue
			}
			name, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, name)
		}
		return true
	})
	if len(out) == 0 {
		t.Fatal("error.go declares no codes")
	}
	return out
}
