// Package local runs the stack that a template describes on one machine: the AWS services that the
// template names, connected as it describes, with its roles' policies enforced and its functions'
// handlers in this process.
//
// Open creates what the template describes, or brings it up to date; nothing is consumed yet. Start
// starts timers, pollers and rules. After a crash, Open on the same folder continues from the last
// commit.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/clock"
	"github.com/orderflow-dev/orderflow/local/dynamodb"
	"github.com/orderflow-dev/orderflow/local/events"
	"github.com/orderflow-dev/orderflow/local/gateway"
	"github.com/orderflow-dev/orderflow/local/gateway/issuer"
	"github.com/orderflow-dev/orderflow/local/iam"
	"github.com/orderflow-dev/orderflow/local/lambda"
	"github.com/orderflow-dev/orderflow/local/ses"
	"github.com/orderflow-dev/orderflow/local/sns"
	"github.com/orderflow-dev/orderflow/local/sqs"
	"github.com/orderflow-dev/orderflow/local/states"
	"github.com/orderflow-dev/orderflow/local/store"
	"github.com/orderflow-dev/orderflow/local/sts"
	"github.com/orderflow-dev/orderflow/local/template"
)

// Factory makes the handler of a function's new execution environment. cfg calls the stack's
// services as the function's role.
type Factory func(fn lambda.Function, cfg aws.Config) (lambda.Handler, error)

// Options of Open.
type Options struct {
	Template []byte // SAM or CloudFormation, YAML or JSON; required
	// Definitions holds the files that the template names, by their path
	// ("statemachines/a.asl.json") or by their base name.
	Definitions fs.FS
	StackName   string            // default "orderflow"
	Parameters  map[string]string // override the template's defaults
	Dir         string            // the data folder; one process at a time
	InMemory    bool              // keep nothing: Dir is not used
	Factory     Factory           // required if the template has functions and Bootstrap is empty
	Clock       clockwork.Clock   // default: the machine's, but it never goes back
	Logger      *slog.Logger      // default: none
	// Bootstrap is the path of the program that is deployed. If it is set, each execution
	// environment is a process of it instead of a handler of Factory. It calls the stack at
	// AWSEndpoint, where AWSHandler must answer before Start.
	Bootstrap   string
	AWSEndpoint string
	Output      io.Writer // receives what the bootstrap's processes write; nil drops it
	// Observe is called after every invocation of a function; it must not block.
	Observe func(lambda.Invocation)
	// AccessLog is called after every request to the HTTP API; it must not block.
	AccessLog func(gateway.Access)
}

// Stack is a running stack.
type Stack struct {
	opt      Options
	log      *slog.Logger
	clock    clockwork.Clock
	lock     io.Closer // on the data folder
	store    *store.Store
	template *template.Template
	iam      *iam.Engine
	router   awsapi.Router

	attaching sync.Mutex // policies of queues and topics come into force in the order in which they were set

	dynamodb *dynamodb.Service
	sqs      *sqs.Service
	sns      *sns.Service
	ses      *ses.Service
	lambda   *lambda.Service
	states   *states.Service
	events   *events.Service
	issuers  []*issuer.Issuer // of the user pools
	apis     []api

	runners []*runner // in the order in which they are stopped
	failed  chan error
	done    chan struct{} // closed by Close
	close   sync.Once
	closed  error
}

