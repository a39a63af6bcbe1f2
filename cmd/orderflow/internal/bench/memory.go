package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
	"github.com/orderflow-dev/orderflow/local/lambda"
)

// Memory is a benchmark that runs the whole system with metered processes of the deployed program.
type Memory struct {
	Bootstrap string
	Orders    int
	Large     int
}

// The rule for the memory sizes in template.yaml; docs/performance.md gives the reasons.
const (
	fullCPU        = 1769 // MB for one vCPU (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html)
	peakShare      = 0.5  // of the memory that the resident set may take at its peak
	usualLimit     = 40.0 // ms of processor time for a usual invocation, on average
	usualLimitAPI  = 25.0 // ms of processor time for 99 in 100 usual invocations while a customer waits
	largestDivisor = 20.0 // the largest invocation may compute for its timeout divided by this
)

// memorySizes are the sizes that are compared, in MB.
var memorySizes = []int{128, 256, 512, 1024}

// MemoryReport is the report of Memory. Times are milliseconds.
type MemoryReport struct {
	Orders    int              `json:"orders"`
	Large     int              `json:"largeOrders"`
	Functions []MemoryFunction `json:"functions"`
	Rule      []MemoryRule     `json:"rule"`
}

// MemoryRule is the result of the rule for a group of functions: the smallest size that it allows
// each of them.
type MemoryRule struct {
	Functions string   `json:"functions"`
	MemoryMB  int      `json:"memoryMB"` // 0 if no size is large enough
	DecidedBy []string `json:"decidedBy"`
}

// MemoryFunction is one function: its configuration in template.yaml, the measurements, and the
// sizes that follow.
type MemoryFunction struct {
	Handler        string  `json:"handler"`
	MemoryMB       int     `json:"memoryMB"`
	TimeoutSeconds float64 `json:"timeoutSeconds"`
	BatchSize      int     `json:"batchSize,omitempty"`
	Processes      int     `json:"processes"`
	// median of the processes, start -> first request for work
	InitCPU    float64        `json:"initCPUMilliseconds"`
	FirstCPU   float64        `json:"firstInvocationCPUMilliseconds"` // median of the processes
	PeakRSSMiB float64        `json:"peakRSSMiB"`
	Usual      MemoryLoad     `json:"usual"`
	Largest    MemoryLoad     `json:"largest"`
	Computed   []MemoryChoice `json:"computed"`
	LeastMB    int            `json:"leastMB"` // the smallest size that the rule allows; 0 if none does
}

// MemoryLoad sums up the invocations of one load, without the first of each process.
type MemoryLoad struct {
	Invocations int     `json:"invocations"`
	CPUMean     float64 `json:"cpuMeanMilliseconds"`
	CPUP99      float64 `json:"cpuP99Milliseconds"`
	CPUMax      float64 `json:"cpuMaxMilliseconds"`
	WallMax     float64 `json:"wallMaxMilliseconds"` // on this machine, with everything else that runs on it
}

// MemoryChoice is the computed time of an invocation at a memory size.
type MemoryChoice struct {
	MemoryMB int     `json:"memoryMB"`
	Usual    float64 `json:"usualMilliseconds"`    // of the mean
	UsualP99 float64 `json:"usualP99Milliseconds"` // of the p99
	Largest  float64 `json:"largestMilliseconds"`  // of the maximum
}

// Measure runs the loads and measures every invocation.
func (c Memory) Measure(ctx context.Context, log *slog.Logger) (report MemoryReport, err error) {
	if c.Orders < 4 || c.Large < 1 {
		return report, errors.New("--orders must be at least 4, --large at least 1")
	}
	if _, err := processTime(os.Getpid()); err != nil {
		return report, err
	}
	bootstrap, clean, err := system.Isolation{Isolated: true, Bootstrap: c.Bootstrap}.Program(ctx)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, clean()) }()
	b, err := newMemoryBench(ctx, bootstrap, log)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, b.close(ctx)) }()
	if err := b.usual(ctx, c.Orders); err != nil {
		return report, fmt.Errorf("usual orders: %w", err)
	}
	if err := b.largest(ctx, c.Large); err != nil {
		return report, fmt.Errorf("largest invocations: %w", err)
	}
	return b.report(c.Orders, c.Large), nil
}

