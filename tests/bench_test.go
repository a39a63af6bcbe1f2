package tests

import (
	"encoding/json"
	"os/exec"
	"testing"
)

// TestBenchOrders runs a small benchmark: it fulfils every order and reports whether it was
// durable. The speed is not checked.
func TestBenchOrders(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), binary(t), "bench", "orders", "--n", "6", "--concurrency", "3", "--json").Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got struct {
		Orders       int     `json:"orders"`
		Durable      bool    `json:"durable"`
		PerSecond    float64 `json:"ordersPerSecond"`
		NotFulfilled int     `json:"notFulfilled"`
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if got.Orders != 6 || !got.Durable || got.PerSecond <= 0 || got.NotFulfilled != 0 {
		t.Errorf("%s", out)
	}
}

// TestBenchAPI sends customers for a second: every one gets an answer and every order is fulfilled.
func TestBenchAPI(t *testing.T) {
	t.Parallel()
	args := []string{"bench", "api", "--rate", "10", "--for", "1s", "--in-memory", "--json"}
	out, err := exec.CommandContext(t.Context(), binary(t), args...).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got struct {
		Orders   int  `json:"orders"`
		Durable  bool `json:"durable"`
		Failures int  `json:"failures"`
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if got.Orders != 10 || got.Durable || got.Failures != 0 {
		t.Errorf("%s", out)
	}
}

// TestBenchAll runs all benchmarks small: each figure is measured.
func TestBenchAll(t *testing.T) {
	t.Parallel()
	args := []string{"bench", "all", "--orders", "4", "--rate", "4", "--for", "1s", "--engine", "200", "--json"}
	out, err := exec.CommandContext(t.Context(), binary(t), args...).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got struct {
		Figures []struct {
			What  string
			Value float64
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for _, f := range got.Figures {
		if f.Value <= 0 && f.What != "backlog at its end" {
			t.Errorf("%s: %v", f.What, f.Value)
		}
	}
	if len(got.Figures) == 0 {
		t.Errorf("no figures in %s", out)
	}
}
