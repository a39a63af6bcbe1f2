package decline

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// library returns the source folder of the client library.
var library = sync.OnceValues(func() (*build.Package, error) {
	return build.Import("github.com/stripe/stripe-go/v85", ".", build.FindOnly)
})

// constants returns the values of the client library's constants of a type, as declared in its
// source.
func constants(t *testing.T, file, typ string) []string {
	t.Helper()
	lib, err := library()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(lib.Dir, file), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != typ {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s declares no %s", file, typ)
	}
	return values
}

// TestDecisions_areComplete fails if the client library has a code, type or status without a
// decision.
func TestDecisions_areComplete(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		file, typ string
		decided   func(value string) bool
	}{
		{"error.go", "ErrorType", func(v string) bool { _, ok := typeDecisions[v]; return ok }},
		{"error.go", "ErrorCode", func(v string) bool { _, ok := codeDecisions[v]; return ok }},
		{"error.go", "DeclineCode", func(v string) bool { _, ok := declineDecisions[v]; return ok }},
		{"paymentintent.go", "PaymentIntentStatus", func(v string) bool {
			_, ok := intentDecisions[v]
			return ok || v == "succeeded"
		}},
		{"refund.go", "RefundStatus", func(v string) bool {
			return strings.Contains(" succeeded pending requires_action failed canceled ", " "+v+" ")
		}},
	} {
		t.Run(tt.typ, func(t *testing.T) {
			t.Parallel()
			for _, v := range constants(t, tt.file, tt.typ) {
				if !tt.decided(v) {
					t.Errorf("no decision on %s %q", tt.typ, v)
				}
			}
		})
	}
}

// Every decline has a reason for the customer that does not mention the provider.
func TestDecisions_arePlain(t *testing.T) {
	t.Parallel()
	var all []Decision
	for _, d := range codeDecisions {
		all = append(all, d)
	}
	for _, d := range declineDecisions {
		all = append(all, d)
	}
	for _, d := range intentDecisions {
		all = append(all, d)
	}
	for _, reason := range paramReasons {
		all = append(all, Decision{Refused, reason})
	}
	for _, d := range all {
		sentence := strings.HasSuffix(d.Reason, ".") && !strings.ContainsAny(d.Reason, "_%") &&
			!strings.Contains(strings.ToLower(d.Reason), "stripe")
		if (d.Outcome == Refused) != (d.Reason != "") || d.Reason != "" && !sentence {
			t.Errorf("outcome %d has the reason %q", d.Outcome, d.Reason)
		}
	}
}

func TestCodeGroups_nameEachCodeOnce(t *testing.T) {
	t.Parallel()
	n := 0
	for _, group := range codeGroups {
		n += len(group.codes)
	}
	if n != len(codeDecisions) {
		t.Errorf("%d codes in the groups, %d different ones", n, len(codeDecisions))
	}
}
