// Command orderflow is the client of an Orderflow API, and runs the whole system on one machine.
//
// This package has the grammar of the command line and the printing. The rest is in internal:
// client calls the API, system runs everything in this process, demo and bench send orders through
// it, ambient reaches a stack on AWS; words and screen make output readable.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
	"github.com/orderflow-dev/orderflow/local/store"
)

// grammar is the command line.
type grammar struct {
	Demo          demoCommand          `cmd:"" help:"Start the whole system, place the example orders, and show how each is fulfilled."`
	Up            upCommand            `cmd:"" help:"Run the whole system on this machine."`
	Order         orderCommands        `cmd:"" help:"Place, read, watch and cancel orders."`
	Ops           opsCommands          `cmd:"" help:"Find, inspect and redrive orders that need attention."`
	Console       consoleCommand       `cmd:"" help:"Print the address of the operators' console."`
	Events        eventsCommands       `cmd:"" help:"Print events, or publish them again."`
	DLQ           dlqCommands          `cmd:"" name:"dlq" help:"List, show, redrive and delete dead letters."`
	Token         tokenCommand         `cmd:"" help:"Print an access token of the local issuer."`
	Notifications notificationsCommand `cmd:"" help:"Show the notifications to customers and operators (local system)."`
	Mail          mailCommands         `cmd:"" help:"Show the mails to customers (local system)."`
	Sandbox       sandboxCommands      `cmd:"" help:"Control the sandbox payment provider (local system)."`
	IAM           iamCommand           `cmd:"" name:"iam" help:"Show which grants of the template are used, which never are, and what was denied (local system)."`
	Bench         benchCommands        `cmd:"" help:"Measure the system and the engine."`
	Cost          costCommand          `cmd:"" help:"Count what an order takes on AWS, and compute the bill."`
	States        statesCommand        `cmd:"" help:"Run the Step Functions engine alone, for any state machine." passthrough:""`
	ASL           aslCommands          `cmd:"" name:"asl" help:"Check and draw state machines, and test them against recorded executions."`
	Completion    completionCommand    `cmd:"" help:"Print the completion script of a shell."`
	Version       versionCommand       `cmd:"" help:"Print the version."`
	Help          helpCommand          `cmd:"" help:"Explain a command, with an example."`
	Complete      completeCommand      `cmd:"" name:"__complete" hidden:"" passthrough:""`

	VersionFlag kong.VersionFlag `name:"version" help:"Print the version."`
}

// env is the environment of a command.
type env struct {
	ctx            context.Context
	stdout, stderr io.Writer
}

// failure is an error that is already reported: only its exit code is left.
type failure struct{ code int }

func (f failure) Error() string { return fmt.Sprintf("exit code %d", f.code) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// newParser returns the parser of the command line. It calls exit after it has printed help or the
// version.
func newParser(g *grammar, stdout, stderr io.Writer, exit func(code int)) (*kong.Kong, error) {
	return kong.New(g,
		kong.Name("orderflow"),
		kong.Description("Orders, fulfilled exactly once by AWS Step Functions: on AWS, or on this machine alone."),
		kong.Writers(stdout, stderr),
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.ValueFormatter(withDefault),
		kong.Vars{"version": version()},
	)
}

// withDefault returns the help of an option, with the default if the placeholder hides it.
func withDefault(v *kong.Value) string {
	shown := *v
	if v.Flag != nil && v.Flag.PlaceHolder != "" && v.Default != "" && v.Flag.PlaceHolder != v.Default {
		shown.Help = strings.TrimSuffix(v.Help, ".") + " (default: " + v.Default + ")."
	}
	return kong.DefaultHelpValueFormatter(&shown)
}

// run runs the command line and returns the exit code: 0 success, 1 failure, 2 a wrong command
// line, 3 a full disk, 4 a damaged data folder, 5 a data folder that cannot be used, 6 too few file
// descriptors (docs/data-folder.md).
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var g grammar
	exited, code := false, 0
	parser, err := newParser(&g, stdout, stderr, func(c int) { exited, code = true, c })
	if err != nil {
		fmt.Fprintln(stderr, "orderflow:", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	kctx, err := parser.Parse(args)
	if exited { // help or the version is printed
		return code
	}
	if err != nil {
		fmt.Fprintf(stderr, "orderflow: %v\nTry `orderflow help`.\n", err)
		return 2
	}
	err = kctx.Run(&env{ctx: ctx, stdout: stdout, stderr: stderr})
	if f, ok := errors.AsType[failure](err); ok {
		return f.code
	}
	if err != nil {
		fmt.Fprintln(stderr, "orderflow:", sentence(err))
	}
	if _, ok := errors.AsType[system.TooFewDescriptors](err); ok {
		return 6
	}
	return store.ExitCode(err)
}

// sentence returns the text of an error. If the store has failed, that is the only cause worth
// printing.
func sentence(err error) string {
	if f, ok := errors.AsType[*store.Failure](err); ok {
		return f.Error()
	}
	return err.Error()
}

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command to explain, e.g. 'order create'."`
}

func (*helpCommand) Help() string { return "Example:\n  orderflow help order create" }

func (c *helpCommand) Run(e *env) error {
	return exit(run(e.ctx, append(c.Command, "--help"), e.stdout, e.stderr))
}