// Open creates or updates everything that the template describes. Errors name the place in the
// template, or the folder that is in use.
func Open(ctx context.Context, o Options) (_ *Stack, err error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = clock.New(clock.NewMachine(), func(by time.Duration) {
			o.Logger.Warn("the machine's clock was set; the local services keep their own time until the next start",
				"by", by.Round(time.Second))
		})
	}
	s := &Stack{opt: o, log: o.Logger, clock: o.Clock, iam: iam.New(iam.WithClock(o.Clock)),
		failed: make(chan error, 16), done: make(chan struct{})}
	if s.template, err = s.load(nil); err != nil {
		return nil, err
	}
	if err := s.openStore(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	s.router.Authorize = s.authorize
	if err := s.services(); err != nil {
		return nil, err
	}
	if err := s.create(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// load reads the template; streams gives the ARNs of streams that exist.
func (s *Stack) load(streams map[string]string) (*template.Template, error) {
	files := templateFS{template: s.opt.Template, files: s.opt.Definitions}
	return template.Load(template.Options{FS: files, Path: templateName, StackName: s.opt.StackName,
		Parameters: s.opt.Parameters, Streams: streams})
}

// services makes the services. They call each other only through the router.
func (s *Stack) services() (err error) {
	if s.dynamodb, err = dynamodb.New(s.store, s.clock); err != nil {
		return fmt.Errorf("open dynamodb: %w", err)
	}
	if s.sqs, err = sqs.New(s.store, s.clock, sqs.WithLogger(s.log)); err != nil {
		return fmt.Errorf("open sqs: %w", err)
	}
	if s.lambda, err = s.newLambda(); err != nil {
		return fmt.Errorf("open lambda: %w", err)
	}
	if s.states, err = s.newStates(); err != nil {
		return fmt.Errorf("open states: %w", err)
	}
	if s.events, err = s.newEvents(); err != nil {
		return fmt.Errorf("open events: %w", err)
	}
	if s.sns, err = s.newSNS(); err != nil {
		return fmt.Errorf("open sns: %w", err)
	}
	if s.ses, err = s.newSES(); err != nil {
		return fmt.Errorf("open ses: %w", err)
	}
	s.router.Register("events", s.events)
	s.router.Register("sns", s.topicService())
	s.router.Register("ses", s.ses)
	s.router.Register("dynamodb", s.dynamodb)
	s.router.Register("sqs", s.queueService())
	s.router.Register("lambda", s.lambda)
	s.router.Register("states", s.states)
	s.router.Register("sts", &sts.Service{Caller: s.iam.Caller})
	return nil
}

// call is how one service calls another.
func (s *Stack) call(ctx context.Context, service, op string, input any) (json.RawMessage, error) {
	return s.router.CallJSON(ctx, service, op, input)
}

// Start starts the services. It returns at once; Failed reports a service that could not continue.
func (s *Stack) Start(context.Context) error {
	if s.runners != nil {
		return errors.New("start stack: already running")
	}
	// They stop in this order: functions finish what they have begun while everything that they
	// call still runs.
	s.run("lambda", s.lambda.Run)
	s.run("events", s.events.Run)
	s.run("ses", s.ses.Run)
	s.run("sns", s.sns.Run)
	s.run("states", s.states.Run)
	s.run("dynamodb", s.dynamodb.Run)
	go s.watchStore()
	return nil
}

// Failed receives the error of a service that could not continue, or the *store.Failure of a full
// disk. The stack should then be closed.
func (s *Stack) Failed() <-chan error { return s.failed }

// Err is the *store.Failure if the stack can store nothing any more, or nil.
func (s *Stack) Err() error { return s.store.Err() }

// runner is a service's loop.
type runner struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func (s *Stack) run(name string, loop func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	r := &runner{cancel: cancel, done: make(chan struct{})}
	s.runners = append(s.runners, r)
	go func() {
		defer close(r.done)
		if err := loop(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("service stopped", "service", name, "error", err)
			s.failed <- fmt.Errorf("%s: %w", name, err)
		}
	}()
}

func (r *runner) stop() {
	r.cancel()
	<-r.done
}

// AWSHandler answers AWS API requests of other processes. It serves programs, not web pages, and
// only at loopback's names and at hosts. Callers without a role of the stack may do everything.
func (s *Stack) AWSHandler(hosts ...string) http.Handler { return s.router.Guarded(hosts...) }

// Outlet is the way out of the process, for what depends on the stack's data: a server listens
// through it, and a client sends through it.
func (s *Stack) Outlet() store.Outlet { return s.store.Outlet() }

// FlushesWaitedFor is how often something that left the process had to wait for the disk.
func (s *Stack) FlushesWaitedFor() int64 { return s.store.FlushesWaitedFor() }

// Template is the resolved template.
func (s *Stack) Template() *template.Template { return s.template }

// Output is the value of one of the template's outputs.
func (s *Stack) Output(name string) (string, error) {
	for _, o := range s.template.Outputs {
		if o.Name == name {
			return o.Value, nil
		}
	}
	return "", errors.New("the template has no output " + name)
}
