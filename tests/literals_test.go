package tests

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// maxUnkeyed is the most fields of a struct literal without names. In a longer one, two swapped
// values of one type are easy to overlook.
const maxUnkeyed = 3

// named lists the folders, besides the root, in which every long literal names its fields. It
// includes the folders below them.
var named = []string{
	"api", "cloud", "cmd", "functions", "payment", "storetest", "tasks", "tests",
	"local/asl", "local/awsapi/shape", "local/clock", "local/dynamodb", "local/events", "local/gateway", "local/guard", "local/iam",
	"local/pattern", "local/sdk", "local/sns", "local/sqs", "local/states", "local/sts", "local/template",
}

// TestLiterals finds struct literals of more than maxUnkeyed fields without names. Rows of a test's
// table may leave the names out: the table declares its fields right above them.
func TestLiterals(t *testing.T) {
	t.Parallel()
	tree := parseTree(t)
	n := 0
	for _, file := range tree.files {
		if file.folder != "." && !within(path.Join(module, file.folder), named...) {
			continue
		}
		ast.Inspect(file.syntax, func(node ast.Node) bool {
			lit, ok := node.(*ast.CompositeLit)
			if ok {
				n++
				tree.check(t, file, lit, lit.Type)
			}
			return true
		})
	}
	if n < 500 {
		t.Errorf("only %d literals were read", n)
	}
}

// sourceFile is one parsed file of the module.
type sourceFile struct {
	folder string
	test   bool
	syntax *ast.File
}

// sourceTree is the parsed module.
type sourceTree struct {
	fset  *token.FileSet
	files []sourceFile
	types map[string]map[string]ast.Expr // folder -> name -> declaration
}

func parseTree(t *testing.T) *sourceTree {
	t.Helper()
	tree := &sourceTree{fset: token.NewFileSet(), types: map[string]map[string]ast.Expr{}}
	walkGo(t, func(file string) {
		syntax, err := parser.ParseFile(tree.fset, filepath.Join("..", filepath.FromSlash(file)), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		folder := path.Dir(file)
		tree.files = append(tree.files, sourceFile{folder, strings.HasSuffix(file, "_test.go"), syntax})
		if tree.types[folder] == nil {
			tree.types[folder] = map[string]ast.Expr{}
		}
		ast.Inspect(syntax, func(node ast.Node) bool {
			if spec, ok := node.(*ast.TypeSpec); ok {
				tree.types[folder][spec.Name.Name] = spec.Type
			}
			return true
		})
	})
	return tree
}

// check reports a literal of a struct type without names, and checks the entries of a list. of is
// the literal's type, or that of its list's entries.
func (s *sourceTree) check(t *testing.T, file sourceFile, lit *ast.CompositeLit, of ast.Expr) {
	switch kind := s.resolve(file, of).(type) {
	case *ast.StructType:
		if len(lit.Elts) > maxUnkeyed && !(file.test && of == kind) {
			if _, keyed := lit.Elts[0].(*ast.KeyValueExpr); !keyed {
				t.Errorf("%s: a literal of %d fields without names", s.fset.Position(lit.Pos()), len(lit.Elts))
			}
		}
	case *ast.ArrayType:
		s.checkEntries(t, file, lit, kind.Elt)
	case *ast.MapType:
		s.checkEntries(t, file, lit, kind.Value)
	}
}

// checkEntries checks the entries of a list that leave out their type.
func (s *sourceTree) checkEntries(t *testing.T, file sourceFile, list *ast.CompositeLit, of ast.Expr) {
	for _, e := range list.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		if lit, ok := e.(*ast.CompositeLit); ok && lit.Type == nil {
			s.check(t, file, lit, of)
		}
	}
}

// resolve returns the declaration of a type of the module, and nil for a type of another module.
func (s *sourceTree) resolve(file sourceFile, of ast.Expr) ast.Expr {
	switch e := of.(type) {
	case *ast.StarExpr:
		return s.resolve(file, e.X)
	case *ast.IndexExpr:
		return s.resolve(file, e.X)
	case *ast.Ident:
		return s.types[file.folder][e.Name]
	case *ast.SelectorExpr:
		return s.types[file.imported(e)][e.Sel.Name]
	}
	return of
}

// imported returns the folder of the package of a qualified name, and "" for a package of another
// module.
func (f sourceFile) imported(name *ast.SelectorExpr) string {
	pkg, ok := name.X.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, spec := range f.syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil || imported != module && !strings.HasPrefix(imported, module+"/") {
			continue
		}
		if called := path.Base(imported); called == pkg.Name || spec.Name != nil && spec.Name.Name == pkg.Name {
			return path.Clean("." + strings.TrimPrefix(imported, module))
		}
	}
	return ""
}
