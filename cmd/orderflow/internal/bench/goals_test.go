package bench

import (
	"strings"
	"testing"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/cost"
	engine "github.com/orderflow-dev/orderflow/local/states/bench"
)

// reports are those of a run in which a quarter of the goals is missed.
func reports() measured {
	return measured{
		engine: engine.Report{Results: []engine.Result{
			{Workload: "order-7", InFlight: 1, P50: 0.5},
			{Workload: "bare loop, 7 records", InFlight: 64, PerSecond: 10_000, CPU: 0.1},
			{Workload: "order-7", InFlight: 64, PerSecond: 4_500},
		}},
		one:    OrdersResult{FulfilledP50: 20},
		many:   OrdersResult{PerSecond: 300, CPU: 5, FulfilledP50: 300, PeakRSSMiB: 120},
		beside: OrdersResult{PerSecond: 150},
		api:    APIResult{Rate: 200, Orders: 1000, FulfilledSoFar: 700, Place: Answers{P99: 20}, FulfilledP99: 1500},
		cost: cost.Report{Branches: []cost.Branch{
			{Name: "happy", Counts: cost.Counts{Writes: 80, Transitions: 8, Invocations: 12}},
		}},
	}
}

func TestMeasured_compare(t *testing.T) {
	m := reports()
	r, err := m.compare()
	if err != nil {
		t.Fatal(err)
	}
	ratios := map[string]float64{
		"orders, 64 in flight": 0.03, "processor time of an order, customers included": 50, "order-7, 64 in flight": 0.45,
	}
	missed := map[string]bool{
		"placed to FULFILLED, 64 in flight, p50": true, "order-7, 64 in flight": true, "on AWS: write units of an order": true,
	}
	for _, f := range r.Figures {
		if f.Met() == missed[f.What] {
			t.Errorf("%s: %v meets the goal %v: %v", f.What, f.Value, f.Goal, f.Met())
		}
		if d := f.Ratio - ratios[f.What]; d > 1e-9 || d < -1e-9 {
			t.Errorf("%s: ratio %v, want %v", f.What, f.Ratio, ratios[f.What])
		}
		delete(missed, f.What)
		delete(ratios, f.What)
	}
	if len(missed)+len(ratios) > 0 {
		t.Errorf("no figures for %v %v", missed, ratios)
	}
	var out strings.Builder
	if err := r.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"bare loop, 64 in flight: 10000/s, 0.100 ms", "at least 250", "at most 0.60"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestMeasured_missing(t *testing.T) {
	m := reports()
	m.engine.Results = m.engine.Results[:2]
	if _, err := m.compare(); err == nil || !strings.Contains(err.Error(), "order-7 at 64 in flight") {
		t.Errorf("compare: %v", err)
	}
}
