package main

import (
	"cmp"
	"fmt"
	"io"
	"os"

	"github.com/orderflow-dev/orderflow/local/asl/asltest"
	"github.com/orderflow-dev/orderflow/local/asl/graph"
	"github.com/orderflow-dev/orderflow/local/states/standalone"
)

// exit turns a program's exit code into the error of a command.
func exit(code int) error {
	if code != 0 {
		return failure{code}
	}
	return nil
}

// statesCommand passes its arguments to the standalone engine.
type statesCommand struct {
	Args []string `arg:"" optional:""`
}

func (c *statesCommand) Run(e *env) error {
	return exit(standalone.Main(c.Args, e.stdout, e.stderr))
}

type aslCommands struct {
	Validate aslValidateCommand `cmd:"" help:"Check definitions as Step Functions does when it creates a state machine."`
	Test     aslTestCommand     `cmd:"" help:"Replay recorded executions and compare their histories." passthrough:""`
	Graph    aslGraphCommand    `cmd:"" help:"Draw a state machine as SVG."`
}

type aslGraphCommand struct {
	File  string `arg:"" help:"The definition." placeholder:"FILE"`
	Out   string `short:"o" help:"Where to write the picture (default: standard output)." placeholder:"FILE"`
	Title string `help:"The picture's title for screen readers (default: the definition's Comment)."`
}

func (*aslGraphCommand) Help() string {
	return `States are drawn top down, catches dashed and in another colour. The picture follows the reader's light or dark theme.

Examples:
  orderflow asl graph statemachines/fulfil-order.asl.json -o fulfil-order.svg`
}

func (c *aslGraphCommand) Run(e *env) error {
	definition, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	g, err := graph.Parse(string(definition))
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	g.Layout()
	svg := g.SVG(cmp.Or(c.Title, g.Comment, "State machine"))
	if c.Out == "" {
		_, err = io.WriteString(e.stdout, svg)
		return err
	}
	return os.WriteFile(c.Out, []byte(svg), 0o644)
}

type aslTestCommand struct {
	Args []string `arg:"" optional:""`
}

func (c *aslTestCommand) Run(e *env) error { return exit(asltest.Main(c.Args, e.stdout, e.stderr)) }
