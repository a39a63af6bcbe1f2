package template

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// record is a Go type that is stored as an item: its attributes by their JSON names, with their Go
// types.
type record struct {
	name       string
	attributes map[string]string
}

// TestTemplate_timeToLive: the code writes each table's time-to-live attribute as a number, and
// each table deletes the items that the code lets expire.
func TestTemplate_timeToLive(t *testing.T) {
	t.Parallel()
	all := records(t)
	var expiring []string
	for _, r := range all {
		if r.attributes["expiresAt"] != "" {
			expiring = append(expiring, r.name)
		}
	}
	var used []string
	for _, table := range deployed(t).Of("AWS::DynamoDB::Table") {
		attribute := text(table.get("TimeToLiveSpecification", "AttributeName"))
		if attribute == "" {
			continue
		}
		hash := text(object(list(table.get("KeySchema"))[0])["AttributeName"])
		i := slices.IndexFunc(all, func(r record) bool { return r.attributes[hash] != "" && r.attributes[attribute] == "int64" })
		if i < 0 {
			t.Errorf("%s deletes by %s, but no type in cloud has it as a number, next to the key %s", table.ID, attribute, hash)
			continue
		}
		if text(table.get("TimeToLiveSpecification", "Enabled")) != "true" {
			t.Errorf("%s does not delete what expired", table.ID)
		}
		used = append(used, all[i].name)
	}
	slices.Sort(used)
	slices.Sort(expiring)
	if len(expiring) == 0 || !slices.Equal(used, expiring) {
		t.Errorf("the code lets %v expire, tables delete %v", expiring, used)
	}
}

// records are the types of package cloud whose fields have JSON names: cloud stores these as items.
func records(t *testing.T) []record {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "cloud/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []record
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				out = append(out, record{spec.Name.Name, attributes(t, s)})
			}
			return true
		})
	}
	return out
}

func attributes(t *testing.T, s *ast.StructType) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, f := range s.Fields.List {
		typ, ok := f.Type.(*ast.Ident)
		if f.Tag == nil || !ok {
			continue
		}
		tag, err := strconv.Unquote(f.Tag.Value)
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		out[name] = typ.Name
	}
	return out
}
