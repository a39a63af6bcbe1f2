package runtimeapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/store"
)

// bootstrap builds the test function once for all tests; TestMain removes it.
var bootstrap = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "bootstrap")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "bootstrap")
	out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", path, "./testdata/bootstrap").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build bootstrap: %w: %s", err, out)
	}
	return path, nil
})

var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		if err := os.RemoveAll(built); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func start(t *testing.T, handler string, clock clockwork.Clock, output *bytes.Buffer) (*Environment, error) {
	t.Helper()
	path, err := bootstrap()
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg := Config{Path: path, Dir: filepath.Dir(path), MaxResponse: 1 << 20, Clock: clock, Outlet: st.Outlet(),
		Env: []string{"_HANDLER=" + handler, "AWS_LAMBDA_FUNCTION_NAME=f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256"}}
	if output != nil {
		cfg.Output = output
	}
	e, err := Start(cfg)
	if err == nil {
		t.Cleanup(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return e, err
}

func invoke(t *testing.T, e *Environment, payload string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := e.Invoke(lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "req-1", InvokedFunctionArn: "arn:f"}), []byte(payload))
	return string(out), err
}

func TestEnvironment_Invoke(t *testing.T) {
	t.Parallel()
	e, err := start(t, "h", clockwork.NewRealClock(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := e.InitDuration(); d <= 0 || d > InitTimeout {
		t.Errorf("init took %v", d)
	}
	for n := 1; n <= 3; n++ {
		out, err := invoke(t, e, `{}`)
		want := fmt.Sprintf(`{"arn":"arn:f","function":"f","handler":"h","left":true,"memory":256,"pid":%d,"requestId":"req-1","served":%d}`, e.PID(), n)
		if err != nil || out != want {
			t.Errorf("got %s, %v, want %s", out, err, want)
		}
	}
	for payload, want := range map[string]string{
		`{"Do":"error"}`: `{"errorMessage":"boom","errorType":"errorString"}`,
		`{"Do":"named"}`: `{"errorMessage":"declined","errorType":"PaymentDeclined"}`,
		`{"Do":1}`:       `"errorType":"UnmarshalTypeError"`,
	} {
		_, err := invoke(t, e, payload)
		if f, ok := errors.AsType[*Error](err); !ok || !strings.Contains(string(f.Payload()), want) || f.Exited() {
			t.Errorf("%s: %v, want %s", payload, err, want)
		}
	}
	if out, err := invoke(t, e, `{"Do":"large","Size":1048574}`); err != nil || len(out) != 1<<20 {
		t.Errorf("a reply of the largest size: %d bytes, %v", len(out), err)
	}
}

func TestEnvironment_Exits(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]string{
		`{"Do":"panic"}`:                `{"errorMessage":"broken","errorType":"string","stackTrace":[`,
		`{"Do":"exit"}`:                 `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: req-1 Error: Runtime exited with error: exit status 3"}`,
		`{"Do":"leave"}`:                `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: req-1 Error: Runtime exited without providing a reason"}`,
		`{"Do":"large","Size":1048575}`: `{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (1048576 bytes)."}`,
	} {
		t.Run(payload, func(t *testing.T) {
			t.Parallel()
			e, err := start(t, "h", clockwork.NewRealClock(), nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = invoke(t, e, payload)
			f, ok := errors.AsType[*Error](err)
			if !ok || !strings.HasPrefix(string(f.Payload()), want) || !f.Exited() {
				t.Fatalf("%v, want %s", err, want)
			}
			if _, err := invoke(t, e, `{}`); err == nil || !strings.Contains(err.Error(), "Runtime.ExitError") {
				t.Errorf("a request to a process that has gone: %v", err)
			}
		})
	}
}

func TestEnvironment_DeadlineKills(t *testing.T) {
	t.Parallel()
	var output bytes.Buffer
	e, err := start(t, "h", clockwork.NewRealClock(), &output)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := e.Invoke(ctx, []byte(`{"Do":"hang"}`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
	select {
	case <-e.exited:
	default:
		t.Error("the process lives on")
	}
}

func TestStart_Failures(t *testing.T) {
	t.Parallel()
	t.Run("exits", func(t *testing.T) {
		t.Parallel()
		var output bytes.Buffer
		_, err := start(t, "broken", clockwork.NewRealClock(), &output)
		f, ok := errors.AsType[*Error](err)
		if want := `{"errorType":"Runtime.ExitError","errorMessage":"Error: Runtime exited with error: exit status 7"}`; !ok || string(f.Payload()) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if output.String() != "cannot start\n" {
			t.Errorf("output %q", output.String())
		}
	})
	t.Run("never asks for work", func(t *testing.T) {
		t.Parallel()
		clock := clockwork.NewFakeClock()
		done := make(chan error, 1)
		go func() {
			_, err := start(t, "sleepy", clock, nil)
			done <- err
		}()
		if err := clock.BlockUntilContext(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		clock.Advance(InitTimeout)
		if err := <-done; err == nil || !strings.Contains(err.Error(), "Sandbox.Timedout") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no program", func(t *testing.T) {
		t.Parallel()
		if _, err := Start(Config{Path: filepath.Join(t.TempDir(), "none"), Clock: clockwork.NewRealClock()}); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
}

func TestEnvironment_API(t *testing.T) {
	t.Parallel()
	e := &Environment{cfg: Config{MaxResponse: 100}, idle: make(chan struct{}, 1), work: make(chan *request), exited: make(chan struct{}),
		current: &request{id: "a", done: make(chan result, 1)}}
	server := httptest.NewServer(e.handler())
	defer server.Close()
	for _, tt := range []struct {
		path   string
		status int
		body   string
	}{
		{"invocation/b/response", 403, "InvalidRequestID"},
		{"invocation/b/error", 403, "InvalidRequestID"},
		{"invocation/a/response", 202, `"status":"OK"`},
		{"invocation/a/response", 403, "InvalidRequestID"},
		{"init/error", 202, `"status":"OK"`},
	} {
		res, err := http.Post(server.URL+"/2018-06-01/runtime/"+tt.path, "application/json", strings.NewReader(`{"errorType":"X"}`))
		if err != nil {
			t.Fatal(err)
		}
		var body map[string]string
		err = json.NewDecoder(res.Body).Decode(&body)
		if cerr := res.Body.Close(); err != nil || cerr != nil {
			t.Fatal(err, cerr)
		}
		if text := fmt.Sprintf("%q", body); res.StatusCode != tt.status || !strings.Contains(text, tt.body) {
			t.Errorf("%s: %d %s, want %d %s", tt.path, res.StatusCode, text, tt.status, tt.body)
		}
	}
	page, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/2018-06-01/runtime/invocation/next", nil)
	if err != nil {
		t.Fatal(err)
	}
	page.Header.Set("Sec-Fetch-Site", "cross-site")
	if res, err := http.DefaultClient.Do(page); err != nil || res.StatusCode != http.StatusForbidden || res.Body.Close() != nil || len(e.idle) != 0 {
		t.Errorf("a web page took an invocation: %v %v", res, err)
	}
	if string(e.initErr) != `{"errorType":"X"}` {
		t.Errorf("init error %s", e.initErr)
	}
}
