package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"orderflow/cmd/orderflow/internal/system"
	"orderflow/local/lambda"
)

type benchMemoryCommand struct {
	Bootstrap string `help:"The program that is deployed, built for this machine. Without it the Go tool builds one from the sources." type:"existingfile" placeholder:"FILE"`
	Orders    int    `help:"How many usual orders are fulfilled; a quarter as many are cancelled, and a quarter as many fail." default:"200"`
	Large     int    `help:"How many orders of 100 products are fulfilled, as many cancelled, as many failed; and how often each full batch is delivered." default:"20"`
	JSON      bool   `help:"Print JSON."`
}

func (*benchMemoryCommand) Help() string {
	return `Runs the whole system in memory with each function as processes of the program that is deployed, and measures every invocation: the processor time of
the process and its largest resident memory. Usual orders of two products go first, one at a time; then orders of 100 products, the fullest batches of
template.yaml and the longest lists. From that, the duration at each memory size is computed: Lambda gives a function processor time in proportion to
its memory, one vCPU at 1,769 MB. What is computed holds for a vCPU of this machine's speed, and leaves out the time that a function waits for other
services. Linux alone.

Example:
  orderflow bench memory --orders 400`
}

// The rule by which template.yaml's memory is chosen; docs/performance.md gives the reasons.
const (
	fullCPU        = 1769 // MB for one vCPU (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html)
	peakShare      = 0.5  // of the memory that the resident set may take at its peak
	usualLimit     = 40.0 // ms that a usual invocation may compute on average
	usualLimitAPI  = 25.0 // ms that 99 in 100 usual invocations may compute where a customer waits for the answer
	largestDivisor = 20.0 // the part of its timeout that the largest invocation may compute
)

// memorySizes are those that are compared, in MB.
var memorySizes = []int{128, 256, 512, 1024}

// memoryReport is what the benchmark reports. Times are milliseconds.
type memoryReport struct {
	Orders    int              `json:"orders"`
	Large     int              `json:"largeOrders"`
	Functions []memoryFunction `json:"functions"`
	Rule      []memoryRule     `json:"rule"`
}

// memoryRule is what the rule gives to a group of functions: the smallest size that it allows to each of them.
type memoryRule struct {
	Functions string   `json:"functions"`
	MemoryMB  int      `json:"memoryMB"` // 0 if no size is large enough
	DecidedBy []string `json:"decidedBy"`
}

// memoryFunction is one function: what template.yaml gives it, what was measured, and what follows.
type memoryFunction struct {
	Handler        string         `json:"handler"`
	MemoryMB       int            `json:"memoryMB"`
	TimeoutSeconds float64        `json:"timeoutSeconds"`
	BatchSize      int            `json:"batchSize,omitempty"`
	Processes      int            `json:"processes"`
	InitCPU        float64        `json:"initCPUMilliseconds"`            // median of the processes, start -> first request for work
	FirstCPU       float64        `json:"firstInvocationCPUMilliseconds"` // median of the processes
	PeakRSSMiB     float64        `json:"peakRSSMiB"`
	Usual          memoryLoad     `json:"usual"`
	Largest        memoryLoad     `json:"largest"`
	Computed       []memoryChoice `json:"computed"`
	LeastMB        int            `json:"leastMB"` // the smallest size that the rule allows; 0 if none does
}

// memoryLoad sums up the invocations of one kind, each process's first left out.
type memoryLoad struct {
	Invocations int     `json:"invocations"`
	CPUMean     float64 `json:"cpuMeanMilliseconds"`
	CPUP99      float64 `json:"cpuP99Milliseconds"`
	CPUMax      float64 `json:"cpuMaxMilliseconds"`
	WallMax     float64 `json:"wallMaxMilliseconds"` // on this machine, with everything else that runs on it
}

// memoryChoice is what an invocation would compute for at a memory size.
type memoryChoice struct {
	MemoryMB int     `json:"memoryMB"`
	Usual    float64 `json:"usualMilliseconds"`    // of the mean
	UsualP99 float64 `json:"usualP99Milliseconds"` // of the p99
	Largest  float64 `json:"largestMilliseconds"`  // of the most
}

