package local_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/lambda"
	"github.com/orderflow-dev/orderflow/local/store"
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

// childHolds is set if the child's functions never finish. They print "held" when they begin.
const childHolds = "LOCAL_TEST_HOLDS"

// holding is a handler that never answers.
type holding struct{ out store.Outlet }

func (h holding) Invoke(context.Context, []byte) ([]byte, error) {
	if err := h.out.Wait(); err != nil {
		return nil, err
	}
	fmt.Println("held")
	select {}
}

func childFactory(fn lambda.Function, cfg aws.Config) (lambda.Handler, error) {
	if os.Getenv(childHolds) != "" {
		return holding{fn.Outlet}, nil
	}
	return handlers(fn, cfg)
}

// child runs a stack until its standard input ends.
func child(dir string) error {
	template, err := os.ReadFile("testdata/template.yaml")
	if err != nil {
		return err
	}
	template = bytes.Replace(template, []byte("VisibilityTimeout: 1\n"), []byte("VisibilityTimeout: 600\n"), 1)
	s, err := local.Open(context.Background(), local.Options{
		Template: template, Definitions: os.DirFS("testdata"), StackName: "shop", Dir: dir, Factory: childFactory})
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
		if err := s.Outlet().Wait(); err != nil {
			return err
		}
		fmt.Println(in.Text())
	}
	return in.Err()
}

// TestStack_kill kills the process right after it has accepted work, three times, and then checks
// that all of it is done without waiting for the visibility timeout of what was in flight.
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

// TestStack_killedInFlight kills the process more often than maxReceiveCount while its function
// holds the message. The message does not become a dead letter, and the next process does its work.
func TestStack_killedInFlight(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 7 { // maxReceiveCount is 5
		c := startChild(t, dir, childHolds+"=yes")
		if round == 0 {
			fmt.Fprintln(c.in, "note-0")
		}
		for line := ""; line != "held"; {
			line = c.line(t)
		}
		c.kill(t)
	}
	o := options(t)
	o.InMemory, o.Dir = false, dir
	s := start(t, o)
	until(t, "note-0", func() bool { ok, _ := done(t, s, "note-0"); return ok })
	out, err := sqs.NewFromConfig(s.Config("")).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl:       aws.String("http://sqs.us-east-1.localhost/000000000000/shop-Dead"),
		AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil || out.Attributes["ApproximateNumberOfMessages"] != "0" {
		t.Errorf("dead letters: %v, %v", out, err)
	}
}

// acceptAndDie runs a child, has it accept n notes from number first on, and kills it. It returns
// the next number.
func acceptAndDie(t *testing.T, dir string, first, n int) int {
	t.Helper()
	c := startChild(t, dir)
	for i := first; i < first+n; i++ {
		fmt.Fprintf(c.in, "note-%d\n", i)
		c.line(t)
	}
	c.kill(t)
	return first + n
}

// childProcess is a process of this test that runs child.
type childProcess struct {
	cmd    *exec.Cmd
	in     io.Writer
	lines  *bufio.Scanner
	stderr strings.Builder
}

func startChild(t *testing.T, dir string, env ...string) *childProcess {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), settle)
	t.Cleanup(cancel)
	c := &childProcess{cmd: exec.CommandContext(ctx, os.Args[0])}
	c.cmd.Env = append(append(os.Environ(), childFolder+"="+dir), env...)
	c.cmd.Stderr = &c.stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.in, c.lines = in, bufio.NewScanner(out)
	return c
}

// line is the next line that the child prints.
func (c *childProcess) line(t *testing.T) string {
	t.Helper()
	if !c.lines.Scan() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
		t.Fatalf("the child died, or printed nothing more within %v: %s", settle, c.stderr.String())
	}
	return c.lines.Text()
}

func (c *childProcess) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait() // it was killed: there is always an error
}
