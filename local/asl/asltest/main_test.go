package asltest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const ownCases = "../testdata/cases"

// TestOwn replays the project's own cases.
func TestOwn(t *testing.T) {
	t.Parallel()
	checkAll(t, ownCases)
}

func TestMain_exitCodes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pass := `"definition":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},"status":"SUCCEEDED"`
	good := write("good.json", `{`+pass+`,"input":[1],"output":[1.0]}`)
	bad := write("bad.json", `{`+pass+`,"input":[1],"output":[2]}`)
	jsonata := write("jsonata.json",
		`{"definition":{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}}`)
	broken := write("broken.json", `{`)
	invalid := write("invalid.json", `{"definition":{"StartAt":"B","States":{"A":{"Type":"Pass","End":true}}}}`)
	empty := filepath.Dir(write("empty/list.json", `[]`))
	tests := []struct {
		name string
		args []string
		code int
		out  string
	}{
		{"pass", []string{good}, 0, "recorded: 1 passed, 0 failed, 0 left out"},
		{"fail", []string{good, bad}, 1, "recorded: 1 passed, 1 failed, 0 left out"},
		{"difference", []string{"--diff", bad}, 1, "recorded 2, got 1"},
		{"left out", []string{jsonata}, 0, "left out  jsonata  (JSONata)"},
		{"show", []string{"--show", good}, 0, `"type":"PassStateExited"`},
		{"json", []string{"--json", good}, 0, `{"passed":1,"failed":0,"leftOut":0}`},
		{"broken file", []string{broken}, 1, "broken.json"},
		{"invalid definition", []string{invalid}, 1, "Missing 'Next' target: B"},
		{"no such file", []string{filepath.Join(dir, "none*.json")}, 1, ""},
		{"folder without cases", []string{empty}, 1, ""},
		{"no argument", nil, 2, ""},
		{"unknown flag", []string{"--nope"}, 2, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			if code := Main(tt.args, &out, &errs); code != tt.code {
				t.Errorf("exit code %d, want %d\n%s%s", code, tt.code, &out, &errs)
			}
			if !strings.Contains(out.String(), tt.out) {
				t.Errorf("output lacks %q:\n%s", tt.out, &out)
			}
			if tt.code != 0 && out.Len()+errs.Len() == 0 {
				t.Error("nothing is said")
			}
		})
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "case.json")
	text := `{"kind":"history","definition":{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":3,` +
		`"End":true}}},"input":{"n":1.50}}`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := Main([]string{"--update", file}, &out, &out); code != 1 {
		t.Fatalf("a case without history passes:\n%s", &out)
	}
	if code := Main([]string{file}, &out, &out); code != 0 {
		t.Fatalf("the updated case fails:\n%s", &out)
	}
	c, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.History) != 4 || *c.Status != "SUCCEEDED" || *c.History[2].At != 3 {
		t.Errorf("the updated case is %+v", c)
	}
}

// TestCompare_finds: Compare finds every kind of difference.
func TestCompare_finds(t *testing.T) {
	t.Parallel()
	const definition = `"definition":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}},"input":{"a":1},` +
		`"status":"SUCCEEDED"`
	history := []string{
		`{"id":1,"previousEventId":0,"type":"ExecutionStarted","executionStartedEventDetails":{"input":{"a":1},` +
			`"inputDetails":{"truncated":false},"roleArn":"snf_role_arn"}}`,
		`{"id":2,"previousEventId":0,"type":"PassStateEntered","stateEnteredEventDetails":{"input":{"a":1},` +
			`"inputDetails":{"truncated":false},"name":"A"}}`,
		`{"id":3,"previousEventId":2,"type":"PassStateExited","stateExitedEventDetails":{"name":"A",` +
			`"output":{"a":1},"outputDetails":{"truncated":false}}}`,
		`{"id":4,"previousEventId":3,"type":"ExecutionSucceeded",` +
			`"executionSucceededEventDetails":{"output":"{\"a\": 1.0}","outputDetails":{"truncated":false}}}`,
	}
	tests := []struct{ name, old, new string }{
		{"same", "", ""},
		{"id", `"id":3`, `"id":9`},
		{"previous id", `"previousEventId":2`, `"previousEventId":1`},
		{"type", "PassStateExited", "WaitStateExited"},
		{"value", `"output":{"a":1}`, `"output":{"a":2}`},
		{"missing key", `"output":{"a":1}`, `"output":{"a":1,"b":2}`},
		{"more keys", `"output":{"a":1}`, `"output":{}`},
		{"name", `"name":"A","output"`, `"name":"B","output"`},
		{"missing detail", `"roleArn":"snf_role_arn"`, `"roleArn":"snf_role_arn","other":1`},
		{"time", `"id":2`, `"at":5,"id":2`},
		{"status", `"status":"SUCCEEDED"`, `"status":"FAILED"`},
		{"missing event", "," + history[3], ""},
		{"one event more", history[3], history[3] + "," + history[3]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := `{` + definition + `,"history":[` + strings.Join(history, ",") + `]}`
			file := filepath.Join(t.TempDir(), "case.json")
			if err := os.WriteFile(file, []byte(strings.Replace(text, tt.old, tt.new, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			c, err := Load(file)
			if err != nil {
				t.Fatal(err)
			}
			if r := Check(c); (r.Outcome == Pass) != (tt.name == "same") {
				t.Errorf("%s: %v", r.Outcome, r.Diffs)
			}
		})
	}
}
