package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"orderflow"
	"orderflow/functions"
	"orderflow/local"
	"orderflow/local/awsapi"
	"orderflow/local/gateway"
	"orderflow/local/gateway/issuer"
	"orderflow/local/guard"
	"orderflow/local/lambda"
	"orderflow/local/store"
	"orderflow/statemachines"
)

// stackName is the name of the stack on this machine; its resources' names begin with it.
const stackName = "orderflow"

// anyPort is an address on this machine with a port that is free.
const anyPort = "127.0.0.1:0"

// systemOptions say how the whole system runs on this machine.
type systemOptions struct {
	Addr, AWSAddr string            // where to listen; port 0 takes a free one
	Hosts         []string          // names to answer to, beside loopback's and those in the addresses
	Dir           string            // the data folder; "" keeps everything in memory
	CarrierDelay  time.Duration     // how long the sandbox carrier takes
	Parameters    map[string]string // of the template, over those above
	Isolation     isolation         // how the functions run
	Outgoing      *http.Client      // of the functions in this process; nil: each has its own
	Log           *slog.Logger
}

// system is the whole system on this machine: the local AWS stack with our functions in it, the API and the AWS endpoint.
type system struct {
	stack       *local.Stack
	api, aws    *http.Server
	apiURL      string
	awsURL      string
	secret      string   // which secret an external carrier signs with, or where it is; "" where the user chose it, or signs nothing
	notices     []string // what to know of where it listens
	serveErrors chan error
	most        connections
	clean       func() error // removes what was built for it
}

// startSystem starts everything. When it returns, the API accepts orders.
//
// The heap is small, so garbage is collected less often than Go would by itself, unless GOGC says otherwise.
func startSystem(ctx context.Context, o systemOptions) (_ *system, err error) {
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
	s := &system{most: share(descriptors), apiURL: apiListener.URL(), awsURL: awsListener.URL(),
		notices: notices(apiListener, awsListener), serveErrors: make(chan error, 2)}
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
	opened.Store(s.stack)
	s.aws = s.serve(awsListener, s.most.aws, s.stack.AWSHandler(append(awsListener.Hosts(), o.Hosts...)...)) // before the functions start: as processes they call it
	if err := s.stack.Start(ctx); err != nil {
		return nil, errors.Join(err, s.stack.Close(ctx), s.clean())
	}
	hosts := append(apiListener.Hosts(), append(publicHost(o), o.Hosts...)...)
	s.api = s.serve(gateway.Listener(apiListener), s.most.api, s.stack.Guarded(&front{
		local:  (&localAPI{stack: s.stack, client: s.stack.ClientID("UserPoolClient"), hosts: hosts}).handler(),
		issuer: s.stack.Issuer().Handler(s.apiURL),
		api:    s.stack.APIHandler(),
	}, hosts...))
	return s, nil
}

// front is what listens at the API's address. It is no http.ServeMux, which would redirect paths such as //orders: the API answers for those.
type front struct {
	local, issuer, api http.Handler
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/_local/"):
		f.local.ServeHTTP(w, r)
	case path == issuer.ConfigurationPath || path == issuer.KeysPath || path == issuer.TokenPath:
		f.issuer.ServeHTTP(w, r)
	default:
		f.api.ServeHTTP(w, r)
	}
}

// open opens the stack and fills its catalogue.
func (s *system) open(ctx context.Context, o systemOptions) error {
	if err := closeToOthers(o.Dir, o.Log); err != nil {
		return err
	}
	warnEmptied(o.Dir, o.Log)
	secret, err := webhookSecret(o.Dir)
	if err != nil {
		return err
	}
	s.secret = shownSecret(o, secret)
	o.Outgoing = outgoing(s.most.out)
	opts := stackOptions(o, map[string]string{"PublicUrl": s.apiURL, "WebhookSecret": secret})
	opts.AWSEndpoint = s.awsURL
	if opts.Bootstrap, s.clean, err = o.Isolation.bootstrap(ctx); err != nil {
		return err
	}
	if s.stack, err = local.Open(ctx, opts); err != nil {
		return errors.Join(err, s.clean())
	}
	if err := errors.Join(s.refuseStripe(opts), seed(ctx, s.stack)); err != nil {
		return errors.Join(err, s.stack.Close(ctx), s.clean())
	}
	return nil
}

// refuseStripe returns an error if a function that would run in this process is given Stripe's key.
func (s *system) refuseStripe(o local.Options) error {
	for _, fn := range s.stack.Functions() {
		if err := functions.RefuseStripe(fn.Env); err != nil && o.Bootstrap == "" {
			return fmt.Errorf("function %s: %w", fn.Handler, err)
		}
	}
	return nil
}

// stackOptions are the options of the stack; params are the template's parameters that only the running system knows.
func stackOptions(o systemOptions, params map[string]string) local.Options {
	params["CarrierDelayMilliseconds"] = strconv.FormatInt(o.CarrierDelay.Milliseconds(), 10)
	maps.Copy(params, o.Parameters)
	return local.Options{
		Template: orderflow.Template, Definitions: statemachines.FS, StackName: stackName, Parameters: params,
		Dir: o.Dir, InMemory: o.Dir == "", Factory: factory(o.Log, o.Outgoing), Logger: o.Log, Output: &processLog{log: o.Log},
	}
}