// report evaluates the measurements.
func (b *memoryBench) report(orders, large int) MemoryReport {
	out := MemoryReport{Orders: orders, Large: large}
	b.meter.mu.Lock()
	defer b.meter.mu.Unlock()
	for _, fn := range b.stack.Functions() {
		f := b.meter.of(fn.Handler).function(fn)
		f.BatchSize = b.batchSize(fn.Handler)
		out.Functions = append(out.Functions, f)
	}
	slices.SortFunc(out.Functions, func(x, y MemoryFunction) int { return int(1000 * (y.Usual.CPUMean - x.Usual.CPUMean)) })
	others := func(f MemoryFunction) bool { return !isAPI(f) }
	out.Rule = []MemoryRule{out.rule("the API's", isAPI), out.rule("the others", others)}
	return out
}

func isAPI(f MemoryFunction) bool { return strings.HasPrefix(f.Handler, "api-") }

// rule returns one size for a group of functions. A size for each function would follow the noise
// of the measurement and save next to nothing.
func (r MemoryReport) rule(name string, in func(MemoryFunction) bool) MemoryRule {
	out := MemoryRule{Functions: name, MemoryMB: memorySizes[0]}
	for _, f := range r.Functions {
		switch {
		case !in(f) || f.LeastMB != 0 && (out.MemoryMB == 0 || f.LeastMB < out.MemoryMB):
		case f.LeastMB == out.MemoryMB:
			out.DecidedBy = append(out.DecidedBy, f.Handler)
		default:
			out.MemoryMB, out.DecidedBy = f.LeastMB, []string{f.Handler}
		}
	}
	return out
}

func (h *metered) function(fn lambda.Function) MemoryFunction {
	f := MemoryFunction{
		Handler: fn.Handler, MemoryMB: fn.MemoryMB, TimeoutSeconds: fn.Timeout.Seconds(), Processes: len(h.inits),
		InitCPU: median(h.inits), FirstCPU: median(h.firsts), PeakRSSMiB: h.peakMiB, Usual: sumUp(h.usual),
		Largest: sumUp(h.largest),
	}
	for _, mb := range memorySizes {
		f.Computed = append(f.Computed, MemoryChoice{
			MemoryMB: mb,
			Usual:    atMemory(f.Usual.CPUMean, mb),
			UsualP99: atMemory(f.Usual.CPUP99, mb),
			Largest:  atMemory(max(f.Usual.CPUMax, f.Largest.CPUMax), mb),
		})
	}
	if i := slices.IndexFunc(f.Computed, f.allows); i >= 0 {
		f.LeastMB = f.Computed[i].MemoryMB
	}
	return f
}

// atMemory returns the time of a computation at a memory size, if it takes cpu milliseconds of one
// vCPU. It is an upper bound: a computation that ends before Lambda has used up its share of the
// period takes less time. More than one vCPU does not make a single thread faster.
func atMemory(cpu float64, mb int) float64 { return cpu * max(1, fullCPU/float64(mb)) }

// allows reports whether the rule allows a memory size.
func (f MemoryFunction) allows(c MemoryChoice) bool {
	soon := c.Usual <= usualLimit
	if isAPI(f) {
		soon = c.UsualP99 <= usualLimitAPI
	}
	return soon && f.PeakRSSMiB <= peakShare*float64(c.MemoryMB) && c.Largest <= 1000*f.TimeoutSeconds/largestDivisor
}

func sumUp(samples []sample) MemoryLoad {
	if len(samples) == 0 {
		return MemoryLoad{}
	}
	var cpu, wall []time.Duration
	var sum time.Duration
	for _, s := range samples {
		cpu, wall, sum = append(cpu, s.cpu), append(wall, s.wall), sum+s.cpu
	}
	return MemoryLoad{
		Invocations: len(samples), CPUMean: float64(sum.Microseconds()) / 1000 / float64(len(samples)),
		CPUP99: percentile(cpu, 0.99), CPUMax: percentile(cpu, 1),
		WallMax: percentile(wall, 1),
	}
}

func median(d []time.Duration) float64 {
	if len(d) == 0 {
		return 0
	}
	return percentile(slices.Clone(d), 0.5)
}
