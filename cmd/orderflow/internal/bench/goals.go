package bench

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/cost"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	engine "github.com/orderflow-dev/orderflow/local/states/bench"
)

// compare takes the figures from the reports. The goals hold on two idle cores on which the bare
// loop does 12,189 orders/s; on another machine compare the ratios.
func (m *measured) compare() (*AllResult, error) {
	bare, err := m.result("bare loop, 7 records", 64)
	if err != nil {
		return nil, err
	}
	loaded, err := m.result("order-7", 64)
	if err != nil {
		return nil, err
	}
	single, err := m.result("order-7", 1)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(m.cost.Branches, func(b cost.Branch) bool { return b.Name == "happy" })
	if i < 0 {
		return nil, errors.New("`orderflow cost` has no branch happy")
	}
	happy := m.cost.Branches[i].Counts
	waiting := float64(m.api.Orders - m.api.FulfilledSoFar)
	return &AllResult{Bare: bare, Figures: []Figure{
		{What: "orders, 64 in flight", Value: m.many.PerSecond, Unit: "/s", Goal: 250, Least: true,
			Ratio: m.many.PerSecond / bare.PerSecond},
		{What: "processor time of an order, customers included", Value: m.many.CPU, Unit: "ms", Goal: 6,
			Ratio: m.many.CPU / bare.CPU},
		{What: "placed to FULFILLED, 1 in flight, p50", Value: m.one.FulfilledP50, Unit: "ms", Goal: 25},
		{What: "placed to FULFILLED, 64 in flight, p50", Value: m.many.FulfilledP50, Unit: "ms", Goal: 250},
		{What: "memory of orders, 64 in flight, peak", Value: m.many.PeakRSSMiB, Unit: "MiB", Goal: 150},
		{What: "POST /orders at a constant rate, p99", Value: m.api.Place.P99, Unit: "ms", Goal: 25},
		{What: "placed to FULFILLED at a constant rate, p99", Value: m.api.FulfilledP99, Unit: "ms", Goal: 2000},
		{What: "backlog at its end", Value: waiting, Unit: "orders", Goal: 2 * float64(m.api.Rate)},
		{What: "orders beside two busy loops, share of idle", Value: 100 * m.beside.PerSecond / m.many.PerSecond,
			Unit: "%", Goal: 40, Least: true},
		{What: "order-7, 64 in flight", Value: loaded.PerSecond, Unit: "/s", Goal: 8000, Least: true,
			Ratio: loaded.PerSecond / bare.PerSecond},
		{What: "order-7, 1 in flight, p50", Value: single.P50, Unit: "ms", Goal: 0.6},
		{What: "on AWS: write units of an order", Value: happy.Writes, Goal: 60},
		{What: "on AWS: transitions of an order", Value: float64(happy.Transitions), Goal: 8},
		{What: "on AWS: invocations of an order", Value: float64(happy.Invocations), Goal: 12},
	}}, nil
}

// result returns a measurement of the engine's benchmark.
func (m *measured) result(workload string, inFlight int) (engine.Result, error) {
	for _, r := range m.engine.Results {
		if r.Workload == workload && r.InFlight == inFlight {
			return r, nil
		}
	}
	return engine.Result{}, fmt.Errorf("`bench engine` has no result of %s at %d in flight", workload, inFlight)
}

// Print prints the report as text.
func (r *AllResult) Print(w io.Writer) error {
	var rows [][]string
	for _, f := range r.Figures {
		ratio, goal := "", "at most "
		if f.Ratio > 0 {
			ratio = strconv.FormatFloat(f.Ratio, 'g', 3, 64)
		}
		if f.Least {
			goal = "at least "
		}
		met := "no"
		if f.Met() {
			met = "yes"
		}
		rows = append(rows, []string{f.What, short(f.Value), f.Unit, ratio, goal + short(f.Goal), met})
	}
	if _, err := fmt.Fprintf(w, "bare loop, 64 in flight: %.0f/s, %.3f ms of processor time\n\n",
		r.Bare.PerSecond, r.Bare.CPU); err != nil {
		return err
	}
	return screen.New(w).Table([]screen.Column{{Title: "WHAT", Wraps: true}, {Title: "FIGURE", Right: true}, {},
		{Title: "OF THE BARE LOOP", Right: true}, {Title: "GOAL"}, {Title: "MET"}}, rows)
}

// short writes a figure with three or more digits.
func short(f float64) string {
	switch {
	case f >= 100:
		return strconv.FormatFloat(f, 'f', 0, 64)
	case f >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}
