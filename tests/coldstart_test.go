package tests

import (
	"runtime"
	"slices"
	"testing"

	"github.com/orderflow-dev/orderflow/functions"
)

// TestColdStart starts the deployed program and invokes each function. The benchmark measures
// times; this test checks none.
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

// TestMemory runs a small benchmark: every function is invoked, with its largest events too, and
// uses at most half of the memory that template.yaml gives it. Times are not checked.
func TestMemory(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the processor time of another process is measured on Linux alone")
	}
	type load struct{ Invocations int }
	var report struct {
		Functions []struct {
			Handler        string
			MemoryMB       float64
			PeakRSSMiB     float64
			Usual, Largest load
			Computed       []struct{ MemoryMB int }
		}
	}
	(&system{t: t}).orderflow(&report, "bench", "memory", "--bootstrap", bootstrap(t), "--orders", "8", "--large", "2", "--json")
	var names []string
	for _, f := range report.Functions {
		names = append(names, f.Handler)
		if f.Usual.Invocations == 0 || f.Largest.Invocations == 0 || len(f.Computed) == 0 {
			t.Errorf("not measured: %+v", f)
		}
		if f.PeakRSSMiB <= 0 || f.PeakRSSMiB > f.MemoryMB/2 {
			t.Errorf("%s keeps up to %.1f MiB; it has %v MB", f.Handler, f.PeakRSSMiB, f.MemoryMB)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, functions.Names()) {
		t.Errorf("%v, want %v", names, functions.Names())
	}
}
