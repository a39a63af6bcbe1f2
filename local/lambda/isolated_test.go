package lambda

import (
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

func isolated(t *testing.T, functions ...Function) *Service {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bootstrap")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "lambda.norpc", "-o", path, "./runtimeapi/testdata/bootstrap").CombinedOutput(); err != nil {
		t.Fatalf("build bootstrap: %v: %s", err, out)
	}
	s, err := New(memStore(t), clockwork.NewRealClock(), Options{Factory: Isolated(IsolatedOptions{Bootstrap: path, Endpoint: "http://127.0.0.1:4566"})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	for _, fn := range functions {
		if err := s.Register(fn); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestIsolated(t *testing.T) {
	t.Parallel()
	s := isolated(t, Function{Name: "f", Handler: "h", MemoryMB: 256, RoleName: "role/f", Env: map[string]string{"TABLE": "orders", "AWS_REGION": "elsewhere"}, Timeout: time.Minute},
		Function{Name: "hasty", Handler: "h", Timeout: 2 * time.Second}, Function{Name: "broken", Handler: "broken"})
	call := func(function, payload string) *Result {
		r, err := s.Invoke(t.Context(), function, []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	served := func(function string) (pid, n int) {
		var reply struct {
			PID, Served int
			Function    string
		}
		r := call(function, "{}")
		if err := json.Unmarshal(r.Payload, &reply); err != nil || reply.Function != function {
			t.Fatalf("%s, %v", r.Payload, err)
		}
		return reply.PID, reply.Served
	}
	first, _ := served("f")
	if pid, n := served("f"); pid != first || n != 2 {
		t.Errorf("a warm request went to process %d as its number %d, want %d and 2", pid, n, first)
	}

	var env []string
	if err := json.Unmarshal(call("f", `{"Do":"env"}`).Payload, &env); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"TABLE=orders", "AWS_ACCESS_KEY_ID=role/f", "AWS_ENDPOINT_URL=http://127.0.0.1:4566", "_HANDLER=h", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256"} {
		if !slices.Contains(env, want) {
			t.Errorf("%s is not in %v", want, env)
		}
	}
	if slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "HOME=") }) {
		t.Error("the process has our environment")
	}

	if r := call("f", `{"Do":"error"}`); string(r.Payload) != `{"errorMessage":"boom","errorType":"errorString"}` || r.FunctionError != Unhandled {
		t.Errorf("error: %s", r.Payload)
	}
	if pid, _ := served("f"); pid != first {
		t.Error("an error ended the process")
	}
	for _, tt := range []struct{ function, payload, want string }{
		{"f", `{"Do":"panic"}`, `"errorType":"string"`}, {"f", `{"Do":"exit"}`, `"errorType":"Runtime.ExitError"`},
		{"hasty", `{"Do":"hang"}`, `Error: Task timed out after 2.00 seconds`},
	} {
		before, _ := served(tt.function)
		if r := call(tt.function, tt.payload); !strings.Contains(string(r.Payload), tt.want) || r.FunctionError != Unhandled {
			t.Errorf("%s: %s", tt.payload, r.Payload)
		}
		if pid, n := served(tt.function); pid == before || n != 1 {
			t.Errorf("after %s the same process goes on", tt.payload)
		}
	}
	if r := call("broken", "{}"); string(r.Payload) != `{"errorType":"Runtime.ExitError","errorMessage":"Error: Runtime exited with error: exit status 7"}` {
		t.Errorf("a program that does not start: %s", r.Payload)
	}
}

func TestIsolated_OneProcessPerRequest(t *testing.T) {
	t.Parallel()
	s := isolated(t, Function{Name: "f", Handler: "h", Timeout: time.Minute})
	var mu sync.Mutex
	numbers := map[int]bool{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				r, err := s.Invoke(context.Background(), "f", []byte("{}"))
				var reply struct{ PID int }
				if err == nil {
					err = json.Unmarshal(r.Payload, &reply)
				}
				if err != nil || reply.PID == 0 {
					t.Errorf("%+v, %v", r, err)
					return
				}
				mu.Lock()
				numbers[reply.PID] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(numbers) == 0 || len(numbers) > 4 {
		t.Errorf("%d processes for 4 requests at a time", len(numbers))
	}
}
