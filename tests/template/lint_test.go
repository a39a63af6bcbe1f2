package template

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"
)

const root = "../.."

// deployed parses template.yaml.
func deployed(t *testing.T) *Template {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// Waiver is an entry of waivers.yaml.
type Waiver struct {
	Check    string `yaml:"check"`    // a rule of this package or of checkov
	Resource string `yaml:"resource"` // "*" for all
	Reason   string `yaml:"reason"`
}

func waivers(t *testing.T) []Waiver {
	t.Helper()
	source, err := os.ReadFile("waivers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list []Waiver
	if err := yaml.Unmarshal(source, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTemplate_lint(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join(root, "docs/runbooks/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range pages {
		pages[i] = filepath.Base(pages[i])
	}
	findings, list := Lint(deployed(t), pages), waivers(t)
	used := make([]bool, len(list))
	for _, f := range findings {
		i := slices.IndexFunc(list, func(w Waiver) bool { return w.Check == f.Rule && (w.Resource == f.Resource || w.Resource == "*") })
		if i < 0 {
			t.Error(f)
			continue
		}
		used[i] = true
	}
	for i, w := range list {
		if len(w.Reason) < 20 {
			t.Errorf("the waiver of %s gives no reason", w.Check)
		}
		if ours := slices.ContainsFunc(rules, func(r rule) bool { return r.name == w.Check }); ours && !used[i] {
			t.Errorf("the waiver of %s for %s is not needed", w.Check, w.Resource)
		}
	}
}

// TestLint: each rule has testdata/<rule>.txtar with a template that passes, one that fails, and
// the rule's messages.
func TestLint(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile("testdata/" + r.name + ".txtar")
			if err != nil {
				t.Fatal(err)
			}
			files, pages := map[string][]byte{}, []string(nil)
			for _, f := range archive.Files {
				files[f.Name] = f.Data
				if page, ok := strings.CutPrefix(f.Name, "docs/runbooks/"); ok {
					pages = append(pages, page)
				}
			}
			if got := messages(t, r, files["pass.yaml"], pages); got != "" {
				t.Errorf("pass.yaml:\n%s", got)
			}
			got, want := messages(t, r, files["fail.yaml"], pages), string(files["want.txt"])
			if want == "" || got != want {
				t.Errorf("fail.yaml:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func messages(t *testing.T, r rule, source []byte, pages []string) string {
	t.Helper()
	parsed, err := Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Resources) == 0 {
		t.Fatal("no resources")
	}
	var out strings.Builder
	for _, f := range Lint(parsed, pages) {
		if f.Rule == r.name {
			out.WriteString(f.Resource + ": " + f.Message + "\n")
		}
	}
	return out.String()
}
