package template

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// sdkWaits is the number of seconds for which the SDK waits between the three attempts of one call:
// less than 2, then less than 4.
const sdkWaits = 6

// timeout returns the timeout of a function in seconds.
func timeout(t *testing.T, f Resource) int {
	t.Helper()
	seconds, ok := number(f.get("Timeout"))
	if !ok {
		t.Fatalf("%s: no timeout", f.ID)
	}
	return seconds
}

// seconds returns the value in seconds of a constant such as "const httpTimeout = 10 * time.Second"
// in a source file.
func seconds(t *testing.T, file, constant string) int {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^(?:const |\t)` + constant + `\s+= (\d+) \* time\.Second$`).FindSubmatch(source)
	if m == nil {
		t.Fatalf("%s has no constant %s in seconds", file, constant)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTemplate_timeouts: a function's timeout is longer than its calls may take and shorter than
// its caller waits.
func TestTemplate_timeouts(t *testing.T) {
	t.Parallel()
	provider, webhook := seconds(t, "functions/functions.go", "httpTimeout"), seconds(t, "tasks/carrier.go", "webhookTimeout")
	least := map[string]int{ // seconds that its calls may take, by handler
		"charge":    2*provider + sdkWaits,
		"refund":    2*provider + sdkWaits,
		"repay":     2*provider + sdkWaits,
		"carrier":   longestDelay(t) + webhook,
		"reconcile": seconds(t, "tasks/reconcile.go", "spare") + 2*sdkWaits,
	}
	most := map[string]int{ // seconds for which its caller waits
		"reconcile": 2 * 60, // the next scheduled run
	}
	seen := map[string]bool{}
	for _, f := range deployed(t).Of("AWS::Serverless::Function") {
		handler, got := text(f.get("Handler")), timeout(t, f)
		seen[handler] = true
		want, ok := least[handler]
		if !ok {
			want = 2 * sdkWaits
		}
		if got <= want {
			t.Errorf("%s may take %d s, but its calls may take %d", f.ID, got, want)
		}
		limit, ok := most[handler]
		if strings.HasPrefix(handler, "api-") {
			limit, ok = 30, true // the HTTP API (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html)
		}
		if ok && got >= limit {
			t.Errorf("%s may take %d s, but its caller waits for %d", f.ID, got, limit)
		}
	}
	for _, limits := range []map[string]int{least, most} {
		for handler := range limits {
			if !seen[handler] {
				t.Errorf("template.yaml has no function %s", handler)
			}
		}
	}
}

// least is the least value of the parameter that sets the timeout at a path of the state's input.
func least(t *testing.T, path string) int {
	t.Helper()
	parameter, ok := map[string]string{
		"$.waits.review.seconds": "ReviewSeconds", "$.waits.paymentMethod.seconds": "PaymentMethodSeconds",
	}[path]
	if !ok {
		t.Fatalf("no parameter sets %s", path)
	}
	return bound(t, parameter, "MinValue")
}

// longestDelay is the longest delay of the sandbox carrier in seconds.
func longestDelay(t *testing.T) int {
	t.Helper()
	return bound(t, "CarrierDelayMilliseconds", "MaxValue") / 1000
}

// bound returns MinValue or MaxValue of a parameter of the template.
func bound(t *testing.T, parameter, which string) int {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^  ` + parameter + `:\n(?:    .*\n)*?    ` + which + `: (\d+)$`).FindSubmatch(source)
	if m == nil {
		t.Fatalf("%s has no %s", parameter, which)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// state is what a definition says of a state.
type state struct {
	Type               string
	TimeoutSeconds     int
	TimeoutSecondsPath string
	Parameters         struct{ FunctionName string }
}

// states returns the states of all definitions.
func states(t *testing.T) map[string]state {
	t.Helper()
	all := map[string]state{}
	for _, m := range definitions(t) {
		var machine struct{ States map[string]state }
		if err := json.Unmarshal([]byte(m.source), &machine); err != nil {
			t.Fatal(err)
		}
		for name, s := range machine.States {
			if _, twice := all[name]; twice {
				t.Fatalf("two states are called %s", name)
			}
			all[name] = s
		}
	}
	return all
}

// TestDefinition_timeouts: a function ends before its state's timeout; otherwise the next attempt
// would run at the same time.
func TestDefinition_timeouts(t *testing.T) {
	t.Parallel()
	functions := map[string]Resource{}
	for _, f := range deployed(t).Of("AWS::Serverless::Function") {
		functions["${"+f.ID+"}"] = f
	}
	tasks := 0
	for name, s := range states(t) {
		if s.Type != "Task" {
			continue
		}
		tasks++
		f, ok := functions[s.Parameters.FunctionName]
		if !ok {
			t.Errorf("%s calls %q, which is no function", name, s.Parameters.FunctionName)
			continue
		}
		limit := s.TimeoutSeconds
		if s.TimeoutSecondsPath != "" {
			limit = least(t, s.TimeoutSecondsPath)
		}
		if got := timeout(t, f); got >= limit {
			t.Errorf("%s gives up after %d s, but %s may take %d", name, limit, f.ID, got)
		}
	}
	if tasks < 10 {
		t.Errorf("only %d tasks", tasks)
	}
}
