package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/orderflow-dev/orderflow/local/asl/value"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/guard"
	"github.com/orderflow-dev/orderflow/local/states"
	"github.com/orderflow-dev/orderflow/local/store"
)

// engine is a service over a store, and a client of its API.
type engine struct {
	store   *store.Store
	service *states.Service
	disk    *disk
	stop    func()
	call    caller
	opened  time.Duration // the time that opening took
}

// caller performs an operation of the API: JSON in, JSON out.
type caller func(ctx context.Context, op string, in []byte) ([]byte, error)

type invoker = func(context.Context, string, string, []byte) (states.LambdaResult, error)

func open(dir string, o options, invoke invoker) (*engine, error) {
	e := &engine{disk: newDisk()}
	begin := time.Now()
	var err error
	so := store.Options{InMemory: o.InMemory}
	if !o.InMemory {
		so.FS = e.disk
	}
	if e.store, err = store.Open(dir, so); err != nil {
		return nil, err
	}
	if e.service, err = states.New(e.store, clockwork.NewRealClock(), states.Options{InvokeLambda: invoke}); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = e.service.Run(ctx) }) // returns nil when it is stopped
	e.opened = time.Since(begin)
	router := &awsapi.Router{}
	router.Register("states", e.service)
	e.call = func(ctx context.Context, op string, in []byte) ([]byte, error) {
		out, err := router.Call(ctx, "states", op, in) // as Router.ServeHTTP does
		if err != nil {
			return nil, err
		}
		if err := e.store.Outlet().Wait(); err != nil { // the client is outside
			return nil, err
		}
		return awsapi.Marshal(out)
	}
	closeHTTP := func() {}
	if o.HTTP {
		if e.call, closeHTTP, err = overHTTP(e.store.Outlet(), router.Guarded()); err != nil {
			cancel()
			return nil, err
		}
	}
	e.stop = func() {
		closeHTTP()
		cancel()
		wg.Wait()
		if err := e.store.Close(); err != nil {
			panic(fmt.Sprintf("close store: %v", err))
		}
	}
	return e, nil
}

// overHTTP serves the API on a loopback port and returns a client of it.
func overHTTP(out store.Outlet, h http.Handler) (caller, func(), error) {
	l, err := guard.Listen("127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l.Through(out)) }() // ErrServerClosed
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 256
	client := &http.Client{Transport: transport}
	call := func(ctx context.Context, op string, in []byte) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.URL()+"/", bytes.NewReader(in))
		if err != nil {
			return nil, err
		}
		req.Header.Set("X-Amz-Target", "AWSStepFunctions."+op)
		req.Header.Set("Content-Type", "application/x-amz-json-1.0")
		res, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", op, body)
		}
		return body, err
	}
	return call, func() { transport.CloseIdleConnections(); _ = server.Close() }, nil
}

// do is call with Go values.
func do[O any](ctx context.Context, e *engine, op string, in any) (out O, err error) {
	b, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	if b, err = e.call(ctx, op, b); err != nil {
		return out, err
	}
	return out, json.Unmarshal(b, &out)
}

func (e *engine) createMachine(ctx context.Context, name, definition string) (arn string, err error) {
	out, err := do[states.CreateStateMachineOutput](ctx, e, "CreateStateMachine", states.CreateStateMachineInput{
		Name: name, Definition: definition, RoleARN: "arn:aws:iam::000000000000:role/bench",
	})
	return out.StateMachineARN, err
}

// result holds the members of a DescribeExecution that the client reads.
type result struct{ status, output string }

// execute starts an execution and waits for its end. Over HTTP it polls every 2 ms, in process it
// is notified. The client's side is written by hand, because the benchmark measures the service.
func (e *engine) execute(ctx context.Context, machine, name, input string, poll bool) (result, error) {
	in := value.AppendString([]byte(`{"stateMachineArn":`), machine)
	in = value.AppendString(append(in, `,"name":`...), name)
	in = append(value.AppendString(append(in, `,"input":`...), input), '}')
	started, err := e.call(ctx, "StartExecution", in)
	if err != nil {
		return result{}, err
	}
	arn, _ := value.JSON(started).Member("executionArn")
	in = []byte(`{"executionArn":` + string(arn) + `}`)
	if !poll {
		if err := e.service.Wait(ctx, arn.Text()); err != nil {
			return result{}, err
		}
		return e.describe(ctx, in)
	}
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for {
		out, err := e.describe(ctx, in)
		if err != nil || out.status != "RUNNING" {
			return out, err
		}
		<-ticker.C
	}
}

func (e *engine) describe(ctx context.Context, in []byte) (result, error) {
	out, err := e.call(ctx, "DescribeExecution", in)
	if err != nil {
		return result{}, err
	}
	status, _ := value.JSON(out).Member("status")
	output, _ := value.JSON(out).Member("output")
	return result{status.Text(), output.Text()}, nil
}
