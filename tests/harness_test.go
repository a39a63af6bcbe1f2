// Package tests tests the whole system: it starts the real binary and calls it as storefronts,
// carriers, operators and SDKs do.
package tests

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/orderflow-dev/orderflow/api/contracttest"
)

// settle is the time after which a test gives up. No test measures against it.
const settle = 90 * time.Second

var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "orderflow-tests-")
	if err != nil {
		return "", err
	}
	args := []string{"build", "-o", filepath.Join(dir, "orderflow")}
	if raced {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "github.com/orderflow-dev/orderflow/cmd/orderflow")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return filepath.Join(dir, "orderflow"), nil
})

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given { // the systems mostly wait
		if err := flag.Set("test.parallel", strconv.Itoa(4*runtime.GOMAXPROCS(0))); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if bin, err := buildOnce(); err == nil {
		_ = os.RemoveAll(filepath.Dir(bin))
	}
	os.Exit(code)
}

// binary builds the command line once and returns its path.
func binary(t *testing.T) string {
	t.Helper()
	bin, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// system is a running `orderflow up`.
type system struct {
	t        *testing.T
	cmd      *exec.Cmd
	API, AWS string
	dir      string // the data folder, if it has one
	secret   string // the webhook's secret, or its place, as up prints it
	exited   chan error
	stderr   *lockedBuffer
	denials  bool // the test makes calls that the policies deny
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// up starts the system, waits until it is ready, and stops it at the end of the test.
func up(t *testing.T, args ...string) *system {
	t.Helper()
	s := &system{t: t, exited: make(chan error, 1), stderr: &lockedBuffer{}}
	flags := []string{"up", "--addr", "127.0.0.1:0", "--aws-addr", "127.0.0.1:0", "--carrier-delay", "0s", "--param", "OutageSeconds=0"}
	s.cmd = exec.Command(binary(t), append(flags, args...)...)
	s.cmd.Stderr = s.stderr
	s.cmd.Env = append(os.Environ(), "GORACE=halt_on_error=1 exitcode=66")
	if i := slices.Index(args, "--data"); i >= 0 {
		s.dir = args[i+1]
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), " ")
			switch name {
			case "api":
				s.API = strings.TrimSpace(value)
			case "webhook":
				s.secret = strings.TrimPrefix(value, "secret ")
			case "aws":
				s.AWS = strings.TrimSpace(value)
			case "ready":
				close(ready)
			}
		}
		s.exited <- s.cmd.Wait()
	}()
	select {
	case <-ready:
	case err := <-s.exited:
		t.Fatalf("up ended before it was ready: %v\n%s", err, s.stderr)
	case <-time.After(settle):
		_ = s.cmd.Process.Kill()
		t.Fatalf("up is not ready\n%s", s.stderr)
	}
	t.Cleanup(s.stop)
	return s
}

// stop interrupts the system, which must end without an error. Before, it checks that the policies
// denied no call, unless denials is set.
func (s *system) stop() {
	if s.cmd == nil {
		return
	}
	if !s.denials {
		s.noneDenied()
	}
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Error(err)
	}
	select {
	case err := <-s.exited:
		if err != nil {
			s.t.Errorf("up ended with %v\n%s", err, s.stderr)
		}
	case <-time.After(settle):
		_ = s.cmd.Process.Kill()
		s.t.Errorf("up did not stop\n%s", s.stderr)
	}
	s.cmd = nil
}

// noneDenied checks that the policies denied no call. It may run after the test's context has
// ended.
func (s *system) noneDenied() {
	ctx, cancel := context.WithTimeout(context.Background(), settle)
	defer cancel()
	a, err := (&caller{s: s}).try(ctx, http.MethodGet, "/_local/iam", http.Header{"Orderflow-Local": {"1"}}, nil)
	var r iamReport
	if err == nil {
		err = json.Unmarshal(a.Body, &r)
	}
	if err != nil || len(r.Used) == 0 {
		s.t.Errorf("read the decisions of the policies: %v, %d grants were used\n%s", err, len(r.Used), s.stderr)
	}
	for _, d := range r.Denied {
		s.t.Errorf("denied %d times: %s", d.Count, d.Message)
	}
}

