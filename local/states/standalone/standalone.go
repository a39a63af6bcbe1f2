// Package standalone runs Step Functions alone: the API on a loopback port, for the state machines
// of any project. It invokes Lambda tasks with the Lambda Invoke API at an endpoint, as Step
// Functions Local did; `sam local start-lambda` provides one.
package standalone

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/clock"
	"github.com/orderflow-dev/orderflow/local/guard"
	"github.com/orderflow-dev/orderflow/local/states"
	"github.com/orderflow-dev/orderflow/local/store"
)

const help = `Run AWS Step Functions (Standard workflows, JSONPath) on this machine.

Usage:
  orderflow states [--addr HOST:PORT] [--data DIR | --in-memory] [--lambda-endpoint URL] [--allow-host NAME]

Options:
`

const example = `
The API is AWS JSON 1.0, as used by the SDKs and the aws CLI:
  aws stepfunctions list-state-machines --endpoint-url http://127.0.0.1:8083

Executions survive a stop or a kill: they continue at the next start. Tasks that were in flight are invoked again.
Lambda tasks are invoked with POST URL/2015-03-31/functions/NAME/invocations, which "sam local start-lambda" answers.

Example:
  orderflow states --lambda-endpoint http://127.0.0.1:3001

Exit codes: 0 stopped, 1 failure, 2 wrong arguments, 3 full disk, 4 damaged data folder, 5 data folder that cannot be used.

Clients put "sync-" before the host name for TestState. The API accepts such a name. If it does not resolve (sync-127.0.0.1),
set AWS_DISABLE_HOST_PREFIX_INJECTION=true: then the aws CLI and boto3 leave the prefix out.
`

// shutdown is the time that requests in flight have to finish when the command is stopped.
const shutdown = 5 * time.Second

// gcPercent: the heap is small, because waiting executions are not in memory, and collecting it at
// every doubling takes a fifth of the processor time.
const gcPercent = 400

// Main runs the command until it is interrupted. It returns the exit code: 0 after a stop or
// --help, 2 for wrong arguments, that of store.ExitCode for a failure.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	return Run(ctx, args, stdout, stderr)
}

type config struct {
	addr, data, lambda string
	inMemory           bool
	hosts              []string
}

// Run is Main until ctx is done.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c, err := parse(args, stdout, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "orderflow states:", err)
		return 2
	}
	if err := serve(ctx, c, stdout, stderr); err != nil {
		if f, ok := errors.AsType[*store.Failure](err); ok {
			err = f
		}
		fmt.Fprintln(stderr, "orderflow states:", err)
		return store.ExitCode(err)
	}
	return 0
}

func parse(args []string, stdout, stderr io.Writer) (config, error) {
	var c config
	f := flag.NewFlagSet("orderflow states", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&c.addr, "addr", "127.0.0.1:8083",
		"address to listen on; without a host only this machine is served; port 0 picks a free port")
	f.StringVar(&c.data, "data", ".orderflow-states", "directory of the state machines and executions")
	f.BoolVar(&c.inMemory, "in-memory", false, "keep all data in memory; it is lost at the end")
	f.StringVar(&c.lambda, "lambda-endpoint", "",
		"URL at which Lambda functions are invoked; without it Lambda tasks fail")
	f.Func("allow-host", "also accept requests for this host name, in addition to localhost; may be repeated",
		func(name string) error {
			c.hosts = append(c.hosts, name)
			return nil
		})
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, help)
		f.SetOutput(stdout)
		f.PrintDefaults()
		fmt.Fprint(stdout, example)
		return c, err
	}
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	f.Visit(func(x *flag.Flag) {
		if x.Name == "data" && c.inMemory && err == nil {
			err = errors.New("--data and --in-memory cannot be used together")
		}
	})
	return c, err
}

func serve(ctx context.Context, c config, stdout, stderr io.Writer) (err error) {
	log := slog.New(slog.NewTextHandler(stderr, nil))
	now := clock.New(clock.NewMachine(), nil)
	st, err := openStore(c, now, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	router := &awsapi.Router{}
	opt := states.Options{Logger: store.LogUntil(log, st.Err), Caller: caller(router, nil)}
	if c.lambda != "" {
		client, err := newLambdaClient(c.lambda, st.Outlet())
		if err != nil {
			return err
		}
		opt.InvokeLambda, opt.Caller = client.invoke, caller(router, client)
	}
	service, err := states.New(st, now, opt)
	if err != nil {
		return err
	}
	router.Register("states", service)
	l, err := guard.Listen(c.addr)
	if err != nil {
		return err
	}
	where := "data in " + c.data
	if c.inMemory {
		where = "in memory"
	}
	fmt.Fprintf(stdout, "Step Functions on %s (%s)\n", l.URL(), where)
	if exposed := l.Exposed(); exposed != "" {
		fmt.Fprintf(stderr,
			"warning: listening on %s: every client that can reach this address can read and run everything\n", exposed)
	}
	if narrowed := l.Narrowed(); narrowed != "" {
		fmt.Fprintln(stderr, "note:", narrowed)
	}
	return serveUntil(ctx, l.Through(st.Outlet()), router.Guarded(append(c.hosts, l.Hosts()...)...), service, st)
}

// openStore opens the data folder, which only its owner can read, and puts the clock forward to the
// store's last time.
func openStore(c config, now *clock.Clock, log *slog.Logger) (*store.Store, error) {
	if !c.inMemory {
		tightened, err := store.Private(c.data)
		if err != nil {
			return nil, err
		}
		if tightened {
			log.Warn("the data folder was open to others; now only its owner can read it", "folder", c.data)
		}
	}
	st, err := store.Open(c.data, store.Options{InMemory: c.inMemory, Now: now.Now})
	if err == nil {
		now.NotBefore(st.LastCommit())
	}
	return st, err
}

// serveUntil answers requests until ctx is done; then it ends those in flight, and stops the
// service. If the store fails it returns at once: a goroutine that still runs may wait for a commit
// that never returns.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler, service *states.Service, st *store.Store) error {
	server := &http.Server{Handler: awsapi.BodyDeadline(awsapi.BodyTime, h), ReadHeaderTimeout: awsapi.BodyTime}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { _ = service.Run(running) }) // returns nil when it is stopped
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	var err error
	select {
	case err = <-failed:
	case <-st.Failed():
		stop()
		return errors.Join(st.Err(), server.Close())
	case <-ctx.Done():
		limit, cancel := context.WithTimeout(context.Background(), shutdown)
		err = server.Shutdown(limit)
		cancel()
	}
	stop()
	wg.Wait()
	return err
}
