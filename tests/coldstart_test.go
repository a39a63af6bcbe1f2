package tests

import (
	"slices"
	"testing"

	"orderflow/functions"
)

// TestColdStart starts and invokes each function of the program that is deployed. It judges no time: that is the benchmark's.
func TestColdStart(t *testing.T) {
	t.Parallel()
	var report struct {
		BinaryMB  float64
		Functions []struct {
			Handler                                             string
			InitP50Milliseconds, FirstInvocationP50Milliseconds float64
		}
	}
	(&system{t: t}).orderflow(&report, "bench", "coldstart", "--bootstrap", bootstrap(t), "--starts", "1", "--n", "2", "--json")
	var names []string
	for _, f := range report.Functions {
		names = append(names, f.Handler)
		if f.InitP50Milliseconds <= 0 || f.FirstInvocationP50Milliseconds <= 0 {
			t.Errorf("nothing was measured: %+v", f)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, functions.Names()) || report.BinaryMB <= 0 {
		t.Errorf("%v, want %v; binary %v MB", names, functions.Names(), report.BinaryMB)
	}
}
