package tests

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is one fenced block of sh in the README. kind is the word after sh on the fence: it selects
// how the block is run.
type block struct{ kind, text string }

func readmeBlocks(t *testing.T) []block {
	t.Helper()
	b, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []block
	for _, m := range regexp.MustCompile("(?ms)^```sh *(\\w*)\n(.*?)^```$").FindAllStringSubmatch(string(b), -1) {
		out = append(out, block{m[1], m[2]})
	}
	return out
}

// TestREADME runs every command of the README in order, against a system of its own.
func TestREADME(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("the README's commands need bash, which is not installed")
	}
	blocks := readmeBlocks(t)
	if len(blocks) < 7 {
		t.Fatalf("the README has only %d blocks of commands", len(blocks))
	}
	bin := binary(t)
	s := up(t, "--data", t.TempDir())
	script := strings.NewReplacer(
		"http://127.0.0.1:8080", s.API, "http://127.0.0.1:4566", s.AWS,
		"bin/orderflow", bin, "go run ./cmd/orderflow", bin,
	)
	for _, b := range blocks {
		name := strings.SplitN(b.text, "\n", 2)[0]
		t.Run(name, func(t *testing.T) {
			switch {
			case b.text == "go test ./...\n":
				ci, err := os.ReadFile("../.ci/run")
				if err != nil || !bytes.Contains(ci, []byte("\ngo test ./...\n")) {
					t.Errorf(".ci/run does not run the README's test command (%v)", err)
				}
				return
			case b.kind == "up":
				if b.text != "bin/orderflow up\n" {
					t.Errorf("the README starts %q, which the tests do not run", b.text)
				}
				return
			case b.kind == "cost": // TestCost runs it
				return
			case strings.HasPrefix(b.text, "go build"):
				runScript(t, s, strings.Replace(b.text, "-o bin/", "-o "+t.TempDir()+"/", 1))
				return
			}
			tool := map[string]string{"aws": "aws"}[b.kind]
			if tool == "" && strings.Contains(b.text, "curl ") {
				tool = "curl"
			}
			if _, err := exec.LookPath(tool); tool != "" && err != nil {
				t.Skipf("%s is not installed", tool)
			}
			runScript(t, s, script.Replace(b.text))
		})
	}
}

// runScript runs a block in one shell at the project's root, as a reader would. An error answer to
// curl fails the test.
func runScript(t *testing.T, s *system, text string) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", text)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "ORDERFLOW_API="+s.API)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s\n%s", err, text, out)
	}
	if regexp.MustCompile(`HTTP/1\.1 [45]\d\d|"__type"`).Match(out) {
		t.Errorf("refused:\n%s", out)
	}
	t.Logf("%s", out)
}
