// Package runtimeapi runs a bootstrap program as Lambda does: as a process that asks the Lambda
// Runtime API (version 2018-06-01) for its requests.
package runtimeapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/guard"
	"github.com/orderflow-dev/orderflow/local/store"
)

// InitTimeout is how long a program may take until it asks for its first request; 10 s on Lambda.
const InitTimeout = 10 * time.Second

// Config of an execution environment.
type Config struct {
	Path string   // the bootstrap program
	Dir  string   // its working directory; the program's folder by default
	Env  []string // its whole environment but for AWS_LAMBDA_RUNTIME_API
	// Output takes what the program writes; nil drops it.
	Output io.Writer
	// MaxResponse is the largest reply in bytes; a larger one is an error of the request.
	MaxResponse int64
	Clock       clockwork.Clock
	Outlet      store.Outlet // what the program is given goes through it
}

// Error is a failed request with the payload that Lambda answers: {"errorMessage","errorType",...}.
type Error struct {
	Body []byte
	Gone bool // the process has ended
}

func (e *Error) Error() string { return string(e.Body) }

// Payload is the answer to the invoker.
func (e *Error) Payload() []byte { return e.Body }

// Exited tells that the environment cannot be used again.
func (e *Error) Exited() bool { return e.Gone }

// Environment is one process with a Runtime API of its own. It serves one request at a time.
type Environment struct {
	cfg    Config
	cmd    *exec.Cmd
	server *http.Server

	started, ready time.Time
	idle           chan struct{} // the process waits for a request (one element at most)
	work           chan *request
	exited         chan struct{} // closed when the process has ended; exit is set before
	exit           error
	kill           sync.Once

	mu      sync.Mutex
	current *request
	initErr []byte // what the program reported to /init/error
}

// request is an invocation on its way.
type request struct {
	id, arn  string
	deadline time.Time
	payload  []byte
	done     chan result // one element
}

type result struct {
	payload []byte
	failed  bool
}

// Start starts the program and returns when it asks for its first request. Its failure to do so is
// an *Error.
func Start(cfg Config) (*Environment, error) {
	listener, err := guard.Listen("127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("runtime API: %w", err)
	}
	e := &Environment{
		cfg: cfg, idle: make(chan struct{}, 1), work: make(chan *request), exited: make(chan struct{}), started: cfg.Clock.Now(),
	}
	e.server = &http.Server{Handler: e.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = e.server.Serve(listener.Through(cfg.Outlet)) }() // ends with Close
	e.cmd = exec.Command(cfg.Path)
	e.cmd.Dir, e.cmd.Stdout, e.cmd.Stderr = cfg.Dir, cfg.Output, cfg.Output
	e.cmd.Env = append(append([]string(nil), cfg.Env...), "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(listener.URL(), "http://"))
	e.cmd.SysProcAttr = ownGroup()
	e.cmd.WaitDelay = time.Second // a grandchild that keeps the output open must not keep us
	if err := e.cmd.Start(); err != nil {
		_ = e.server.Close()
		return nil, fmt.Errorf("start %s: %w", cfg.Path, err)
	}
	go func() {
		e.exit = e.cmd.Wait()
		close(e.exited)
	}()
	if err := e.awaitInit(); err != nil {
		if closing := e.Close(); closing != nil {
			return nil, errors.Join(err, closing)
		}
		return nil, err // bare: its payload is the answer to the request
	}
	return e, nil
}

func (e *Environment) awaitInit() error {
	limit := e.cfg.Clock.NewTimer(InitTimeout)
	defer limit.Stop()
	select {
	case <-e.idle:
		e.ready = e.cfg.Clock.Now()
		e.idle <- struct{}{}
		return nil
	case <-e.exited:
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.initErr != nil {
			return &Error{Body: e.initErr, Gone: true}
		}
		return e.exitError("")
	case <-limit.Chan():
		return failure("Sandbox.Timedout", fmt.Sprintf("Error: Init timed out after %.2f seconds", InitTimeout.Seconds()), true)
	}
}

// InitDuration is the time from the start of the process to its first request for work.
func (e *Environment) InitDuration() time.Duration { return e.ready.Sub(e.started) }

// PID is the process id.
func (e *Environment) PID() int { return e.cmd.Process.Pid }

// Invoke gives the process one request and waits until it has answered and asked for the next, has
// exited, or ctx has ended, which kills it. The request's id and function ARN are those of ctx's
// lambdacontext, its deadline is ctx's.
func (e *Environment) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	r := &request{payload: payload, done: make(chan result, 1)}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		r.id, r.arn = lc.AwsRequestID, lc.InvokedFunctionArn
	}
	r.deadline, _ = ctx.Deadline()
	select {
	case <-e.idle:
	case <-e.exited:
		return nil, e.exitError(r.id)
	case <-ctx.Done():
		return nil, e.abandon(ctx)
	}
	e.mu.Lock()
	e.current = r
	e.mu.Unlock()
	select {
	case e.work <- r:
	case <-e.exited:
		return nil, e.exitError(r.id)
	case <-ctx.Done():
		return nil, e.abandon(ctx)
	}
	return e.await(ctx, r)
}

func (e *Environment) await(ctx context.Context, r *request) ([]byte, error) {
	var got result
	select {
	case got = <-r.done:
	case <-e.exited:
		select {
		case got = <-r.done: // it answered, then exited
		default:
			return nil, e.exitError(r.id)
		}
	case <-ctx.Done():
		return nil, e.abandon(ctx)
	}
	gone := false
	select {
	case <-e.idle:
		e.idle <- struct{}{}
	case <-e.exited:
		gone = true
	case <-ctx.Done():
		return nil, e.abandon(ctx)
	}
	switch {
	case got.failed:
		return nil, &Error{Body: got.payload, Gone: gone}
	case gone: // as on Lambda the answer is lost: the request was not over before the program asked for the next
		return nil, e.exitError(r.id)
	}
	return got.payload, nil
}

func (e *Environment) abandon(ctx context.Context) error {
	return errors.Join(ctx.Err(), e.Close())
}

// Close kills the process and ends its Runtime API.
func (e *Environment) Close() error {
	e.kill.Do(func() { _ = e.cmd.Process.Kill() }) // fails only if the process has ended
	<-e.exited
	return e.server.Close()
}

func (e *Environment) exitError(requestID string) error {
	reason := "Runtime exited without providing a reason"
	if e.exit != nil {
		reason = "Runtime exited with error: " + e.exit.Error()
	}
	message := "Error: " + reason
	if requestID != "" {
		message = "RequestId: " + requestID + " " + message
	}
	return failure("Runtime.ExitError", message, true)
}

func failure(typ, message string, gone bool) *Error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}{typ, message}); err != nil { // two strings always encode
		return &Error{Body: []byte(`{"errorType":"` + typ + `"}`), Gone: gone}
	}
	return &Error{Body: bytes.TrimSpace(b.Bytes()), Gone: gone}
}
