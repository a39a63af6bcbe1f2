package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/orderflow-dev/orderflow/cmd/orderflow/internal/system"
	"github.com/orderflow-dev/orderflow/local"
	"github.com/orderflow-dev/orderflow/local/guard"
	"github.com/orderflow-dev/orderflow/local/lambda"
	"github.com/orderflow-dev/orderflow/local/lambda/runtimeapi"
)

// Coldstart is a benchmark that starts the deployed program for each function, and invokes it.
type Coldstart struct {
	Bootstrap string
	Starts    int
	N         int
}

// The goals of the project, on a machine of 2 cores.
const (
	goalInit   = 25.0 // milliseconds to the first request for work
	goalBinary = 12.0 // MB
	// deployedArch is the architecture of the functions in template.yaml.
	deployedArch = "arm64"
	goalRSS      = 40.0 // MiB
)

// ColdStarts is the report of Coldstart.
type ColdStarts struct {
	BinaryMB    float64     `json:"binaryMB"` // 10^6 bytes
	Starts      int         `json:"starts"`
	Invocations int         `json:"invocations"`
	Functions   []ColdStart `json:"functions"`
}

// ColdStart is the measurement of one function.
type ColdStart struct {
	Handler   string  `json:"handler"`
	InitP50   float64 `json:"initP50Milliseconds"` // start -> first /next
	InitMax   float64 `json:"initMaxMilliseconds"`
	FirstP50  float64 `json:"firstInvocationP50Milliseconds"`
	WarmP50   float64 `json:"warmInvocationP50Milliseconds"`
	RSSMiB    float64 `json:"rssMiB"`    // after all invocations; 0 where there is no /proc
	MissesAny bool    `json:"missesAny"` // misses one of the goals
}

// Measure starts and invokes each function.
func (c Coldstart) Measure(ctx context.Context, log *slog.Logger) (report ColdStarts, err error) {
	if c.Starts < 1 || c.N < 1 {
		return report, errors.New("--starts and --n must be at least 1")
	}
	bootstrap, clean, err := system.Isolation{Isolated: true, Bootstrap: c.Bootstrap}.Program(ctx)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, clean()) }()
	info, err := os.Stat(bootstrap)
	if err != nil {
		return report, err
	}
	b, err := newColdBench(ctx, bootstrap, log)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	report = ColdStarts{BinaryMB: float64(info.Size()) / 1e6, Starts: c.Starts, Invocations: c.N}
	for _, fn := range b.stack.Functions() {
		one, err := b.measure(ctx, fn, c.Starts, c.N)
		if err != nil {
			return report, fmt.Errorf("function %s: %w", fn.Handler, err)
		}
		report.Functions = append(report.Functions, one)
	}
	slices.SortFunc(report.Functions, func(x, y ColdStart) int { return int(1000 * (y.InitP50 - x.InitP50)) })
	return report, nil
}

// coldBench is an in-memory stack whose functions' processes are started one by one.
type coldBench struct {
	stack *local.Stack
	start func(lambda.Function) (lambda.Handler, error)
	aws   *http.Server
	hook  *http.Server // the carrier's target, which refuses every notice
}

func newColdBench(ctx context.Context, bootstrap string, log *slog.Logger) (_ *coldBench, err error) {
	b := &coldBench{}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	hookListener, err := guard.Listen(system.AnyPort)
	if err != nil {
		return nil, err
	}
	opts := system.StackOptions(system.Options{Log: log}, map[string]string{
		"PublicUrl": hookListener.URL(), "WebhookSecret": "not-a-secret-of-anything", "ConsoleSignIn": "token",
	})
	if b.stack, err = local.Open(ctx, opts); err != nil {
		return nil, errors.Join(err, hookListener.Close())
	}
	conflict := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict) })
	b.hook = serveQuietly(hookListener.Through(b.stack.Outlet()), conflict)
	if err := errors.Join(system.Seed(ctx, b.stack), putColdOrder(ctx, b.stack)); err != nil {
		return nil, err
	}
	awsListener, err := guard.Listen(system.AnyPort)
	if err != nil {
		return nil, err
	}
	b.aws = serveQuietly(awsListener.Through(b.stack.Outlet()), b.stack.AWSHandler())
	b.start = func(fn lambda.Function) (lambda.Handler, error) {
		return lambda.Isolated(lambda.IsolatedOptions{Bootstrap: bootstrap, Endpoint: awsListener.URL()})(fn)
	}
	return b, nil
}

// serveQuietly serves until the server is closed.
func serveQuietly(listener net.Listener, handler http.Handler) *http.Server {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close
	return server
}

