package main

import (
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/bench"
	engine "github.com/orderflow-dev/orderflow/local/states/bench"
)

type benchCommands struct {
	All       benchAllCommand       `cmd:"" help:"Run the benchmarks of the goals, and compare them with the bare loop."`
	Coldstart benchColdstartCommand `cmd:"" help:"Measure the start of each function in the deployed program."`
	Memory    benchMemoryCommand    `cmd:"" help:"Measure the processor time and memory of each function, and compute its memory size."`
	Orders    benchOrdersCommand    `cmd:"" help:"Place orders through the API and measure until they are fulfilled."`
	API       benchAPICommand       `cmd:"" name:"api" help:"Let customers arrive at a constant rate and measure the API's response times."`
	Engine    benchEngineCommand    `cmd:"" help:"Run order-7 on the engine." passthrough:""`
}

type benchAllCommand struct {
	Orders int           `help:"How many orders." default:"2000"`
	Rate   int           `help:"Customers a second." default:"200"`
	For    time.Duration `help:"How long customers arrive." default:"60s"`
	Engine int           `help:"How many orders of the engine and the bare loop." default:"4000"`
	JSON   bool          `help:"Print JSON."`
}

func (*benchAllCommand) Help() string {
	return `Runs the engine and its bare loop, whole orders, the API at a constant rate, whole orders beside two busy loops, and the cost of an order, each in a process of its own.
The goals hold on two idle cores where the bare loop does 12,189 orders/s. On another machine, compare the ratios to the bare loop of the same run.

Example:
  orderflow bench all --orders 600 --for 10s`
}

func (c *benchAllCommand) Run(e *env) error {
	report, err := bench.All{Orders: c.Orders, Rate: c.Rate, For: c.For, Engine: c.Engine, Progress: e.stderr}.Measure(e.ctx)
	if err != nil {
		return err
	}
	return printReport(e, report, c.JSON)
}

type benchEngineCommand struct {
	Args []string `arg:"" optional:""`
}

func (c *benchEngineCommand) Run(e *env) error {
	return exit(engine.Main(c.Args, e.stdout, e.stderr))
}

type benchOrdersCommand struct {
	ordersFlags
	JSON bool `help:"Print JSON."`
}

// ordersFlags are the flags of bench.Orders.
type ordersFlags struct {
	N            int           `help:"How many orders." default:"2000"`
	Concurrency  int           `help:"How many orders are in flight." default:"64"`
	InMemory     bool          `help:"Keep all data in memory."`
	CarrierDelay time.Duration `help:"How long the sandbox carrier takes." default:"0s"`
	CPUProfile   string        `name:"cpuprofile" help:"Write a CPU profile of the run." placeholder:"FILE"`
}

func (*benchOrdersCommand) Help() string {
	return `Starts the whole system and keeps --concurrency orders in flight until --n are FULFILLED. Each is placed over HTTP and read until it ends.

Example:
  orderflow bench orders --n 2000 --concurrency 64`
}

func (c *benchOrdersCommand) Run(e *env) error {
	report, err := bench.Orders(c.ordersFlags).Measure(e.ctx, logger(e, false, slog.LevelError))
	if err != nil {
		return err
	}
	return errors.Join(printReport(e, report, c.JSON), report.Err())
}

type benchAPICommand struct {
	apiFlags
	JSON bool `help:"Print JSON."`
}

// apiFlags are the flags of bench.API.
type apiFlags struct {
	Rate         int           `help:"Customers a second." default:"200"`
	For          time.Duration `help:"How long customers arrive." default:"30s"`
	InMemory     bool          `help:"Keep all data in memory."`
	CarrierDelay time.Duration `help:"How long the sandbox carrier takes." default:"0s"`
	CPUProfile   string        `name:"cpuprofile" help:"Write a CPU profile of the run." placeholder:"FILE"`
}

func (*benchAPICommand) Help() string {
	return `Starts the whole system. Customers arrive at a constant rate, whether or not earlier customers have been served. Each places an order, reads it, and lists its orders. ` +
		`At the end, waits until every order is FULFILLED.

Example:
  orderflow bench api --rate 200 --for 30s`
}

func (c *benchAPICommand) Run(e *env) error {
	report, err := bench.API(c.apiFlags).Measure(e.ctx, logger(e, false, slog.LevelError))
	if err != nil {
		return err
	}
	return errors.Join(printReport(e, report, c.JSON), report.Err())
}

type benchColdstartCommand struct {
	coldstartFlags
	JSON bool `help:"Print JSON."`
}

// coldstartFlags are the flags of bench.Coldstart.
type coldstartFlags struct {
	Bootstrap string `help:"The deployed program, built for this machine (without it, the Go tool builds one from the sources)." type:"existingfile" placeholder:"FILE"`
	Starts    int    `help:"How often each function is started." default:"10"`
	N         int    `help:"How many invocations before the memory is measured." default:"1000"`
}

func (*benchColdstartCommand) Help() string {
	return `Starts the deployed program for each function behind a Lambda Runtime API, and invokes it with a harmless event against an in-memory stack.
It measures the time from the start of the process to its first request for work (median of --starts), the first and a later invocation, the resident
memory after --n invocations, and the program's size.

Example:
  orderflow bench coldstart --starts 20`
}

func (c *benchColdstartCommand) Run(e *env) error {
	report, err := bench.Coldstart(c.coldstartFlags).Measure(e.ctx, logger(e, false, slog.LevelError))
	if err != nil {
		return err
	}
	return printReport(e, report, c.JSON)
}

type benchMemoryCommand struct {
	memoryFlags
	JSON bool `help:"Print JSON."`
}

// memoryFlags are the flags of bench.Memory.
type memoryFlags struct {
	Bootstrap string `help:"The deployed program, built for this machine (without it, the Go tool builds one from the sources)." type:"existingfile" placeholder:"FILE"`
	Orders    int    `help:"How many usual orders are fulfilled. A quarter of that number is cancelled, and a quarter fails." default:"200"`
	Large     int    `help:"How many orders of 100 products are fulfilled. The same number is cancelled, the same fails, and each full batch is delivered as often." default:"20"`
}

func (*benchMemoryCommand) Help() string {
	return `Runs the whole system in memory with each function as processes of the deployed program, and measures every invocation: the processor time of
the process and its largest resident memory. Usual orders of two products go first, one at a time; then orders of 100 products, the fullest batches of
template.yaml and the longest lists. From that, the duration at each memory size is computed: Lambda gives a function processor time in proportion to
its memory, one vCPU at 1,769 MB. The result holds for a vCPU of this machine's speed, and does not include the time that a function waits for other
services. It runs only on Linux.

Example:
  orderflow bench memory --orders 400`
}

func (c *benchMemoryCommand) Run(e *env) error {
	report, err := bench.Memory(c.memoryFlags).Measure(e.ctx, logger(e, false, slog.LevelError))
	if err != nil {
		return err
	}
	return printReport(e, report, c.JSON)
}

// printReport prints the report of a benchmark as text or as JSON.
func printReport(e *env, report interface{ Print(io.Writer) error }, asJSON bool) error {
	if asJSON {
		return printValue(e.stdout, report)
	}
	return report.Print(e.stdout)
}
