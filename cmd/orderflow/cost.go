package main

import (
	"errors"
	"log/slog"

	"github.com/orderflow-dev/orderflow"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/cost"
)

type costCommand struct {
	Orders int    `help:"How many orders the bill is for." default:"1000"`
	Per    string `help:"What the bill is for: the orders alone, or a month with them, which adds keys, secrets, alarms and the dashboard." enum:"orders,month" default:"orders"`
	Runs   int    `help:"How many orders of each branch are counted. The report is the one in the middle." default:"3"`
	Calls  string `help:"Also print the calls of a branch, with the units and item sizes of DynamoDB." placeholder:"BRANCH"`
	JSON   bool   `help:"Print JSON, with all calls."`
}

func (*costCommand) Help() string {
	return `Runs the system in memory, takes orders of two products through each branch, one at a time, and counts what AWS bills. DynamoDB's units are those that it
reports. Lambda's time is the measured one, scaled to the function's memory, and 5 ms for each call.

The bill has no free tiers, and leaves out storage, logs, traces, data transfer, what customers read, and the sandbox provider's table. AWS puts more changes into
a batch than this machine does: it invokes fewer functions.

Examples:
  orderflow cost
  orderflow cost --calls happy
  orderflow cost --per month --orders 1000000`
}

func (c *costCommand) Run(e *env) error {
	if c.Orders < 1 || c.Runs < 1 {
		return errors.New("--orders and --runs must be at least 1")
	}
	report, err := cost.Run(e.ctx, c.Runs, logger(e, false, slog.LevelError))
	if err != nil {
		return err
	}
	fixed := 0.0
	if c.Per == "month" {
		fixed = cost.Month(orderflow.Template)
	}
	report.For(c.Orders, fixed)
	if err := printReport(e, report, c.JSON); err != nil || c.Calls == "" || c.JSON {
		return err
	}
	return report.PrintCalls(e.stdout, c.Calls)
}
