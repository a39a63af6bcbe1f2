package system

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/gateway"
	"github.com/orderflow-dev/orderflow/local/guard"
	"github.com/orderflow-dev/orderflow/local/store"
)

// StackName is the name of the stack on this machine; its resources' names begin with it.
const StackName = "orderflow"

// Graceful is how long a stopping system should have to finish its requests and handlers.
const Graceful = 20 * time.Second

// AnyPort is an address on this machine with any free port.
const AnyPort = "127.0.0.1:0"

// Options are the options of the whole system on this machine.
type Options struct {
	Addr, AWSAddr string            // the addresses to listen at; port 0 selects a free one
	Hosts         []string          // host names to answer to, besides loopback's and those in the addresses
	Dir           string            // the data folder; "" keeps everything in memory
	CarrierDelay  time.Duration     // how long the sandbox carrier takes
	Parameters    map[string]string // of the template; they override those above
	Isolation     Isolation         // how the functions run
	Outgoing      http.RoundTripper // of the functions in this process; nil: http.DefaultTransport
	Log           *slog.Logger

	Functions func(awsURL string) local.Factory   // returns the functions; nil: as Isolation selects
	Wrap      func(local.Factory) local.Factory   // wraps the functions in this process; nil: no wrapping
	Around    func(api http.Handler) http.Handler // wraps the API's handler; nil: no wrapping
}

// System is the whole system on this machine: the local AWS stack with the functions, the API and
// the AWS endpoint.
type System struct {
	Stack       *local.Stack
	API, AWS    string     // URLs
	signs       string     // the secret that the sandbox provider signs with
	Secret      string     // the secret of an external carrier, or its path; "" if the user set it or nothing is signed
	Notices     []string   // remarks about the listeners
	ServeErrors chan error // gets an error when a server ends

	apiServer, awsServer *http.Server
	most                 connections
	clean                func() error // removes a program that was built
}

// Start starts the system. When it returns, the API accepts orders.
//
// The heap is small, so Start lowers the frequency of garbage collections, unless GOGC is set.
func Start(ctx context.Context, o Options) (_ *System, err error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	descriptors := store.Descriptors()
	if err := checkDescriptors(descriptors, o.Isolation.Isolated || o.Isolation.Bootstrap != "", o.Log); err != nil {
		return nil, err
	}
	apiListener, err := guard.Listen(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("the API: %w", err)
	}
	awsListener, err := guard.Listen(o.AWSAddr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the AWS endpoint: %w", err), apiListener.Close())
	}
	s := &System{most: share(descriptors), API: apiListener.URL(), AWS: awsListener.URL(),
		Notices: notices(apiListener, awsListener), ServeErrors: make(chan error, 2)}
	defer func() {
		if err != nil {
			err = errors.Join(err, apiListener.Close(), awsListener.Close())
		}
	}()
	var opened atomic.Pointer[local.Stack]
	o.Log = store.LogUntil(o.Log, func() error {
		if stack := opened.Load(); stack != nil {
			return stack.Err()
		}
		return nil
	})
	if err := s.open(ctx, o); err != nil {
		return nil, err
	}
	opened.Store(s.Stack)
	// Before the functions start: as processes they call it.
	s.awsServer = s.serve(awsListener.Through(s.Stack.Outlet()), s.most.aws,
		s.Stack.AWSHandler(append(awsListener.Hosts(), o.Hosts...)...))
	if err := s.Stack.Start(ctx); err != nil {
		return nil, errors.Join(err, s.Stack.Close(ctx), s.clean())
	}
	api := s.Stack.APIHandler()
	if o.Around != nil {
		api = o.Around(api)
	}
	hosts := append(apiListener.Hosts(), append(publicHost(o), o.Hosts...)...)
	s.apiServer = s.serve(gateway.Listener(apiListener.Through(s.Stack.Outlet())), s.most.api, s.Stack.Guarded(&front{
		local: (&localAPI{
			stack: s.Stack, client: s.Stack.ClientID("UserPoolClient"), hosts: hosts, secret: s.signs,
			out: s.Stack.Outlet().RoundTripper(outgoing(2)),
		}).handler(),
		issuer: s.Stack.Issuer().Handler(s.API),
		api:    api,
	}, hosts...))
	return s, nil
}

// open opens the stack and fills its catalogue.
func (s *System) open(ctx context.Context, o Options) error {
	if err := restrictFolder(o.Dir, o.Log); err != nil {
		return err
	}
	warnEmptyFolder(o.Dir, o.Log)
	secret, err := webhookSecret(o.Dir)
	if err != nil {
		return err
	}
	s.Secret = secretNotice(o, secret)
	s.signs = cmp.Or(o.Parameters["WebhookSecret"], secret)
	o.Outgoing = outgoing(s.most.out)
	opts := StackOptions(o, map[string]string{
		"PublicUrl": s.API, "WebhookSecret": secret, "ConsoleSignIn": "token",
	})
	opts.AWSEndpoint = s.AWS
	if opts.Bootstrap, s.clean, err = o.Isolation.Program(ctx); err != nil {
		return err
	}
	if o.Functions != nil {
		opts.Factory = o.Functions(s.AWS)
	}
	if o.Wrap != nil {
		opts.Factory = o.Wrap(opts.Factory)
	}
	if s.Stack, err = local.Open(ctx, opts); err != nil {
		return errors.Join(err, s.clean())
	}
	if err := errors.Join(s.refuseStripe(opts), Seed(ctx, s.Stack)); err != nil {
		return errors.Join(err, s.Stack.Close(ctx), s.clean())
	}
	return nil
}

// serve serves a listener, with a limit of connections, until it is shut down.
func (s *System) serve(listener net.Listener, most int, handler http.Handler) *http.Server {
	limited := newLimitedListener(listener, most)
	server := &http.Server{Handler: awsapi.BodyDeadline(awsapi.BodyTime, handler), ReadHeaderTimeout: awsapi.BodyTime,
		IdleTimeout: 2 * time.Minute, ConnState: limited.watch}
	go func() { s.ServeErrors <- server.Serve(limited) }()
	return server
}

// Close stops the system gracefully: functions finish their background work while the API, which
// they may call, still answers; then requests in flight finish, no new ones are accepted, and the
// stack stops. If the store has failed, no work can finish, and Close stops at once.
func (s *System) Close(ctx context.Context) error {
	if s.Stack.Err() != nil {
		return errors.Join(s.Stack.Close(ctx), s.apiServer.Close(), s.awsServer.Close(), s.clean())
	}
	s.Stack.Drain(ctx)
	// running functions may still call AWS
	err := errors.Join(s.apiServer.Shutdown(ctx), s.Stack.Close(ctx), s.awsServer.Shutdown(ctx))
	return errors.Join(err, s.clean())
}

// WhileHealthy returns a context that ends when the system can no longer work, with the reason as
// its cause. The caller must call stop.
func (s *System) WhileHealthy(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case err := <-s.Stack.Failed():
			cancel(err)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}