func (b *coldBench) close() error {
	var errs []error
	for _, server := range []*http.Server{b.aws, b.hook} {
		if server != nil {
			errs = append(errs, server.Close())
		}
	}
	if b.stack != nil {
		errs = append(errs, b.stack.Close(context.Background()))
	}
	return errors.Join(errs...)
}

// measure starts a function's process several times. The last process serves n invocations.
func (b *coldBench) measure(ctx context.Context, fn lambda.Function, starts, n int) (out ColdStart, err error) {
	event, ok := coldEvents[fn.Handler]
	if !ok {
		return out, errors.New("no event to invoke it with")
	}
	out.Handler = fn.Handler
	var inits, firsts, warms []time.Duration
	for i := range starts {
		handler, err := b.start(fn)
		if err != nil {
			return out, err
		}
		process, ok := handler.(*runtimeapi.Environment)
		if !ok {
			return out, fmt.Errorf("a %T is not a process", handler)
		}
		inits = append(inits, process.InitDuration())
		invocations := 1
		if i == starts-1 {
			invocations = n
		}
		for j := range invocations {
			took, err := event.invoke(ctx, process, fn)
			if err != nil {
				return out, errors.Join(err, process.Close())
			}
			if j == 0 {
				firsts = append(firsts, took)
			} else {
				warms = append(warms, took)
			}
		}
		if i == starts-1 {
			if out.RSSMiB, err = residentMiB(strconv.Itoa(process.PID()), "VmRSS"); err != nil {
				return out, errors.Join(err, process.Close())
			}
		}
		if err := process.Close(); err != nil {
			return out, err
		}
	}
	out.InitP50, out.FirstP50 = percentile(inits, 0.5), percentile(firsts, 0.5)
	out.InitMax = percentile(inits, 1)
	if len(warms) > 0 {
		out.WarmP50 = percentile(warms, 0.5)
	}
	out.MissesAny = out.InitP50 >= goalInit || out.RSSMiB >= goalRSS
	return out, nil
}

// invoke invokes a process once. Any outcome other than that of the event is an error.
func (c coldEvent) invoke(ctx context.Context, process lambda.Handler, fn lambda.Function) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, fn.Timeout)
	defer cancel()
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: "bench", InvokedFunctionArn: fn.ARN})
	began := time.Now()
	reply, err := process.Invoke(ctx, []byte(c.payload))
	took := time.Since(began)
	var refusal struct {
		Type string `json:"errorType"`
	}
	failed, refused := errors.AsType[*runtimeapi.Error](err)
	if refused {
		reply = failed.Payload()
		if err := json.Unmarshal(failed.Payload(), &refusal); err != nil {
			return 0, fmt.Errorf("read error: %w", err)
		}
	} else if err != nil {
		return 0, err
	}
	if refusal.Type != c.refusal {
		return 0, fmt.Errorf("the event %s failed with %q instead of %q: %s", c.payload, refusal.Type, c.refusal, reply)
	}
	var partial struct {
		StatusCode int   `json:"statusCode"`
		Failures   []any `json:"batchItemFailures"`
	}
	if err == nil {
		if err := json.Unmarshal(reply, &partial); err != nil || len(partial.Failures) > 0 || partial.StatusCode >= 400 {
			return 0, fmt.Errorf("the event %s was answered %s (%v)", c.payload, reply, err)
		}
	}
	return took, nil
}

// Print prints the report as text.
func (r ColdStarts) Print(w io.Writer) error {
	size := "meets the goal of %.0f MB"
	switch {
	case runtime.GOARCH != deployedArch:
		size = "the goal of %.0f MB is for " + deployedArch + ", which is deployed and smaller"
	case r.BinaryMB >= goalBinary:
		size = "misses the goal of %.0f MB"
	}
	fmt.Fprintf(w, "bootstrap for %s %.2f MB ("+size+")\n%d starts and %d invocations of each function, milliseconds\n\n",
		runtime.GOARCH, r.BinaryMB, goalBinary, r.Starts, r.Invocations)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "function\tto first /next p50\tmax\tfirst invocation\twarm\tRSS MiB\t")
	for _, f := range r.Functions {
		mark := ""
		if f.MissesAny {
			mark = fmt.Sprintf("  misses a goal (%.0f ms, %.0f MiB)", goalInit, goalRSS)
		}
		fmt.Fprintf(t, "%s\t%.1f\t%.1f\t%.1f\t%.2f\t%.1f\t%s\n", f.Handler, f.InitP50, f.InitMax, f.FirstP50, f.WarmP50,
			f.RSSMiB, mark)
	}
	return t.Flush()
}