// kill kills the process without a warning.
func (s *system) kill() {
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	<-s.exited
	s.cmd = nil
}

// webhookSecret returns the secret with which the system's carrier signs.
func (s *system) webhookSecret() string {
	s.t.Helper()
	if s.dir == "" {
		return s.secret
	}
	b, err := os.ReadFile(filepath.Join(s.dir, "webhook-secret"))
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// config is the AWS configuration of a client of the system's AWS endpoint.
func (s *system) config() aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(s.AWS),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

var contract = sync.OnceValues(func() (*contracttest.Checker, error) {
	document, err := os.ReadFile("../api/openapi.yaml")
	if err != nil {
		return nil, err
	}
	return contracttest.New(document)
})

func (s *system) contract() *contracttest.Checker {
	s.t.Helper()
	c, err := contract()
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// apiClient returns a client of the API. An answer that is not in the contract fails the test.
func (s *system) apiClient() *http.Client {
	s.t.Helper()
	concerns := func(r *http.Request) bool { return !strings.HasPrefix(r.URL.Path, "/_local/") }
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	checked := s.contract().Transport(http.DefaultTransport, concerns, func(err error) { s.t.Error(err) })
	return &http.Client{Transport: checked, CheckRedirect: refuse}
}

// caller is one user of the API.
type caller struct {
	s     *system
	token string
}

// as returns a caller with a token of the local issuer.
func (s *system) as(sub string, groups ...string) *caller {
	s.t.Helper()
	body, err := json.Marshal(map[string]any{"sub": sub, "scopes": []string{"orders:read", "orders:write"}, "groups": groups})
	if err != nil {
		s.t.Fatal(err)
	}
	var out struct {
		Token string `json:"access_token"`
	}
	res := (&caller{s: s}).request(http.MethodPost, "/_local/token", http.Header{"Orderflow-Local": {"1"}}, body)
	res.expect(http.StatusOK).into(&out)
	return &caller{s, out.Token}
}

// answer is one answer of the API.
type answer struct {
	t      *testing.T
	what   string
	Status int
	Header http.Header
	Body   []byte
}

// request sends one request. Without an answer the test fails.
func (c *caller) request(method, path string, header http.Header, body []byte) *answer {
	c.s.t.Helper()
	a, err := c.try(c.s.t.Context(), method, path, header, body)
	if err != nil {
		c.s.t.Fatalf("%s %s: %v\n%s", method, path, err, c.s.stderr)
	}
	return a
}

func (c *caller) try(ctx context.Context, method, path string, header http.Header, body []byte) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.s.API+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for k, v := range header {
		req.Header[k] = v
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.s.apiClient().Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return &answer{t: c.s.t, what: method + " " + path, Status: res.StatusCode, Header: res.Header, Body: b}, nil
}

// redrive asks for a redrive of an order, as an operator.
func (c *caller) redrive(id, reason string) *answer {
	c.s.t.Helper()
	return c.request(http.MethodPost, "/ops/orders/"+id+"/redrive", nil, fmt.Appendf(nil, `{"reason":%q}`, reason))
}

func (c *caller) get(path string) *answer {
	c.s.t.Helper()
	return c.request(http.MethodGet, path, nil, nil)
}

func (a *answer) expect(status int) *answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s: %d %s, want %d", a.what, a.Status, a.Body, status)
	}
	return a
}

func (a *answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		a.t.Fatalf("%s: %v in %s", a.what, err, a.Body)
	}
}

// problem checks that the answer is problem+json of this status and code.
func (a *answer) problem(status int, code string) {
	a.t.Helper()
	a.expect(status)
	var p struct{ Code string }
	a.into(&p)
	if p.Code != code || a.Header.Get("Content-Type") != "application/problem+json" {
		a.t.Errorf("%s: %s %s, want the problem %s", a.what, a.Header.Get("Content-Type"), a.Body, code)
	}
}

// eventually polls check until it returns true.
func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	deadline := time.After(settle)
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for !check() {
		select {
		case <-deadline:
			t.Fatalf("%s: not within %s", what, settle)
		case <-tick.C:
		}
	}
}