// serve answers on a listener, so many connections at a time, until it is shut down.
func (s *system) serve(listener net.Listener, most int, handler http.Handler) *http.Server {
	guests := newCrowd(listener, most)
	server := &http.Server{Handler: awsapi.BodyDeadline(awsapi.BodyTime, handler), ReadHeaderTimeout: awsapi.BodyTime, IdleTimeout: 2 * time.Minute, ConnState: guests.watch}
	go func() { s.serveErrors <- server.Serve(guests) }()
	return server
}

// Close stops the system gracefully: functions finish what they have begun in the background while the API, which they may call, still answers; then
// no new requests, those in flight finish, and the stack stops. If nothing can be stored any more, nothing can finish: it stops at once.
func (s *system) Close(ctx context.Context) error {
	if s.stack.Err() != nil {
		return errors.Join(s.stack.Close(ctx), s.api.Close(), s.aws.Close(), s.clean())
	}
	s.stack.Drain(ctx)
	err := errors.Join(s.api.Shutdown(ctx), s.stack.Close(ctx), s.aws.Shutdown(ctx)) // what still runs may still call AWS
	return errors.Join(err, s.clean())
}

// whileHealthy gives an env whose context ends when the system can no longer go on, with the reason as its cause. stop must be called.
func (s *system) whileHealthy(e *env) (_ *env, stop func()) {
	ctx, cancel := context.WithCancelCause(e.ctx)
	go func() {
		select {
		case err := <-s.stack.Failed():
			cancel(err)
		case <-ctx.Done():
		}
	}()
	healthy := *e
	healthy.ctx = ctx
	return &healthy, func() { cancel(nil) }
}

// factory makes the handlers of template.yaml's functions, in this process. What they log goes to the system's log, and as the lines that they
// write when deployed to the function's.
func factory(log *slog.Logger, outgoing *http.Client) local.Factory {
	return func(fn lambda.Function, cfg aws.Config) (lambda.Handler, error) {
		getenv := func(name string) string { return fn.Env[name] }
		both := slog.New(slog.NewMultiHandler(log.Handler(), slog.NewJSONHandler(fn.Log, nil)))
		return functions.New(fn.Handler, cfg, getenv, functions.Options{HTTPClient: outgoing, Logger: both.With("function", fn.Handler)})
	}
}

// closeToOthers makes the data folder, or keeps others out of one that is there.
func closeToOthers(dir string, log *slog.Logger) error {
	if dir == "" {
		return nil
	}
	tightened, err := store.Private(dir)
	if tightened {
		log.Warn("the data folder was open to others; now only its owner can read it", "folder", dir)
	}
	return err
}

// warnEmptied says that a data folder was used before, and has lost all that was in it: the system begins with nothing.
func warnEmptied(dir string, log *slog.Logger) {
	if dir == "" {
		return
	}
	_, secret := os.Stat(filepath.Join(dir, "webhook-secret"))
	if _, kept := os.Stat(filepath.Join(dir, "store")); secret == nil && errors.Is(kept, os.ErrNotExist) {
		log.Warn("the data folder was used before, and its store is gone: the system begins without orders; if that is not meant, stop it and bring store/ back", "folder", dir)
	}
}

// webhookSecret is the secret that the local carrier shares with the API, kept in the data folder.
func webhookSecret(dir string) (string, error) {
	if dir == "" {
		return rand.Text(), nil
	}
	path := secretPath(dir)
	b, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	secret := rand.Text()
	return secret, os.WriteFile(path, []byte(secret+"\n"), 0o600)
}

func secretPath(dir string) string { return filepath.Join(dir, "webhook-secret") }

// shownSecret tells whoever plays an external carrier where the secret is; where nothing is kept, the secret itself.
func shownSecret(o systemOptions, secret string) string {
	_, chosen := o.Parameters["WebhookSecret"]
	switch {
	case o.Parameters["Carrier"] != "external" || chosen:
		return ""
	case o.Dir == "":
		return secret
	}
	return "in " + secretPath(o.Dir)
}

// publicHost is the host of the address at which the carrier reaches the API, if the user named one: a tunnel's, say.
func publicHost(o systemOptions) []string {
	u, err := url.Parse(o.Parameters["PublicUrl"])
	if err != nil || u.Hostname() == "" {
		return nil
	}
	return []string{u.Hostname()}
}

// notices says what others than this machine reach, and where, and what they might have been expected to reach.
func notices(api, aws *guard.Listener) (out []string) {
	if at := api.Exposed(); at != "" {
		out = append(out, "warning: the API listens at "+at+": others than this machine reach it")
	}
	if at := aws.Exposed(); at != "" {
		out = append(out, "warning: the AWS endpoint listens at "+at+": whoever reaches it may do everything, it checks no signature")
	}
	for _, l := range []*guard.Listener{api, aws} {
		if why := l.Narrowed(); why != "" {
			out = append(out, "note: "+why)
		}
	}
	return out
}
