package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/demo"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/screen"
	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
)

type demoCommand struct {
	Keep         bool          `help:"Keep the system running afterwards, and print its addresses."`
	Orders       string        `help:"Place the orders of this folder instead of the built-in examples." type:"existingdir" placeholder:"DIR"`
	CarrierDelay time.Duration `help:"How long the sandbox carrier takes to dispatch." default:"150ms"`
	Timeout      time.Duration `help:"How long an order may take." default:"2m"`
	Slow         bool          `help:"Place also the orders that wait for a deadline: twenty seconds."`
	isolation
	Verbose bool `short:"v" help:"Log what the functions log."`
}

func (*demoCommand) Help() string {
	return `Starts the whole system in a temporary folder on free ports, places the orders of examples/orders through the API as their customers would,
reviews those of more than 5,000.00 USD, redrives the one that fails in a payment outage, and prints where the time went. The exit code is 0 only if every order ends as its file expects;
3 to 6 are those of orderflow up.

Example:
  orderflow demo --keep
  orderflow demo --isolated`
}

func (c *demoCommand) Run(e *env) (err error) {
	list, err := demo.Examples(c.Orders, c.Slow)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "orderflow-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	began := time.Now()
	s, err := system.Start(e.ctx, system.Options{
		Addr: system.AnyPort, AWSAddr: system.AnyPort, Dir: dir, CarrierDelay: c.CarrierDelay,
		Parameters: map[string]string{"ReviewSeconds": "20", "OutageSeconds": "0"},
		Isolation:  system.Isolation(c.isolation), Log: logger(e, c.Verbose, slog.LevelError),
	})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(e.ctx), system.Graceful)
		defer cancel()
		err = errors.Join(err, s.Close(ctx))
	}()
	out := screen.New(e.stdout)
	started := fmt.Sprintf("The whole system runs at %s, started in %d ms.", s.API, time.Since(began).Milliseconds())
	fmt.Fprintf(out, "%s\n\n", out.Text(started))
	ctx, stop := s.WhileHealthy(e.ctx)
	defer stop()
	limited, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	board, err := demo.Play(limited, out, s, list)
	if err != nil || s.Stack.Err() != nil {
		return errors.Join(err, s.Stack.Err())
	}
	ok := board.Summarize()
	if c.Keep {
		fmt.Fprintf(e.stdout, "\napi  %s\ndocs %[1]s/docs\nops  %[1]s/console\naws  %s\nCtrl-C stops it.\n", s.API, s.AWS)
		<-ctx.Done()
	}
	if !ok {
		return failure{1}
	}
	return nil
}
