package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/cost"
	engine "github.com/orderflow-dev/orderflow/local/states/bench"
)

// All runs the benchmarks of the goals, one after the other, each in a process of its own, so that
// none measures the memory of another.
type All struct {
	Orders   int           // of each run of Orders
	Rate     int           // of API
	For      time.Duration // of API
	Engine   int           // orders of the engine and of the bare loop
	Progress io.Writer
}

// AllResult compares every figure with its goal.
type AllResult struct {
	Bare    engine.Result `json:"bareLoop"` // 64 in flight
	Figures []Figure      `json:"figures"`
}

// Figure is one measured figure.
type Figure struct {
	What  string  `json:"what"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Ratio float64 `json:"ratioToBareLoop,omitempty"` // of the throughput or processor time
	Goal  float64 `json:"goal"`
	Least bool    `json:"goalIsLeast"` // the value must not be below the goal; otherwise not above
}

// Met reports whether a figure reaches its goal.
func (f Figure) Met() bool { return f.Least && f.Value >= f.Goal || !f.Least && f.Value <= f.Goal }

// measured are the reports that the figures are taken from.
type measured struct {
	engine            engine.Report
	one, many, beside OrdersResult // in flight: 1, 64, 64 beside two busy loops
	api               APIResult
	cost              cost.Report
}

// Measure runs all benchmarks.
func (c All) Measure(ctx context.Context) (*AllResult, error) {
	var m measured
	n := strconv.Itoa(c.Orders)
	for _, run := range []func() error{
		func() error {
			return c.run(ctx, &m.engine, "bench", "engine", "--runs", "1", "--in-flight", "1,64", "--retries=false",
				"--orders", strconv.Itoa(c.Engine))
		},
		func() error {
			return c.run(ctx, &m.one, "bench", "orders", "--concurrency", "1", "--n", strconv.Itoa(max(c.Orders/20, 1)))
		},
		func() error { return c.run(ctx, &m.many, "bench", "orders", "--n", n) },
		func() error {
			return c.run(ctx, &m.api, "bench", "api", "--rate", strconv.Itoa(c.Rate), "--for", c.For.String())
		},
		func() error {
			return besideLoops(func() error { return c.run(ctx, &m.beside, "bench", "orders", "--n", n) })
		},
		func() error { return c.run(ctx, &m.cost, "cost", "--runs", "1") },
	} {
		if err := run(); err != nil {
			return nil, err
		}
	}
	return m.compare()
}

// run runs a command of this program, and reads its report.
func (c All) run(ctx context.Context, report any, args ...string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Fprintln(c.Progress, "orderflow", strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, program, append(args, "--json")...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("orderflow %s: %w: %s", strings.Join(args, " "), err, errs.Bytes())
	}
	if err := json.Unmarshal(out.Bytes(), report); err != nil {
		return fmt.Errorf("read the report of orderflow %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// besideLoops calls f while two loops keep two processors busy.
func besideLoops(f func() error) error {
	var done atomic.Bool
	defer done.Store(true)
	for range 2 {
		go func() {
			for !done.Load() {
			}
		}()
	}
	return f()
}
