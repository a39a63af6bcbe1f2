package template

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// page is a page of docs.
type page struct {
	name, text string
	blocks     []string // of shell commands
}

var fence = regexp.MustCompile("(?ms)^ *```sh[^\n]*\n(.*?)^ *```$")

// operating returns the pages with commands for deployment and repair.
func operating(t *testing.T) []page {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "docs/runbooks/*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no runbooks: %v", err)
	}
	var out []page
	for _, f := range append(files, filepath.Join(root, "docs/deploy.md"), filepath.Join(root, "docs/load.md")) {
		source, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		p := page{name: filepath.Base(f), text: string(source)}
		for _, m := range fence.FindAllStringSubmatch(p.text, -1) {
			p.blocks = append(p.blocks, m[1])
		}
		if len(p.blocks) == 0 {
			t.Errorf("%s has no commands", p.name)
		}
		out = append(out, p)
	}
	return out
}

// TestDocs_shell: a shell can parse the commands.
func TestDocs_shell(t *testing.T) {
	t.Parallel()
	for _, p := range operating(t) {
		for _, block := range p.blocks {
			check := exec.CommandContext(t.Context(), "bash", "-n")
			check.Stdin = strings.NewReader(block)
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s\n%s", p.name, err, out, block)
			}
		}
	}
}

// TestDocs_names: the names in the pages exist in the template and in samconfig.toml.
func TestDocs_names(t *testing.T) {
	t.Parallel()
	known := map[string][]string{
		"parameter":            append(section(t, "template.yaml", "Parameters"), section(t, ".github/deploy-role.yaml", "Parameters")...),
		"output":               section(t, "template.yaml", "Outputs"),
		"resource":             section(t, "template.yaml", "Resources"),
		"configuration of SAM": configurations(t),
		"queue":                named(t, "AWS::SQS::Queue", "QueueName"),
		"table":                named(t, "AWS::DynamoDB::Table", "TableName"),
	}
	for _, c := range []struct{ kind, pattern string }{
		{"parameter", "[ `]([A-Z][A-Za-z]+)=[^=]"},
		{"output", `\boutput ([A-Z][A-Za-z]+)`},
		{"output", `OutputKey=='([A-Za-z]+)'`},
		{"resource", `--logical-resource-id ([A-Za-z]+)`},
		{"configuration of SAM", `--config-env ([a-z]+)`},
		{"queue", `--queue-name \$STACK-([a-z-]+)`},
		{"table", `Name=TableName,Value=\$STACK-([a-z-]+)`},
	} {
		pattern, found := regexp.MustCompile(c.pattern), 0
		for _, p := range operating(t) {
			for _, m := range pattern.FindAllStringSubmatch(p.text, -1) {
				found++
				if dimension := c.kind == "parameter" && m[1] == "Name"; !dimension && !slices.Contains(known[c.kind], m[1]) {
					t.Errorf("%s: there is no %s %q", p.name, c.kind, m[1])
				}
			}
		}
		if found == 0 {
			t.Errorf("no page has %s", c.pattern)
		}
	}
}

// TestDocs_settings: samconfig.toml sets existing parameters to allowed values.
func TestDocs_settings(t *testing.T) {
	t.Parallel()
	known := section(t, "template.yaml", "Parameters")
	settings := regexp.MustCompile(`(?m)^  "([A-Za-z]+)=(.*)",$`).FindAllStringSubmatch(file(t, "samconfig.toml"), -1)
	if len(settings) < 5 {
		t.Fatalf("only %d settings", len(settings))
	}
	for _, s := range settings {
		if !slices.Contains(known, s[1]) {
			t.Errorf("samconfig.toml sets %s, which is not a parameter", s[1])
		}
		values := regexp.MustCompile(`(?m)^  ` + s[1] + `:\n    Type: String\n    AllowedValues: \[(.*)\]$`)
		allowed := values.FindStringSubmatch(file(t, "template.yaml"))
		if allowed != nil && !slices.Contains(strings.Split(allowed[1], ", "), s[2]) {
			t.Errorf("samconfig.toml sets %s to %s, not one of %s", s[1], s[2], allowed[1])
		}
	}
}

// TestDocs_costs: docs/deploy.md counts the alarms and metrics of the template.
func TestDocs_costs(t *testing.T) {
	t.Parallel()
	alarms := deployed(t).Of("AWS::CloudWatch::Alarm")
	metrics := 0
	for _, a := range alarms {
		metrics += len(metricsOf(a))
	}
	if want := fmt.Sprintf("%d alarms on %d metrics", len(alarms), metrics); !strings.Contains(file(t, "docs/deploy.md"), want) {
		t.Errorf("docs/deploy.md does not have %q", want)
	}
}

var markdownLink = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)

// TestDocs_links: the target of each link in the project exists, and docs/README.md lists every
// page.
func TestDocs_links(t *testing.T) {
	t.Parallel()
	pages := []string{"README.md", "CONTRIBUTING.md"}
	for _, pattern := range []string{"docs/*.md", "docs/runbooks/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("no pages %s: %v", pattern, err)
		}
		for _, f := range found {
			pages = append(pages, strings.TrimPrefix(filepath.ToSlash(f), root+"/"))
		}
	}
	listed := []string{"README.md", "CONTRIBUTING.md", "docs/README.md"}
	for _, page := range pages {
		for _, m := range markdownLink.FindAllStringSubmatch(file(t, page), -1) {
			to := path.Join(path.Dir(page), m[1])
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
			}
			if page == "docs/README.md" {
				listed = append(listed, to)
			}
		}
	}
	for _, page := range pages {
		if !slices.Contains(listed, page) {
			t.Errorf("docs/README.md does not list %s", page)
		}
	}
}

func file(t *testing.T, name string) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// section lists the names in a section of the template.
func section(t *testing.T, name, title string) []string {
	t.Helper()
	_, rest, ok := strings.Cut("\n"+file(t, name), "\n"+title+":\n")
	if !ok {
		t.Fatalf("%s has no %s", name, title)
	}
	if end := regexp.MustCompile(`(?m)^[A-Z]`).FindStringIndex(rest); end != nil {
		rest = rest[:end[0]]
	}
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^  ([A-Za-z0-9]+):`).FindAllStringSubmatch(rest, -1) {
		out = append(out, m[1])
	}
	return out
}

// configurations returns the configurations of samconfig.toml that deploy a stack.
func configurations(t *testing.T) []string {
	t.Helper()
	var out []string
	sections := regexp.MustCompile(`(?m)^\[([a-z]+)\.deploy\.parameters\]\nstack_name = "[a-z-]+"$`)
	for _, m := range sections.FindAllStringSubmatch(file(t, "samconfig.toml"), -1) {
		out = append(out, m[1])
	}
	return out
}

// named lists the names of resources, without the stack's name.
func named(t *testing.T, typ, property string) []string {
	t.Helper()
	var out []string
	for _, r := range deployed(t).Of(typ) {
		if name, ok := strings.CutPrefix(text(object(r.get(property))["Fn::Sub"]), "${AWS::StackName}-"); ok {
			out = append(out, name)
		}
	}
	return out
}
