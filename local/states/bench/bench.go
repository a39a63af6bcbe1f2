// Package bench measures the engine: the workload order-7, the engine over a large store and with
// many waiting executions, and for comparison a loop without an engine that writes as many durable
// records to the same store.
//
// "Through the API" means that requests and answers are AWS JSON bytes, and go through the router
// that also serves the network. In process that is a function call, and the benchmark waits for the
// end of an execution with Service.Wait before it calls DescribeExecution. With --http it is a
// loopback connection, and DescribeExecution is called every 2 ms.
package bench

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"

	"github.com/orderflow-dev/orderflow/local/store"
)

type options struct {
	InMemory, HTTP, JSON bool
	Bare                 bool
	Runs, Orders         int
	InFlight             []int
	Retries              bool
	Finished, Waiting    int
	Dir, Profile         string
}

// Report is what --json prints.
type Report struct {
	Go       string    `json:"go"`
	CPUs     int       `json:"cpus"`
	Runs     int       `json:"runs"` // number of runs; every Result is their median
	Results  []Result  `json:"results,omitempty"`
	Ratio    float64   `json:"ratioToBareLoop,omitempty"` // at the largest number in flight
	Retries  float64   `json:"throughputWithRetries,omitempty"`
	Finished *Finished `json:"finished,omitempty"`
	Waiting  *Waiting  `json:"waiting,omitempty"`
}

// gcPercent is the same as in the command `orderflow states`: the heap is small, and collecting it
// at every doubling takes a fifth of the processor time.
const gcPercent = 400

const usage = `Measure the engine with the workload order-7.

Usage:
  orderflow bench engine [OPTIONS]

Example:
  orderflow bench engine --in-flight 64 --runs 1

Options:
`

// Main runs `orderflow bench engine`. It returns the exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "orderflow bench engine:", err)
		return 2
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if err := run(context.Background(), o, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "orderflow bench engine:", err)
		return store.ExitCode(err)
	}
	return 0
}

func parse(args []string, stdout io.Writer) (o options, err error) {
	f := flag.NewFlagSet("orderflow bench engine", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	inFlight := "1,16,64"
	f.BoolVar(&o.JSON, "json", false, "print a JSON report")
	f.BoolVar(&o.InMemory, "in-memory", false, "keep everything in memory")
	f.BoolVar(&o.HTTP, "http", false, "call the API over a loopback connection")
	f.BoolVar(&o.Bare, "bare", true, "also measure the bare loop over the store")
	f.BoolVar(&o.Retries, "retries", true, "also measure with 1% of the charges retried after 1 s")
	f.IntVar(&o.Runs, "runs", 3, "runs of each measurement; the report shows the median")
	f.IntVar(&o.Orders, "orders", 4000,
		"orders of one measurement (a quarter of them at 1 in flight, five times as many where retries are measured)")
	f.StringVar(&inFlight, "in-flight", inFlight, "orders in flight")
	f.IntVar(&o.Finished, "finished", 0, "measure a store with this many finished executions instead")
	f.IntVar(&o.Waiting, "waiting", 0, "measure this many waiting executions instead")
	f.StringVar(&o.Dir, "dir", "", "directory for the data (default: the directory for temporary files)")
	f.StringVar(&o.Profile, "cpuprofile", "", "write a CPU profile to this file")
	if err = f.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		f.SetOutput(stdout)
		f.PrintDefaults()
		return o, err
	}
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	for s := range strings.SplitSeq(inFlight, ",") {
		n, nerr := strconv.Atoi(s)
		if nerr != nil || n < 1 {
			err = errors.Join(err, fmt.Errorf("--in-flight %q is not a list of positive numbers", inFlight))
			break
		}
		o.InFlight = append(o.InFlight, n)
	}
	if o.Runs < 1 || o.Orders < 200 {
		err = errors.Join(err, errors.New("--runs must be at least 1 and --orders at least 200"))
	}
	return o, err
}

func run(ctx context.Context, o options, stdout, stderr io.Writer) error {
	if o.Profile != "" {
		f, err := os.Create(o.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	report := Report{Go: runtime.Version(), CPUs: runtime.GOMAXPROCS(0), Runs: o.Runs}
	var err error
	switch {
	case o.Finished > 0:
		report.Runs = 1
		report.Finished, err = measureFinished(ctx, o, stderr)
	case o.Waiting > 0:
		report.Runs = 1
		report.Waiting, err = measureWaiting(ctx, o, stderr)
	default:
		err = report.orders(ctx, o, stderr)
	}
	if err != nil {
		return err
	}
	if o.JSON {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(report)
	}
	report.print(stdout)
	return nil
}

// orders measures the workload and the bare store alternately, so that both run under the same
// conditions.
func (r *Report) orders(ctx context.Context, o options, progress io.Writer) error {
	for _, inFlight := range o.InFlight {
		n := o.Orders
		switch {
		case inFlight == 1:
			n = max(200, n/4)
		// long enough for many retries to end their delay of a second
		case o.Retries && inFlight == slices.Max(o.InFlight):
			n *= 5
		}
		var engine, bare, retried []Result
		for i := range o.Runs {
			fmt.Fprintf(progress, "%d in flight, run %d of %d\n", inFlight, i+1, o.Runs)
			if o.Bare {
				if err := inDir(o, &bare,
					func(dir string) (Result, error) { return runBare(ctx, dir, o, inFlight, n) }); err != nil {
					return err
				}
			}
			if err := inDir(o, &engine,
				func(dir string) (Result, error) { return runOrders(ctx, dir, o, inFlight, n, false) }); err != nil {
				return err
			}
			if !o.Retries || inFlight != slices.Max(o.InFlight) || inFlight < 16 {
				continue
			}
			err := inDir(o, &retried,
				func(dir string) (Result, error) { return runOrders(ctx, dir, o, inFlight, n, true) })
			if err != nil {
				return err
			}
		}
		if o.Bare {
			r.Results = append(r.Results, median(bare))
			r.Ratio = median(engine).PerSecond / median(bare).PerSecond
		}
		r.Results = append(r.Results, median(engine))
		if len(retried) > 0 {
			r.Results = append(r.Results, median(retried))
			r.Retries = median(retried).PerSecond / median(engine).PerSecond
		}
	}
	return nil
}

func inDir(o options, to *[]Result, measure func(dir string) (Result, error)) error {
	dir, err := os.MkdirTemp(o.Dir, "orderflow-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	res, err := measure(dir)
	*to = append(*to, res)
	return err
}

// median returns the result with the median throughput.
func median(list []Result) Result {
	s := slices.Clone(list)
	slices.SortFunc(s, func(a, b Result) int {
		if a.PerSecond < b.PerSecond {
			return -1
		}
		return 1
	})
	return s[len(s)/2]
}
