package local_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"orderflow/local"
)

// childFolder is set in the process that TestStack_kill kills.
const childFolder = "LOCAL_TEST_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") != "" {
		if err := bootstrap(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child runs a stack until its standard input ends.
func child(dir string) error {
	template, err := os.ReadFile("testdata/template.yaml")
	if err != nil {
		return err
	}
	template = bytes.Replace(template, []byte("VisibilityTimeout: 1\n"), []byte("VisibilityTimeout: 600\n"), 1)
	s, err := local.Open(context.Background(), local.Options{
		Template: template, Definitions: os.DirFS("testdata"), StackName: "shop", Dir: dir, Factory: handlers})
	if err != nil {
		return err
	}
	if err := s.Start(context.Background()); err != nil {
		return err
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		if err := begin(s, in.Text()); err != nil {
			return err
		}
		fmt.Println(in.Text())
	}
	return in.Err()
}

// TestStack_kill kills the process right after it has accepted work, three times, and then sees all of it done, without waiting for the
// visibility timeout of what was in flight.
func TestStack_kill(t *testing.T) {
	t.Parallel()
	dir, accepted := t.TempDir(), 0
	for range 3 {
		accepted = acceptAndDie(t, dir, accepted, 30)
	}
	o := options(t)
	o.InMemory, o.Dir = false, dir
	o.Template = bytes.Replace(o.Template, []byte("VisibilityTimeout: 1\n"), []byte("VisibilityTimeout: 600\n"), 1)
	s := start(t, o)
	for i := range accepted {
		id := fmt.Sprintf("note-%d", i)
		until(t, id, func() bool { ok, _ := done(t, s, id); return ok })
	}
	if d := s.IAMReport().Denials; len(d) > 0 {
		t.Errorf("denied: %+v", d)
	}
}

// acceptAndDie runs a child, has it accept n notes from number first on, and kills it. It returns the next number.
func acceptAndDie(t *testing.T, dir string, first, n int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for i := first; i < first+n; i++ {
		fmt.Fprintf(in, "note-%d\n", i)
		if !lines.Scan() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			t.Fatalf("the child died: %s", stderr.String())
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed: there is always an error
	return first + n
}
