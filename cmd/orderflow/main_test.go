package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// leaves lists the commands that do something, as words.
func leaves(n *kong.Node, path []string) [][]string {
	var out [][]string
	for _, child := range n.Children {
		if child.Type == kong.CommandNode && !child.Hidden {
			out = append(out, leaves(child, append(path[:len(path):len(path)], child.Name))...)
		}
	}
	if len(out) == 0 {
		out = append(out, path)
	}
	return out
}

// TestHelp_everyCommand: `orderflow help` explains each command with an example.
func TestHelp_everyCommand(t *testing.T) {
	t.Parallel()
	var g grammar
	parser, err := kong.New(&g)
	if err != nil {
		t.Fatal(err)
	}
	commands := leaves(parser.Model.Node, nil)
	if len(commands) < 15 {
		t.Fatalf("only %d commands", len(commands))
	}
	for _, c := range commands {
		name := strings.Join(c, " ")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if code := run(t.Context(), append([]string{"help"}, c...), &out, &out); code != 0 {
				t.Errorf("exit code %d: %s", code, &out)
			}
			if !strings.Contains(out.String(), "Example") || !strings.Contains(out.String(), "orderflow "+name) {
				t.Errorf("no example:\n%s", &out)
			}
		})
	}
}

func TestRun_wrongCommandLine(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"fly"}, {"order", "get"}, {"up", "--carrier", "pigeon"}, {"help", "fly"}} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, &out, &errs); code == 0 || !strings.HasPrefix(errs.String(), "orderflow: ") {
			t.Errorf("%v: exit code %d, %q", args, code, errs.String())
		}
	}
}