func (c *benchMemoryCommand) Run(e *env) (err error) {
	if c.Orders < 4 || c.Large < 1 {
		return errors.New("--orders must be at least 4, --large at least 1")
	}
	if _, err := processTime(os.Getpid()); err != nil {
		return err
	}
	bootstrap, clean, err := system.Isolation{Isolated: true, Bootstrap: c.Bootstrap}.Program(e.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clean()) }()
	b, err := newMemoryBench(e.ctx, bootstrap, logger(e, false, slog.LevelError))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close(e.ctx)) }()
	if err := b.usual(e.ctx, c.Orders); err != nil {
		return fmt.Errorf("usual orders: %w", err)
	}
	if err := b.largest(e.ctx, c.Large); err != nil {
		return fmt.Errorf("largest invocations: %w", err)
	}
	report := b.report(c.Orders, c.Large)
	if c.JSON {
		return printValue(e.stdout, report)
	}
	return report.print(e.stdout)
}

// report judges what was measured.
func (b *memoryBench) report(orders, large int) memoryReport {
	out := memoryReport{Orders: orders, Large: large}
	b.meter.mu.Lock()
	defer b.meter.mu.Unlock()
	for _, fn := range b.stack.Functions() {
		f := b.meter.of(fn.Handler).function(fn)
		f.BatchSize = b.batchSize(fn.Handler)
		out.Functions = append(out.Functions, f)
	}
	slices.SortFunc(out.Functions, func(x, y memoryFunction) int { return int(1000 * (y.Usual.CPUMean - x.Usual.CPUMean)) })
	out.Rule = []memoryRule{out.rule("api", isAPI), out.rule("the others", func(f memoryFunction) bool { return !isAPI(f) })}
	return out
}

func isAPI(f memoryFunction) bool { return f.Handler == "api" }

// rule gives one size to a group: sizes of their own would follow the noise of the measurement, and save next to nothing.
func (r memoryReport) rule(name string, in func(memoryFunction) bool) memoryRule {
	out := memoryRule{Functions: name, MemoryMB: memorySizes[0]}
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

func (h *metered) function(fn lambda.Function) memoryFunction {
	f := memoryFunction{
		Handler: fn.Handler, MemoryMB: fn.MemoryMB, TimeoutSeconds: fn.Timeout.Seconds(), Processes: len(h.inits),
		InitCPU: median(h.inits), FirstCPU: median(h.firsts), PeakRSSMiB: h.peakMiB, Usual: sumUp(h.usual), Largest: sumUp(h.largest),
	}
	for _, mb := range memorySizes {
		f.Computed = append(f.Computed, memoryChoice{mb, atMemory(f.Usual.CPUMean, mb), atMemory(f.Usual.CPUP99, mb), atMemory(max(f.Usual.CPUMax, f.Largest.CPUMax), mb)})
	}
	if i := slices.IndexFunc(f.Computed, f.allows); i >= 0 {
		f.LeastMB = f.Computed[i].MemoryMB
	}
	return f
}

// atMemory is how long a computation takes at a memory size that takes cpu milliseconds of one vCPU. A computation that is over before Lambda
// has used up its share of the period takes less: this is the most. Above one vCPU a single thread is no faster.
func atMemory(cpu float64, mb int) float64 { return cpu * max(1, fullCPU/float64(mb)) }

// allows tells whether the rule allows a memory size.
func (f memoryFunction) allows(c memoryChoice) bool {
	soon := c.Usual <= usualLimit
	if isAPI(f) {
		soon = c.UsualP99 <= usualLimitAPI
	}
	return soon && f.PeakRSSMiB <= peakShare*float64(c.MemoryMB) && c.Largest <= 1000*f.TimeoutSeconds/largestDivisor
}

func sumUp(samples []sample) memoryLoad {
	if len(samples) == 0 {
		return memoryLoad{}
	}
	var cpu, wall []time.Duration
	var sum time.Duration
	for _, s := range samples {
		cpu, wall, sum = append(cpu, s.cpu), append(wall, s.wall), sum+s.cpu
	}
	return memoryLoad{
		Invocations: len(samples), CPUMean: float64(sum.Microseconds()) / 1000 / float64(len(samples)), CPUP99: percentile(cpu, 0.99), CPUMax: percentile(cpu, 1),
		WallMax: percentile(wall, 1),
	}
}

func median(d []time.Duration) float64 {
	if len(d) == 0 {
		return 0
	}
	return percentile(slices.Clone(d), 0.5)
}
