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

// block is one fenced block of sh in a document. kind is the word after sh on the fence: it selects
// how the block is run.
type block struct{ kind, text string }

func blocksOf(t *testing.T, document string) []block {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("the commands of " + document + " need bash, which is not installed")
	}
	b, err := os.ReadFile(filepath.Join("..", document))
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
	blocks := blocksOf(t, "README.md")
	if len(blocks) < 7 {
		t.Fatalf("the README has only %d blocks of commands", len(blocks))
	}
	bin := binary(t)
	s := up(t, "--data", t.TempDir(), "--param", "OutageSeconds=3600") // as without the harness
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

// TestOperating runs every command of docs/operating.md in order, against a system of its own.
func TestOperating(t *testing.T) {
	t.Parallel()
	blocks := blocksOf(t, "docs/operating.md")
	if len(blocks) < 5 {
		t.Fatalf("the page has only %d blocks of commands", len(blocks))
	}
	s := up(t, "--in-memory")
	for _, b := range blocks {
		runScript(t, s, strings.ReplaceAll(b.text, "bin/orderflow", binary(t)))
	}
	var orders struct {
		Orders []struct{ Status string }
	}
	s.as("olga", "operators").get("/ops/orders?limit=100").expect(200).into(&orders)
	for _, o := range orders.Orders {
		if o.Status != "FULFILLED" {
			t.Errorf("an order is %s", o.Status)
		}
	}
	if len(orders.Orders) != 12 {
		t.Errorf("got %d orders", len(orders.Orders))
	}
}

// TestPayments runs the commands of docs/payments.md.
func TestPayments(t *testing.T) {
	t.Parallel()
	blocks := blocksOf(t, "docs/payments.md")
	s := up(t, "--in-memory")
	ran := 0
	for _, b := range blocks {
		if strings.Contains(b.text, "bin/orderflow") {
			runScript(t, s, strings.ReplaceAll(b.text, "bin/orderflow", binary(t)))
			ran++
		}
	}
	if ran == 0 {
		t.Error("the page has no command")
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
