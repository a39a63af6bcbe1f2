package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
	"github.com/orderflow-dev/orderflow/functions"
	"github.com/orderflow-dev/orderflow/local"
)

// command runs a command line and returns its exit code and what it printed.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestUp_Explain(t *testing.T) {
	t.Parallel()
	code, out, errs := command(t, "up", "--explain")
	if code != 0 || !strings.HasPrefix(out, "The stack orderflow runs ") ||
		!strings.Contains(out, "Has no effect on one machine:") {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	for line := range strings.Lines(out) {
		if strings.TrimRight(line, ", \n") != strings.TrimSuffix(line, "\n") {
			t.Errorf("a list is cut off: %q", line)
		}
	}
	code, out, errs = command(t, "up", "--explain", "--json")
	var x local.Explanation
	if err := json.Unmarshal([]byte(out), &x); code != 0 || err != nil {
		t.Fatalf("exit code %d, %v\n%s%s", code, err, out, errs)
	}
	if len(x.Unchecked) != 1 || !strings.Contains(x.Unchecked[0], "kms") {
		t.Errorf("does not check %q, want the permissions of the key", x.Unchecked)
	}
	counts := map[string]int{}
	for _, c := range x.Runs {
		counts[c.Kind] = c.Count
	}
	if want := len(functions.Names()); counts["function"] != want || counts["state machine"] != 2 {
		t.Errorf("runs %v, want %d functions and 2 state machines", counts, want)
	}
	if code, _, errs := command(t, "up", "--explain", "--param", "Nope=1"); code != 2 || !strings.Contains(errs, "Nope") {
		t.Errorf("an unknown parameter: exit code %d, %s", code, errs)
	}
}

func TestPrintDifferences(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	printDifferences(&out, &local.Explanation{NoEffect: []local.Difference{{Why: "x"}}})
	if out.Len() > 0 {
		t.Errorf("printed %q without a difference", &out)
	}
	printDifferences(&out, &local.Explanation{Differs: []local.Difference{{Why: "x"}, {Why: "y"}}})
	if !strings.HasPrefix(out.String(), "note 2 ") || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("printed %q", &out)
	}
}

// TestUp_refusesStripe checks that a system without Stripe's client refuses Stripe, instead of
// using the sandbox for it.
func TestUp_refusesStripe(t *testing.T) {
	t.Parallel()
	code, out, errs := command(t, "up", "--in-memory", "--addr", system.AnyPort, "--aws-addr", system.AnyPort,
		"--param", "PaymentGateway=stripe", "--param", "StripeSecretName=shop/stripe", "--param", "StripeWebhookSecretName=shop/webhook")
	if code != 1 || out != "" || !strings.Contains(errs, "PAYMENT_GATEWAY is stripe") ||
		!strings.Contains(errs, "--isolated") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}
