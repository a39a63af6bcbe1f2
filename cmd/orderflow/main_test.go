package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// leaves returns the commands without subcommands, as words.
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

// TestHelp_everyCommand checks that `orderflow help` explains each command with an example.
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

// TestRun_saysWhatToWrite checks that the error for a wrong value says what is right.
func TestRun_saysWhatToWrite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"order", "list", "--api", "127.0.0.1:18080"}, "write http://127.0.0.1:18080"},
		{[]string{"ops", "failed", "--api", "localhost:18080"}, "write http://localhost:18080"},
		{[]string{"notifications", "--api", "127.0.0.1"}, "write http://127.0.0.1"},
		{[]string{"sandbox", "outage", "lift", "--api", "127.0.0.1:1"}, "write http://127.0.0.1:1"},
		{[]string{"iam", "--api", "ftp://127.0.0.1"}, `--api "ftp://127.0.0.1" is not a URL`},
		{[]string{"token", "--api", ""}, `--api "" is not a URL`},
		{[]string{"events", "tail", "--aws", "127.0.0.1:4566"},
			"--aws 127.0.0.1:4566 is not a URL: write http://127.0.0.1:4566"},
		{[]string{"token", "--ttl", "0"}, "--ttl 0 is not a number of seconds from 1 to 86400"},
		{[]string{"token", "--ttl", "86401"}, "--ttl 86401 is not"},
		{[]string{"token", "--sub", ""}, "--sub is empty"},
	} {
		if code, out, errs := command(t, c.args...); code != 2 || out != "" || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit code %d\n%s%s", c.args, code, out, errs)
		}
	}
}

// TestHelp_defaults checks that the help of every option shows its default.
func TestHelp_defaults(t *testing.T) {
	t.Parallel()
	var g grammar
	parser, err := newParser(&g, io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, c := range leaves(parser.Model.Node, nil) {
		_, help, _ := command(t, append([]string{"help"}, c...)...)
		help = strings.Join(strings.Fields(help), " ")
		for node := parser.Model.Node; node != nil; node = child(node, &c) {
			for _, f := range node.Flags {
				if f.Default == "" || f.Hidden {
					continue
				}
				if checked++; !strings.Contains(help, f.Default) {
					t.Errorf("--%s of %s: the default %s is not in its help:\n%s", f.Name, node.FullPath(), f.Default, help)
				}
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d options have a default", checked)
	}
}

// child returns the command under the node that the next word names, and removes that word; nil
// after the last one.
func child(n *kong.Node, words *[]string) *kong.Node {
	if len(*words) == 0 {
		return nil
	}
	word := (*words)[0]
	*words = (*words)[1:]
	for _, c := range n.Children {
		if c.Name == word {
			return c
		}
	}
	return nil
}

// TestRun_wrongSystem checks that a wrong option of a system has the exit code of a wrong command
// line.
func TestRun_wrongSystem(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--addr", "nonsense"}, {"--addr", "127.0.0.1:eighty"}, {"--addr", "127.0.0.1:70000"}, {"--aws-addr", "::1"},
		{"--param", "Foo=1"}, {"--param", "ReconcileAfterSeconds=soon"}, {"--explain", "--param", "Foo=1"},
	} {
		if code, out, errs := command(t, append([]string{"up", "--in-memory"}, args...)...); code != 2 {
			t.Errorf("%v: exit code %d, %s%s", args, code, out, errs)
		}
	}
}
