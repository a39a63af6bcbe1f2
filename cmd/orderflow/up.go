package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"time"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
)

type upCommand struct {
	Addr         string        `help:"The address of the API; without a host, only this machine can reach it." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	AWSAddr      string        `name:"aws-addr" help:"The address of the AWS-compatible endpoint." default:"127.0.0.1:4566" placeholder:"HOST:PORT"`
	AllowHost    []string      `help:"Another host name to answer to, besides localhost and those in the addresses." placeholder:"NAME"`
	Data         string        `help:"The data folder (default: .orderflow)." xor:"where" placeholder:"DIR"`
	InMemory     bool          `help:"Keep all data in memory." xor:"where"`
	CarrierDelay time.Duration `help:"How long the sandbox carrier takes to dispatch." default:"2s"`
	Carrier      string        `help:"sandbox dispatches every shipment; external waits for a carrier that signs the webhook with the secret that is printed at the start." enum:"sandbox,external" default:"sandbox"`
	isolation
	Param   map[string]string `help:"Set a parameter of the template." placeholder:"NAME=VALUE"`
	Explain bool              `help:"List what in the template this machine does differently from AWS, and exit."`
	JSON    bool              `help:"With --explain: print JSON."`
	Verbose bool              `short:"v" help:"Log what the functions log."`
}

func (*upCommand) Help() string {
	return `Runs until interrupted. All accepted data is in the data folder: after a crash, the same command continues where it stopped.
Exit codes: 0 stopped, 1 failure, 2 wrong command line, 3 full disk, 4 damaged data folder, 5 data folder that cannot be used, 6 too few file descriptors;
docs/data-folder.md says what to do.
With --carrier external, shipments wait for the webhook of a carrier (POST /webhooks/shipments), signed with the secret in the file webhook-secret
of the data folder. With --in-memory the secret is printed at the start. --param WebhookSecret=SECRET sets another.
Orders of more than 5,000.00 USD wait for a review: orderflow ops reviews. --param ReviewAbove=none switches that off.
While the payment provider is down, orders wait for up to an hour. With --param OutageSeconds=0 they fail after a few retries.

Examples:
  orderflow up
  orderflow up --addr 127.0.0.1:9000 --in-memory
  orderflow up --isolated
  orderflow up --param ReconcileAfterSeconds=60
  orderflow up --explain`
}

// Validate checks what the parser cannot: addresses, and the template's parameters. The parser
// calls it and reports its error as one of the command line.
func (c *upCommand) Validate() error {
	for flag, address := range map[string]string{"addr": c.Addr, "aws-addr": c.AWSAddr} {
		_, port, err := net.SplitHostPort(address)
		if err == nil {
			_, err = net.LookupPort("tcp", port)
		}
		if err != nil {
			return fmt.Errorf("--%s: %q is not HOST:PORT: %w", flag, address, err)
		}
	}
	if len(c.Param) == 0 {
		return nil
	}
	_, err := system.Explain(c.options())
	return err
}

func (c *upCommand) options() system.Options {
	o := system.Options{
		Addr: c.Addr, AWSAddr: c.AWSAddr, Hosts: c.AllowHost, Dir: c.Data, CarrierDelay: c.CarrierDelay,
		Parameters: map[string]string{"Carrier": c.Carrier}, Isolation: system.Isolation(c.isolation),
	}
	maps.Copy(o.Parameters, c.Param)
	return o
}

func (c *upCommand) Run(e *env) error {
	o := c.options()
	o.Log = logger(e, c.Verbose, slog.LevelWarn)
	if o.Dir == "" && !c.InMemory {
		o.Dir = ".orderflow"
	}
	if c.Explain {
		return explain(e, o, c.JSON)
	}
	s, err := system.Start(e.ctx, o)
	if err != nil {
		return err
	}
	printDifferences(e.stdout, s.Stack.Explain())
	for _, notice := range s.Notices {
		fmt.Fprintln(e.stderr, notice)
	}
	if s.Secret != "" {
		fmt.Fprintln(e.stdout, "webhook secret", s.Secret)
	}
	fmt.Fprintf(e.stdout, "api  %s\ndocs %[1]s/docs\nops  %[1]s/console\naws  %s\nready\n", s.API, s.AWS)
	select {
	case <-e.ctx.Done():
		fmt.Fprintln(e.stderr, "stopping")
	case err = <-s.ServeErrors:
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		}
	// such as a full disk: the data on disk is intact, and no more requests may be accepted
	case err = <-s.Stack.Failed():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(e.ctx), system.Graceful)
	defer cancel()
	return errors.Join(err, s.Close(ctx))
}

// logger returns a logger to standard error, from the given level on, or of every level if verbose.
func logger(e *env, verbose bool, level slog.Level) *slog.Logger {
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: level}))
}

// isolation is the part of the command line that selects how the functions run.
type isolation struct {
	Isolated  bool   `help:"Run each function as processes of the deployed program, behind a local Lambda Runtime API."`
	Bootstrap string `help:"The deployed program, built for this machine (without it, the Go tool builds one from the sources)." type:"existingfile" placeholder:"FILE"`
}
