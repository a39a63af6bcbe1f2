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
	Coldstart benchColdstartCommand `cmd:"" help:"Start the program that is deployed, for each function, and measure."`
	Memory    benchMemoryCommand    `cmd:"" help:"Measure what each function computes and keeps in memory, and what follows for its memory size."`
	Orders    benchOrdersCommand    `cmd:"" help:"Place orders through the API and measure until they are fulfilled."`
	API       benchAPICommand       `cmd:"" name:"api" help:"Let customers come at a set rate and measure how soon the API answers."`
	Engine    benchEngineCommand    `cmd:"" help:"Run order-7 on the engine." passthrough:""`
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

// ordersFlags are bench.Orders, on the command line.
type ordersFlags struct {
	N            int           `help:"How many orders." default:"2000"`
	Concurrency  int           `help:"How many orders are in flight." default:"64"`
	InMemory     bool          `help:"Keep nothing on disk."`
	CarrierDelay time.Duration `help:"How long the sandbox carrier takes." default:"0s"`
	CPUProfile   string        `name:"cpuprofile" help:"Write a CPU profile of the run." placeholder:"FILE"`
}

func (*benchOrdersCommand) Help() string {
	return `Starts the whole system and keeps --concurrency orders in flight until --n are FULFILLED: each is placed over HTTP and read until it has ended.

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

// apiFlags are bench.API, on the command line.
type apiFlags struct {
	Rate         int           `help:"Customers a second." default:"200"`
	For          time.Duration `help:"For how long they come." default:"30s"`
	InMemory     bool          `help:"Keep nothing on disk."`
	CarrierDelay time.Duration `help:"How long the sandbox carrier takes." default:"0s"`
	CPUProfile   string        `name:"cpuprofile" help:"Write a CPU profile of the run." placeholder:"FILE"`
}

func (*benchAPICommand) Help() string {
	return `Starts the whole system; customers arrive at a set rate, whether or not those before were served. Each places an order, reads it, and lists its orders. ` +
		`Then waits until every order is FULFILLED.

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

// coldstartFlags are bench.Coldstart, on the command line.
type coldstartFlags struct {
	Bootstrap string `help:"The program that is deployed, built for this machine. Without it the Go tool builds one from the sources." type:"existingfile" placeholder:"FILE"`
	Starts    int    `help:"How often each function is started." default:"10"`
	N         int    `help:"How many invocations before the memory is measured." default:"1000"`
}

func (*benchColdstartCommand) Help() string {
	return `Starts the program that is deployed, for each function, behind a Lambda Runtime API, and invokes it with a harmless event against an in-memory stack.
Measured are: start of the process -> its first request for work (medians of --starts), the first invocation, an invocation after that, the resident
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

// memoryFlags are bench.Memory, on the command line.
type memoryFlags struct {
	Bootstrap string `help:"The program that is deployed, built for this machine. Without it the Go tool builds one from the sources." type:"existingfile" placeholder:"FILE"`
	Orders    int    `help:"How many usual orders are fulfilled; a quarter as many are cancelled, and a quarter as many fail." default:"200"`
	Large     int    `help:"How many orders of 100 products are fulfilled, as many cancelled, as many failed; and how often each full batch is delivered." default:"20"`
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

func (c *benchMemoryCommand) Run(e *env) error {
	report, err := bench.Memory(c.memoryFlags).Measure(e.ctx, logger(e, false, slog.LevelError))
	if err != nil {
		return err
	}
	return printReport(e, report, c.JSON)
}

// printReport prints what a benchmark measured, for people or as JSON.
func printReport(e *env, report interface{ Print(io.Writer) error }, asJSON bool) error {
	if asJSON {
		return printValue(e.stdout, report)
	}
	return report.Print(e.stdout)
}
