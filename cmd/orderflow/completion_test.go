package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	t.Parallel()
	parser, err := newParser(&grammar{}, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, want string }{
		{"order ", "create quote get list watch pay cancel return"},
		{"order c", "create cancel"},
		{"order nonsense", ""},
		{"help order ", "create quote get list watch pay cancel return"},
		{"help or", "order"},
		{"ops product ", "show put stock movements"},
		{"order list --li", "--limit"},
		{"order list --limit ", ""},
		{"order list --limit 5 --cur", "--cursor"},
		{"order list -- --cur", ""},
		{"up --carrier ", "sandbox external"},
		{"up --carrier = e", "external"},
		{"up --carrier=e", "--carrier=external"},
		{"up --in-memory --carrier s", "sandbox"},
		{"up --unknown s", ""},
		{"up --unknown=s", ""},
		{"sandbox outage ", "raise lift"},
		{"sandbox outage lift ", ""},
		{"completion z", "zsh"},
		{"order create -f ", files},
		{"order create --file examples/", files},
		{"demo --orders ", files},
		{"states --data ", files},
		{"__comp", ""},
	} {
		var got []string
		for _, w := range complete(parser.Model.Node, strings.Split(c.line, " ")) {
			word, _, _ := strings.Cut(w, "\t")
			got = append(got, word)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: %q, want %q", c.line, got, c.want)
		}
	}
	if got := complete(parser.Model.Node, nil); len(got) < 15 {
		t.Errorf("without a word: %q", got)
	}
}

// TestCompletion_scripts checks that each installed shell parses its script.
func TestCompletion_scripts(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), []string{"completion", shell}, &out, &errs); code != 0 ||
			!strings.Contains(out.String(), "__complete") {
			t.Fatalf("%s: exit code %d, %s%s", shell, code, &out, &errs)
		}
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("%s is not installed: its script was not read", shell)
			continue
		}
		check := exec.CommandContext(t.Context(), shell, "-n", "/dev/stdin")
		check.Stdin = &out
		if message, err := check.CombinedOutput(); err != nil || len(message) > 0 {
			t.Errorf("%s: %v %s", shell, err, message)
		}
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"completion", "csh"}, &out, &errs); code != 2 {
		t.Errorf("csh: exit code %d, %s%s", code, &out, &errs)
	}
}

func TestCompleteCommand(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"__complete", "--", "order", "li"}, &out, &errs); code != 0 ||
		out.String() != "list\tList your orders, newest first.\n" {
		t.Errorf("exit code %d, %q %s", code, &out, &errs)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"version"}, {"--version"}} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, &out, &errs); code != 0 || !strings.HasPrefix(out.String(), "orderflow ") ||
			!strings.Contains(out.String(), " go1.") {
			t.Errorf("%v: exit code %d, %q %s", args, code, &out, &errs)
		}
	}
}
